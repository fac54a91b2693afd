"""What a request asks for, by interaction; and that a key gets no further, by HTTP, whichever way it tries."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hospital import Hospital
from xinglin.exchange.fhir.scopes import demands
from xinglin.platform import identity
from xinglin.platform.settings import Settings
from xinglin.server import create_app

FRONTEND = Path(__file__).resolve().parents[3] / "node_modules"
PATIENT = {"resourceType": "Patient", "name": [{"text": "李四"}]}


def entry(method: str, url: str, resource: Any = None, **request: str) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, **request}, **({"resource": resource} if resource else {})}


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


REFERRING = {"resourceType": "Observation", "subject": {"reference": "Patient?identifier=1"}}


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ("GET Patient/1", "Patient.r"),
        ("HEAD Patient/1", "Patient.r"),
        ("GET Patient/1/_history", "Patient.r"),
        ("GET Patient/1/_history/2", "Patient.r"),
        ("GET Patient/_history", "Patient.s"),
        ("GET _history", "*.s"),
        ("GET Patient?name=x", "Patient.s"),
        ("POST Patient/_search?name=x", "Patient.s"),
        ("POST Patient", "Patient.c"),
        ("PUT Patient/1", "Patient.u"),
        ("PATCH Patient/1", "Patient.u"),
        ("DELETE Patient/1", "Patient.d"),
        ("PUT Patient?identifier=1", "Patient.s Patient.u"),
        ("PATCH Patient?identifier=1", "Patient.s Patient.u"),
        ("DELETE Patient?identifier=1", "Patient.d Patient.s"),
        ("GET ?_type=Patient,Encounter", "Encounter.s Patient.s"),
        ("GET ", "*.s"),
        ("GET Patient/1/Observation?code=x", "Observation.s Patient.r"),
        ("GET Patient/1/*", "*.s Patient.r"),
        ("GET Patient/1/*?_type=Observation", "Observation.s Patient.r"),
        ("GET Observation?subject:Patient.name=x", "Observation.s Patient.s"),
        ("GET Observation?subject.name=x", "*.s Observation.s"),
        ("GET Observation?subject:Patient.organization.name=x", "*.s Observation.s"),
        ("GET Patient?_has:Observation:patient:code=x", "Observation.s Patient.s"),
        ("GET Patient?_has:Observation:patient:_has:Provenance:target:agent=x", "Observation.s Patient.s Provenance.s"),
        ("GET Patient?_has:Observation:patient:performer.name=x", "*.s Observation.s Patient.s"),
        ("GET Observation?_include=Observation:patient:Patient", "Observation.s Patient.r"),
        ("GET Observation?_include=Observation:patient", "*.r Observation.s"),
        ("GET Observation?_include=*", "*.r Observation.s"),
        ("GET Patient?_revinclude:iterate=Observation:patient", "Observation.r Patient.s"),
        ("GET Patient?_filter=name eq x", "*.s Patient.s"),
        ("GET Patient/1/$everything", "*.r *.s"),
        ("POST Patient/1/$meta-add", "Patient.u"),
        ("GET ValueSet/$expand", "ValueSet.r"),
        ("POST Patient/$validate", "Patient.r"),
        ("GET Patient/1/$validate", "*.r *.s"),
        ("GET $meta", "*.r"),
        ("POST Patient/$reindex", "Patient.u"),
        ("GET Patient/$reindex", "*.r *.s"),
    ],
)
def test_each_interaction_asks_for_its_letter(request_: str, wanted: str) -> None:
    method, _, url = request_.partition(" ")
    path, _, query = url.partition("?")
    params = [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]
    assert " ".join(sorted({f"{one.type}.{one.letter}" for one in demands(method, path, params)})) == wanted


def test_a_bundle_asks_for_all_that_its_entries_do() -> None:
    held = bundle(
        entry("POST", "Patient", PATIENT, ifNoneExist="identifier=1"),
        entry("GET", "/Encounter?subject:Patient.name=x"),
        entry("DELETE", "Condition/1"),
        entry("POST", "Observation", REFERRING),
    )
    found = {f"{one.type}.{one.letter}" for one in demands("POST", "", [], held)}
    assert found == {"Patient.c", "Patient.s", "Encounter.s", "Condition.d", "Observation.c"}
    for nonsense in (None, [], {"entry": 1}, {"entry": [1, {}, {"request": 1}]}):
        assert list(demands("POST", "", [], nonsense)) == []
    assert [one.type for one in demands("POST", "", [], bundle(entry("GET", "http://x/Patient/1")))] != ["Patient"]


@pytest.fixture(scope="module")
async def client(hospital: Hospital) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(database_url=hospital.application.database.conninfo, frontend=FRONTEND, password_days=0)
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hospital") as client,
    ):
        yield client


async def key_for(hospital: Hospital, *scopes: str, roles: tuple[str, ...] = ("integrator",)) -> dict[str, str]:
    """The header of a service with a new key."""
    now = hospital.application.clock()
    async with hospital.application.database.transaction() as connection:
        login = f"service-{'-'.join(scopes)}-{'-'.join(roles)}"
        service = await identity.create_account(
            connection, login=login, name="LIS", password=None, kind="service", roles=roles, locale="en", now=now
        )
        until = now + timedelta(days=365)
        _id, key = await identity.create_api_key(
            connection, service.account_id, name="lab", scopes=scopes, expires=until, now=now
        )
    return {"Authorization": f"Bearer {key}"}


OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}


@pytest.fixture(scope="module")
async def about(client: httpx.AsyncClient, hospital: Hospital) -> tuple[str, str]:
    """References of a patient and of an observation of theirs."""
    whole = await key_for(hospital, "system/*.cruds")
    patient = (await client.post("/fhir/Patient", json=PATIENT, headers=whole)).json()
    reference = f"Patient/{patient['id']}"
    body = {**OBSERVATION, "subject": {"reference": reference}}
    made = await client.post("/fhir/Observation", json=body, headers=whole)
    assert made.status_code == 201
    return reference, f"Observation/{made.json()['id']}"


@pytest.fixture(scope="module")
async def lab(hospital: Hospital) -> dict[str, str]:
    """The header of a laboratory that adds and reads observations."""
    return await key_for(hospital, "system/Observation.crs")


async def test_a_key_gets_as_far_as_its_scopes(
    client: httpx.AsyncClient, lab: dict[str, str], about: tuple[str, str]
) -> None:
    for method, path, body in (
        ("GET", "Observation?status=final", None),
        ("GET", about[1], None),
        ("POST", "Observation", OBSERVATION),
        ("POST", "", bundle(entry("POST", "Observation", OBSERVATION), entry("GET", "Observation"))),
    ):
        answer = await client.request(method, f"/fhir/{path}", json=body, headers=lab)
        assert answer.status_code in {200, 201}, (method, path, answer.text)


async def test_a_key_gets_no_further_whichever_way_it_tries(
    client: httpx.AsyncClient, lab: dict[str, str], about: tuple[str, str]
) -> None:
    patient, observation = about
    changed = {**OBSERVATION, "id": observation.partition("/")[2]}
    for method, path, body in (
        ("GET", patient, None),
        ("GET", "%50atient", None),
        ("GET", "Patient", None),
        ("GET", "Observation?_include=Observation:subject", None),
        ("GET", "Observation?_include=Observation:subject:Patient", None),
        ("GET", "Observation?subject:Patient.name=李四", None),
        ("GET", "Observation?_revinclude=Provenance:target", None),
        ("GET", f"{patient}/Observation", None),
        ("GET", f"{patient}/$everything", None),
        ("GET", "?_type=Observation,Patient", None),
        ("GET", "_history", None),
        ("PUT", observation, changed),
        ("DELETE", observation, None),
        ("POST", "", bundle(entry("GET", patient), kind="batch")),
        ("POST", "", bundle(entry("POST", "Observation", {**OBSERVATION, **REFERRING}))),
        ("GET", "$export", None),
        ("POST", "$import", None),
        ("POST", f"{observation}/$expunge", None),
    ):
        answer = await client.request(method, f"/fhir/{path}", json=body, headers=lab)
        assert answer.status_code == 403, (method, path, answer.status_code)
    data = {"_include": "Observation:subject:Patient"}
    form = await client.post("/fhir/Observation/_search", data=data, headers=lab)
    assert form.status_code == 403
    assert form.json()["issue"][0]["diagnostics"] == "The key lacks the scope system/Patient.r"


async def test_scopes_give_no_more_than_the_roles_of_the_service(client: httpx.AsyncClient, hospital: Hospital) -> None:
    headers = await key_for(hospital, "system/*.cruds", "patients.read", roles=("registrar",))
    assert "entry" not in (await client.get("/fhir/Observation", headers=headers)).json()
    basic = {"resourceType": "Basic", "code": {"text": "x"}}
    assert (await client.post("/fhir/Basic", json=basic, headers=headers)).status_code == 403
    assert (await client.get("/api/views/patients.find", headers=headers)).status_code == 200
    limited = await key_for(hospital, "system/*.cruds", roles=("registrar",))
    assert (await client.get("/api/views/patients.find", headers=limited)).status_code == 403
    body = {"name": "韩梅", "gender": "female", "birth_date": "1988-08-08", "reason": "x"}
    assert (await client.post("/api/commands/patients.register", json=body, headers=headers)).status_code == 403


async def test_what_a_key_did_is_on_record_with_the_key(client: httpx.AsyncClient, hospital: Hospital) -> None:
    headers = await key_for(hospital, "system/Location.s")
    assert (await client.get("/fhir/Location", headers=headers)).status_code == 200
    query = "SELECT detail FROM audit_event WHERE name = 'LIS' AND command = 'fhir.get' AND entities @> '{Location}'"
    async with hospital.application.database.session() as connection:
        keys = {f"key {key.id}" for key in await identity.list_api_keys(connection, 50)}
        for _ in range(100):  # the journal of reads goes into the database a few times a second
            if rows := await (await connection.execute(query)).fetchall():
                break
            await asyncio.sleep(0.05)
    assert {detail for (detail,) in rows} <= keys
    assert rows


async def test_a_key_opens_no_session_and_no_screen(client: httpx.AsyncClient, hospital: Hospital) -> None:
    headers = await key_for(hospital, "system/Location.r")
    assert (await client.put("/api/session/post", json={"post": "x"}, headers=headers)).status_code == 401
    cookie = {"Cookie": f"xinglin_session={headers['Authorization'].removeprefix('Bearer ')}"}
    assert (await client.get("/", headers=cookie)).status_code == 303
    wrong = await client.get("/fhir/Location", headers={"Authorization": "Bearer xlk_unknown"})
    assert wrong.status_code == 401
