"""How often, how much, and under which headers: at every door, before anything is read."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from tests.server.conftest import FRONTEND, token
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.settings import Settings
from xinglin.server.app import create_app, create_application
from xinglin.server.limits import BODIES, BURST, Limits, Rate

DOORS = (
    "/healthz",
    "/api/views/patients.find",
    "/fhir/metadata",
    "/fhir/Patient/none",
    "/signin",
    "/nowhere",
    "/static/x",
)


@pytest.mark.parametrize("path", DOORS)
async def test_no_answer_goes_without_its_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    for directive in ("frame-ancestors 'none'", "base-uri 'none'", "default-src 'self'" if path in DOORS[4:] else ""):
        assert directive in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store" or path.startswith("/static/")
    assert "strict-transport-security" not in answer.headers
    assert len(answer.headers.get_list("cache-control")) == 1


async def test_through_tls_a_browser_is_told_to_stay_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("https://hospital/signin")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("path", "most"), [("/api/session", BODIES[0][1]), ("/api/commands/patients.register", BODIES[1][1])]
)
@pytest.mark.parametrize("in_pieces", [False, True], ids=["with its length", "in pieces"])
async def test_a_body_has_a_size(client: httpx.AsyncClient, path: str, most: int, in_pieces: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _piece in range(most // 1000 + 1):
            yield b"x" * 1000

    answer = await client.post(path, content=pieces() if in_pieces else b"x" * (most + 1))
    assert answer.status_code == 413
    assert f"{most:,}" in answer.json()["issue"][0]["diagnostics"]


async def test_what_is_packed_is_not_unpacked(client: httpx.AsyncClient) -> None:
    headers = {**await token(client, "integrator"), "Content-Type": "application/fhir+json", "Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * 20_000_000)
    for path in ("/fhir/Patient", "/fhir/$import", "/api/commands/patients.register", "/signin"):
        answer = await client.post(path, content=bomb, headers=headers)
        assert answer.status_code == 415, path
        assert "gzip" in answer.text
    plain = {**headers, "Content-Encoding": "identity"}
    assert (await client.post("/fhir/Patient", json={"resourceType": "Patient"}, headers=plain)).status_code == 201


DEEP = 200_000
BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
XML = "application/fhir+xml"


@pytest.mark.parametrize(
    ("path", "media", "body"),
    [
        ("/fhir/Patient", "application/fhir+json", '{"a":' * DEEP + "1" + "}" * DEEP),
        ("/fhir/Patient", "application/fhir+json", "[" * DEEP),
        ("/fhir/Patient", "application/json-patch+json", "[" * DEEP + "]" * DEEP),
        ("/fhir/", "application/fhir+json", '{"resourceType":"Bundle","entry":' + "[" * DEEP + "]" * DEEP + "}"),
        ("/fhir/Patient", XML, '<Patient xmlns="http://hl7.org/fhir">' + "<contact>" * DEEP),
        ("/fhir/Patient", XML, f'<!DOCTYPE x [<!ENTITY l0 "ha">{BILLION}]><Patient>&l9;</Patient>'),
        ("/fhir/Patient", XML, '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Patient>&a;</Patient>'),
        ("/fhir/Patient", XML, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Patient/>'),
        ("/api/commands/patients.register", "application/json", '{"name":' * DEEP + "1" + "}" * DEEP),
        ("/api/session", "application/json", "[" * 8000 + "]" * 8000),
        ("/api/commands/patients.register", "application/json", '{"name":"\\ud800","gender":"male"}'),
        ("/api/commands/patients.register", "application/json", '{"name":1e999999999}'),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_built_to_break_a_reader_is_refused(
    client: httpx.AsyncClient, path: str, media: str, body: str
) -> None:
    headers = {**await token(client, "integrator" if path.startswith("/fhir") else "registrar"), "Content-Type": media}
    answer = await client.post(path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "root:" not in answer.text


class Clock:
    """Stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def strict(hospital: Hospital, tmp_path: Path, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """A server that lets strangers come twice, and everybody else three times a second."""
    settings = Settings(
        database_url=hospital.application.database.conninfo,
        frontend=FRONTEND,
        home=tmp_path,
        password_days=0,
        locale="en",
        requests_per_second=3,
        stranger_requests_per_second=2,
    )
    app = create_app(settings, create_application(settings, "tests"))
    for middleware in app.user_middleware:
        if middleware.cls is Limits:
            middleware.kwargs["clock"] = clock
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hospital") as opened,
    ):
        yield opened


async def until_refused(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> int:
    """How often a request is answered before it is refused."""
    for count in range(1000):
        answer = await client.get(path, headers=headers)
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.headers["x-content-type-options"] == "nosniff"
            return count
    raise AssertionError(path)


async def test_each_account_is_counted_by_itself_and_strangers_by_their_address(
    strict: httpx.AsyncClient, clock: Clock
) -> None:
    integrator, registrar = await token(strict, "integrator"), await token(strict, "registrar")
    again = await token(strict, "integrator")
    for headers in (integrator, again, registrar):
        assert (await strict.get("/fhir/Location?_count=1", headers=headers)).status_code == 200
    assert await until_refused(strict, "/signin") == int(2 * BURST) + 1 - 6, (
        "sign-ins and first visits are a stranger's"
    )
    assert await until_refused(strict, "/fhir/Location?_count=1", integrator) in (30, 31)
    refused = await strict.get("/fhir/Location?_count=1", headers=again)
    assert refused.json()["issue"][0]["code"] == "throttled", "another session of the same account"
    assert (await strict.get("/fhir/Location?_count=1", headers=registrar)).status_code == 200
    for path in ("/healthz", "/static/nothing.css"):
        assert (await strict.get(path)).status_code in (200, 404)
    invented = [await strict.get("/fhir/Location", headers={"Authorization": f"Bearer {n}"}) for n in range(3)]
    assert {answer.status_code for answer in invented} == {429}, "invented tokens are a stranger's"
    clock.now += 1.0
    assert (await strict.get("/fhir/Location?_count=1", headers=integrator)).status_code == 200
    assert (await strict.get("/signin")).status_code == 200


async def test_in_a_browser(strict: httpx.AsyncClient) -> None:
    found = re.search(r'name="_csrf" value="([^"]*)"', (await strict.get("/signin")).text)
    assert found
    data = {"login": "registrar", "password": PASSWORD, "_csrf": found[1]}
    assert (await strict.post("/signin", data=data)).status_code == 303
    strict.cookies.set("another's", "b@d,cookie")
    assert (await strict.get("/registration")).status_code == 200
    assert await until_refused(strict, "/registration") in (30, 31)
    assert "Too many requests" in (await strict.get("/registration")).text


@given(st.floats(0.5, 100), st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_over_any_time_no_more_come_through_than_were_promised(rate: float, pauses: list[float]) -> None:
    clock = Clock()
    limit, begun, through = Rate(rate, clock), clock.now, 0
    for pause in pauses:
        clock.now += pause
        seconds = limit.wait("x")
        through += not seconds
        if seconds:
            clock.now += seconds + 1e-6
            assert limit.wait("x") == 0
            through += 1
        assert through <= rate * (clock.now - begun + BURST) + 2
