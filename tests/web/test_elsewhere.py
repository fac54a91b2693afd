"""Signing in at an OpenID provider that is a process of its own, and what it must not be able to do."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.hospital import Hospital
from tests.oidc_provider import CLIENT, SECRET
from xinglin.platform import identity, oidc
from xinglin.platform.settings import Settings, SettingsError, load_settings
from xinglin.server import create_app

ROOT = Path(__file__).resolve().parents[2]
HERE = "http://hospital"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.oidc_provider", str(port)], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(autouse=True)
def behaving(issuer: str) -> None:
    tell(issuer)


def tell(issuer: str, **what: Any) -> int:
    """Tells the provider what to do wrong; returns how often it was asked for its keys so far."""
    return int(httpx.post(f"{issuer}/control", json=what).json()["asked_for_keys"])


def provider(issuer: str, **more: Any) -> dict[str, Any]:
    values = {"issuer": issuer, "name": "统一认证", "client_id": CLIENT, "client_secret": SECRET}
    return {**values, "match": "preferred_username", **more}


class Browser:
    """A browser between the hospital and the provider."""

    def __init__(self, here: httpx.AsyncClient) -> None:
        self.here = here

    def hold(self, state: str) -> None:
        """Has the cookie of a departure."""
        self.here.cookies.set("xinglin_state", state, domain="hospital.local", path="/")

    async def leave(self, path: str = "/signin/with/0") -> str:
        """Goes to the provider; returns the address of the way back."""
        there = await self.here.get(path)
        assert there.status_code == 303, there.text
        async with httpx.AsyncClient() as outside:
            return (await outside.get(there.headers["location"])).headers["location"]

    async def sign_in(self, path: str = "/signin/with/0") -> httpx.Response:
        """Goes there and back."""
        return await self.here.get(await self.leave(path))


@asynccontextmanager
async def browsing(hospital: Hospital, *providers: dict[str, Any], **more: Any) -> AsyncIterator[Browser]:
    settings = Settings(
        database_url=hospital.application.database.conninfo,
        frontend=ROOT / "node_modules",
        oidc_providers=json.dumps(providers),
        locale="en",
        secret_key="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        **more,
    )
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as here,
    ):
        yield Browser(here)


def message(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">.*?<span>(.*?)</span>', answer.text, re.DOTALL)
    assert found is not None, answer.text
    return found[1]


@pytest.fixture(autouse=True)
async def nobody_linked(hospital: Hospital) -> None:
    async with hospital.application.database.transaction() as connection:
        await connection.execute("TRUNCATE external_identity, sign_in_elsewhere, session")


async def test_a_doctor_signs_in_elsewhere_and_is_known_by_the_subject_from_then_on(
    hospital: Hospital, issuer: str
) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        assert "统一认证" in (await browser.here.get("/signin")).text
        answer = await browser.sign_in("/signin/with/0?next=/doctor%3Ftab%3Dorders")
        assert (answer.status_code, answer.headers["location"]) == (303, "/doctor?tab=orders")
        assert (await browser.here.get("/doctor")).status_code == 200
        assert "xinglin_state" not in browser.here.cookies
        tell(issuer, claims={"preferred_username": "cashier"})  # the same subject, whatever it is called now
        browser.here.cookies.clear()
        await browser.sign_in()
        assert (await browser.here.get("/doctor")).status_code == 200
    async with hospital.application.database.transaction() as connection:
        query = "SELECT name, command, detail FROM audit_event WHERE action = 'sign-in' ORDER BY id DESC LIMIT 2"
        rows = await (await connection.execute(query)).fetchall()
    assert rows == [("陈立新", "session.open", None), ("陈立新", "session.elsewhere", issuer)]


@pytest.mark.parametrize(
    ("told", "logged"),
    [
        ({"claims": {"iss": "https://elsewhere.example"}}, "iss"),
        ({"claims": {"aud": "another"}}, "aud"),
        ({"claims": {"aud": [CLIENT, "another"]}}, "azp"),
        ({"claims": {"aud": [CLIENT, "another"], "azp": "another"}}, "azp"),
        ({"claims": {"azp": "another"}}, "azp"),
        ({"claims": {"nonce": "of another sign-in"}}, "nonce"),
        ({"claims": {"nonce": None}}, "nonce"),
        ({"claims": {"exp": int(time.time()) - 86_400}}, "exp"),
        ({"claims": {"exp": None}}, "exp"),
        ({"claims": {"iat": int(time.time()) + 86_400}}, "issued in the future"),
        ({"claims": {"nbf": int(time.time()) + 86_400}}, "not yet valid"),
        ({"claims": {"sub": None}}, "sub"),
        ({"claims": {"sub": ""}}, "sub"),
        ({"claims": {"sub": "x" * 256}}, "names nobody"),
        ({"sign": "none"}, "none"),
        ({"sign": "hmac"}, "HS256"),
        ({"sign": "stranger"}, "BadSignature"),
        ({"header": {"kid": "made up"}}, "kid"),
    ],
)
async def test_a_token_that_is_wrong_opens_nothing(
    hospital: Hospital, issuer: str, caplog: pytest.LogCaptureFixture, told: dict[str, Any], logged: str
) -> None:
    tell(issuer, **told)
    async with browsing(hospital, provider(issuer)) as browser:
        answer = await browser.sign_in()
        assert answer.status_code == 502
        assert "did not work" in message(answer)
        assert "xinglin_session" not in browser.here.cookies
    assert logged in caplog.text


async def test_clocks_may_differ_by_a_minute(hospital: Hospital, issuer: str) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        for claims in ({"exp": int(time.time()) - 30}, {"iat": int(time.time()) + 30}):
            tell(issuer, claims=claims)
            assert (await browser.sign_in()).status_code == 303


async def test_a_way_back_is_taken_once_and_by_the_browser_that_left(hospital: Hospital, issuer: str) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        back = await browser.leave()
        held = browser.here.cookies["xinglin_state"]
        assert (await browser.here.get(back)).status_code == 303
        browser.hold(held)
        assert (await browser.here.get(back)).status_code == 400  # replayed, with the cookie
        back = await browser.leave()
        cookie = browser.here.cookies["xinglin_state"]
        browser.here.cookies.clear()
        stolen = await browser.here.get(back)  # sent to somebody else's browser
        assert stolen.status_code == 400
        assert "begin again" in message(stolen)
        browser.hold(cookie)
        for wrong in (back.replace("state=", "state=x"), "/signin/callback", "/signin/callback?code=x&state="):
            assert (await browser.here.get(wrong)).status_code == 400
        browser.hold(cookie)
        assert (await browser.here.get(back)).status_code == 303


async def test_a_way_back_has_its_time(hospital: Hospital, issuer: str) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        back = await browser.leave()
        async with hospital.application.database.transaction() as connection:
            await connection.execute("UPDATE sign_in_elsewhere SET expires = expires - interval '11 minutes'")
        assert (await browser.here.get(back)).status_code == 400


async def test_the_answer_of_one_provider_is_not_taken_for_anothers(hospital: Hospital, issuer: str) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        back = await browser.leave()
        answer = await browser.here.get(re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Felsewhere.example", back))
        assert answer.status_code == 400
        assert "another provider" in message(answer)


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "x"])
async def test_the_way_back_leads_to_pages_of_this_server_only(hospital: Hospital, issuer: str, target: str) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        there = await browser.here.get("/signin/with/0", params={"next": target})
        redirect = parse_qs(urlsplit(there.headers["location"]).query)["redirect_uri"]
        assert redirect == [f"{HERE}/signin/callback"]
        async with httpx.AsyncClient() as outside:
            back = (await outside.get(there.headers["location"])).headers["location"]
        assert (await browser.here.get(back)).headers["location"] == "/"


async def test_the_address_of_the_house_is_a_setting(hospital: Hospital, issuer: str) -> None:
    async with browsing(hospital, provider(issuer), public_url="https://his.example.cn/") as browser:
        there = await browser.here.get("/signin/with/0", headers={"Host": "elsewhere.example"})
        query = parse_qs(urlsplit(there.headers["location"]).query)
        assert query["redirect_uri"] == ["https://his.example.cn/signin/callback"]


async def test_keys_that_change_are_looked_up_anew_and_not_without_end(
    hospital: Hospital, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(hospital, provider(issuer)) as browser:
        assert (await browser.sign_in()).status_code == 303
        before = tell(issuer, header={"kid": "made up"})
        for _attempt in range(3):
            assert (await browser.sign_in()).status_code == 502
        assert tell(issuer, rotate=True) - before <= 1
        monkeypatch.setattr(oidc, "AGAIN_AFTER", 0.0)
        assert (await browser.sign_in()).status_code == 303


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "ftp://elsewhere.example/token"},
        {"jwks_uri": None},
    ],
)
async def test_a_provider_that_says_something_else_of_itself_is_not_asked(
    hospital: Hospital, issuer: str, discovery: dict[str, Any]
) -> None:
    tell(issuer, discovery=discovery)
    async with browsing(hospital, provider(issuer)) as browser:
        answer = await browser.here.get("/signin/with/0")
        assert answer.status_code == 502
        assert "did not work" in message(answer)
        assert (await browser.here.get("/signin/with/7")).headers["location"] == "/signin"


async def test_whom_the_provider_turns_away_is_told_so(hospital: Hospital, issuer: str) -> None:
    tell(issuer, deny=True)
    async with browsing(hospital, provider(issuer)) as browser:
        answer = await browser.sign_in()
        assert answer.status_code == 401
        assert "did not sign you in" in message(answer)


async def test_accounts_are_matched_or_made_as_set(hospital: Hospital, issuer: str) -> None:
    tell(issuer, claims={"sub": "new", "preferred_username": "newcomer", "name": "新人"})
    async with browsing(hospital, provider(issuer)) as browser:
        assert "no account for you" in message(await browser.sign_in())
    async with browsing(hospital, provider(issuer, create=True, roles=["registrar"])) as browser:
        assert (await browser.sign_in()).status_code == 303
        assert (await browser.here.get("/registration")).status_code == 200
        tell(issuer, claims={"sub": "impostor", "preferred_username": "newcomer"})
        browser.here.cookies.clear()
        assert "belongs to somebody else" in message(await browser.sign_in())
    async with hospital.application.database.transaction() as connection:
        made = await identity.find_account(connection, "newcomer")
        assert made
        assert (made.name, made.roles) == ("新人", ("registrar",))
        await identity.set_active(connection, made.account_id, active=False)
    tell(issuer, claims={"sub": "new"})
    async with browsing(hospital, provider(issuer)) as browser:
        assert "closed" in message(await browser.sign_in())


@pytest.mark.parametrize(("verified", "status"), [(True, 303), (False, 401), (None, 401)])
async def test_an_address_of_mail_counts_only_where_it_is_verified(
    hospital: Hospital, issuer: str, verified: bool | None, status: int
) -> None:
    async with hospital.application.database.transaction() as connection:
        if not await identity.find_account(connection, "chen@example.cn"):
            await identity.create_account(
                connection,
                login="chen@example.cn",
                name="陈",
                password=None,
                roles=("doctor",),
                locale="en",
                now=hospital.clock(),
            )
    tell(issuer, claims={"email": "chen@example.cn", "email_verified": verified})
    async with browsing(hospital, provider(issuer, match="email")) as browser:
        assert (await browser.sign_in()).status_code == status


@pytest.mark.parametrize(("second_factor", "location"), [(True, "/"), (False, "/signin/step")])
async def test_the_house_asks_for_its_second_factor_unless_the_provider_does(
    hospital: Hospital, issuer: str, second_factor: bool, location: str
) -> None:
    chosen = provider(issuer, second_factor=second_factor)
    async with browsing(hospital, chosen, mfa_roles="doctor") as browser:
        answer = await browser.sign_in()
        assert answer.headers["location"] == location
        assert ("xinglin_session" in browser.here.cookies) is second_factor


@pytest.mark.parametrize(
    "providers",
    ["x", "{}", '[{"issuer": "http://elsewhere.example", "name": "x", "client_id": "y", "client_secret": "s3cret"}]',
     '[{"issuer": "https://a", "name": "x", "client_id": "y", "client_secret": "s3cret", "extra": 1}]'],
)  # fmt: skip
def test_wrong_settings_are_named_without_their_secrets(providers: str) -> None:
    with pytest.raises(SettingsError, match=r"XINGLIN_OIDC_PROVIDERS: .*expected a JSON array of providers") as refused:
        load_settings(oidc_providers=providers)
    assert "s3cret" not in str(refused.value)
