"""Commands and views over HTTP: who may come in, what is answered, and the OpenAPI description."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from tests.hospital import Hospital
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.settings import Settings
from xinglin.server import create_app

FRONTEND = Path(__file__).resolve().parents[3] / "node_modules"


@pytest.fixture(scope="module")
async def app(hospital: Hospital) -> AsyncIterator[Starlette]:
    settings = Settings(database_url=hospital.application.database.conninfo, frontend=FRONTEND, password_days=0)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hospital/api") as client:
        yield client


async def sign_in(client: httpx.AsyncClient, login: str) -> None:
    answer = await client.post("/session", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 200
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"


def issue(answer: httpx.Response) -> Any:
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    return body["issue"][0]


PERSON = {"name": "韩梅", "gender": "female", "birth_date": "1988-08-08", "reason": "x"}


async def test_without_a_session_nothing_is_shown_or_done(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get("/views/patients.find"),
        await client.post("/commands/patients.register", json=PERSON),
        await client.get("/views/patients.find", headers={"Authorization": "Bearer made-up"}),
        await client.get("/views/patients.find", headers={"Authorization": "Basic cmVnOnJlZw=="}),
    ):
        assert answer.status_code == 401
        assert issue(answer)["code"] == "login"


async def test_a_wrong_password_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/session", json={"login": "registrar", "password": "wrong"})
    assert answer.status_code == 401
    assert issue(answer)["diagnostics"]


async def test_a_cookie_opens_nothing_here(client: httpx.AsyncClient) -> None:
    await sign_in(client, "registrar")
    token = client.headers.pop("Authorization").removeprefix("Bearer ")
    answer = await client.get("/views/patients.find", headers={"Cookie": f"session={token}; xinglin_session={token}"})
    assert answer.status_code == 401


async def test_commands_and_views_work_and_sign_out_ends_it(client: httpx.AsyncClient) -> None:
    await sign_in(client, "registrar")
    key = {"Idempotency-Key": "http-key-1"}
    first = await client.post("/commands/patients.register", json=PERSON, headers=key)
    again = await client.post("/commands/patients.register", json=PERSON, headers=key)
    assert first.status_code == again.status_code == 200
    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert first.json()["resource"] == again.json()["resource"]
    rows = (await client.get("/views/patients.find", params={"text": "hm"})).json()["rows"]
    assert [row["name"] for row in rows] == ["韩梅"]
    assert (await client.delete("/session")).status_code == 204
    assert (await client.get("/views/patients.find")).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "expression"),
    [
        ("/commands/patients.register", {**PERSON, "gender": "x"}, 400, "gender"),
        ("/commands/patients.register", {**PERSON, "extra": 1}, 400, "extra"),
        ("/commands/patients.register", [], 400, None),
        ("/commands/billing.settle", {"visit": "Encounter/1", "total": "1"}, 403, None),
        ("/commands/scheduling.check_in", {"appointment": "Appointment/none"}, 404, None),
    ],
)
async def test_what_is_refused_says_why(
    client: httpx.AsyncClient, path: str, body: object, status: int, expression: str | None
) -> None:
    await sign_in(client, "registrar")
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    found = issue(answer)
    assert found["diagnostics"]
    if expression:
        assert found["expression"] == [expression]


async def test_what_is_not_json_is_refused(client: httpx.AsyncClient) -> None:
    await sign_in(client, "registrar")
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/commands/patients.register", content=b"{", headers=headers)
    assert answer.status_code == 400
    issue(answer)


async def test_the_description_names_every_command_and_view(client: httpx.AsyncClient, hospital: Hospital) -> None:
    description = (await client.get("/openapi.json")).json()
    registry = hospital.application.registry
    expected = {f"/commands/{name}" for name in registry.commands} | {f"/views/{name}" for name in registry.views}
    assert expected < description["paths"].keys()
    book = description["paths"]["/commands/scheduling.book"]["post"]
    assert book["operationId"] == "scheduling.book"
    assert {parameter["name"] for parameter in book["parameters"]} == {"Idempotency-Key"}
    assert set(description["components"]["schemas"]["Book"]["required"]) == {"patient", "slot"}
