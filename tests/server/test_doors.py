"""Who may use FHIR REST, and that each use is audited."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.hospital import Hospital
from xinglin.operations.hospital import PASSWORD, RULES
from xinglin.platform.identity import create_account
from xinglin.platform.settings import Settings, SettingsError
from xinglin.server import create_app

FRONTEND = Path(__file__).resolve().parents[2] / "node_modules"


@pytest.fixture(scope="module")
async def client(hospital: Hospital) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=hospital.application.database.conninfo, frontend=FRONTEND, password_days=0))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hospital") as client,
    ):
        yield client


async def token(client: httpx.AsyncClient, login: str) -> dict[str, str]:
    answer = await client.post("/api/session", json={"login": login, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_nobody_comes_in_without_signing_in(client: httpx.AsyncClient) -> None:
    for path in ("/fhir/Patient", "/fhir/Practitioner/practitioner-chen", "/fhir/Patient/_search", "/fhir/", "/fhir/x"):
        for method in ("GET", "POST"):
            answer = await client.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert answer.json()["issue"][0]["code"] == "login"
    assert (await client.get("/fhir/metadata")).json()["resourceType"] == "CapabilityStatement"


async def test_the_body_of_a_stranger_is_not_read(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    assert (await client.post("/fhir/Patient", content=body())).status_code == 401


@pytest.mark.parametrize("login", ["registrar", "doctor", "cashier", "pharmacist", "manager"])
async def test_the_roles_of_the_wards_do_not_reach_around_their_stations(client: httpx.AsyncClient, login: str) -> None:
    headers = await token(client, login)
    assert (await client.get("/fhir/Patient", headers=headers)).status_code == 403
    body = {"resourceType": "Basic", "code": {"text": "x"}}
    assert (await client.post("/fhir/Basic", json=body, headers=headers)).status_code == 403


async def test_an_integrator_reads_and_writes_and_is_audited(client: httpx.AsyncClient, hospital: Hospital) -> None:
    headers = await token(client, "integrator")
    read = await client.get("/fhir/Practitioner/practitioner-chen", headers=headers)
    assert read.json()["name"][0]["text"] == "陈立新"
    made = await client.post("/fhir/Basic", json={"resourceType": "Basic", "code": {"text": "x"}}, headers=headers)
    assert made.status_code == 201
    async with hospital.application.database.transaction() as connection:
        query = "SELECT command, entities FROM audit_event WHERE command LIKE 'fhir.%' ORDER BY id"
        rows = await (await connection.execute(query)).fetchall()
    assert rows == [("fhir.get", ["Practitioner/practitioner-chen"]), ("fhir.post", ["Basic"])]


async def test_only_a_custodian_removes_for_good_and_can_write_nothing(
    client: httpx.AsyncClient, hospital: Hospital
) -> None:
    async with hospital.application.database.transaction() as connection:
        await create_account(
            connection,
            login="custodian",
            name="保管员",
            password=PASSWORD,
            roles=("custodian",),
            locale="zh_CN",
            now=hospital.clock(),
            rules=RULES,
        )
    integrator, custodian = await token(client, "integrator"), await token(client, "custodian")
    body = {"resourceType": "Basic", "code": {"text": "x"}}
    assert (await client.post("/fhir/Basic", json=body, headers=custodian)).status_code == 403
    path = f"/fhir/Basic/{(await client.post('/fhir/Basic', json=body, headers=integrator)).json()['id']}"
    assert (await client.delete(path, headers=integrator)).status_code == 204
    expunge = f"{path}/$expunge?expungeDeletedResources=true"
    assert (await client.post(expunge, headers=integrator)).status_code == 403
    done = await client.post(expunge, headers=custodian)
    assert done.json()["parameter"] == [{"name": "count", "valueInteger": 2}]
    assert (await client.get(path, headers=integrator)).status_code == 404


async def test_health_is_told_to_everybody(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_whoever_goes_on_in_another_post_does_so_in_every_worker(
    client: httpx.AsyncClient, hospital: Hospital
) -> None:
    other = create_app(
        Settings(database_url=hospital.application.database.conninfo, frontend=FRONTEND, password_days=0)
    )
    async with (
        other.router.lifespan_context(other),
        httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url="http://hospital") as second,
    ):
        former = await token(client, "doctor")
        posts = (await client.get("/api/session/posts", headers=former)).json()
        assert [post["department"] for post in posts] == [
            "Organization/department-cardiology", "Organization/department-general"
        ]  # fmt: skip
        assert (await second.get("/api/session/posts", headers=former)).status_code == 200  # known there from now on
        answer = await client.put("/api/session/post", json={"post": posts[1]["reference"]}, headers=former)
        assert answer.json()["post"] == posts[1]["reference"]
        later = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await client.get("/api/session/posts", headers=later)).status_code == 200
        assert (await client.get("/api/session/posts", headers=former)).status_code == 401
        assert (await second.put("/api/session/post", json={"post": "x"}, headers=former)).status_code == 401
        refused = await second.put("/api/session/post", json={"post": "PractitionerRole/post-manager"}, headers=later)
        assert refused.status_code == 403
        assert refused.json()["issue"][0]["expression"] == ["post"]
        renewed = await second.put("/api/session/post", json={"post": posts[0]["reference"]}, headers=later)
        assert renewed.json()["roles"] == ["doctor"]
    async with hospital.application.database.transaction() as connection:
        query = "SELECT entities, outcome, detail FROM audit_event WHERE command = 'session.post' ORDER BY id"
        rows = await (await connection.execute(query)).fetchall()
    first, second_post = posts[0]["reference"], posts[1]["reference"]
    assert rows == [
        ([second_post], "success", first), ([], "refused", second_post), ([first], "success", second_post)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {"mfa_roles": "administrators"},
        {"oidc_providers": '[{"issuer": "https://a", "name": "x", "client_id": "y", "roles": ["surgeon"]}]'},
    ],
)
def test_a_role_that_there_is_not_is_no_setting(settings: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"There is no role .*; there are registrar, nurse"):
        create_app(Settings(database_url="postgresql:///x", frontend=FRONTEND, **settings))
