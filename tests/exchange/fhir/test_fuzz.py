"""Ten thousand requests that nobody sane would send: none may give a 500, hang, or leave half a write behind.

`XINGLIN_FUZZ` sets another number.
"""

import asyncio
import json
import os
import string
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.exchange.fhir.whole import half_written
from tests.hospital import Hospital
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.search import parameters
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.settings import Settings
from xinglin.server import create_app

REQUESTS = int(os.environ.get("XINGLIN_FUZZ", "10000"))
TOGETHER = 20
"""Requests of one example, sent at once."""

FRONTEND = Path(__file__).resolve().parents[3] / "node_modules"
TYPES = ["Patient", "Observation", "Encounter", "Basic", "Bundle", "Questionnaire"]

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"family": "张", "given": ["三"], "text": "张三"}],
    "birthDate": "1980-02-29",
    "gender": "male",
    "identifier": [{"system": "urn:x", "value": "1"}],
    "extension": [{"url": "urn:e", "valueDecimal": 1.10}],
    "contained": [{"resourceType": "Organization", "id": "o", "name": "x"}],
    "managingOrganization": {"reference": "#o"},
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]},
    "effectiveDateTime": "2024-02-30",
    "valueQuantity": {"value": 1e400, "unit": "cm"},
}
VALID_OBSERVATION = {
    **OBSERVATION,
    "effectiveDateTime": "2024-02-28T10:00:00+08:00",
    "valueQuantity": {"value": 172.50},
}
ENTRY = {"fullUrl": "urn:uuid:1", "resource": PATIENT, "request": {"method": "POST", "url": "Patient"}}
BUNDLE: dict[str, Any] = {"resourceType": "Bundle", "type": "transaction", "entry": [ENTRY]}
SEEDS = [PATIENT, OBSERVATION, VALID_OBSERVATION, BUNDLE]

SIBLINGS = [
    {"request": {"method": "DELETE", "url": "Patient/none"}},
    {"request": {"method": "GET", "url": "Patient/none"}},
    {"request": {"method": "GET", "url": "Patient?name=none"}},
    {"request": {"method": "POST", "url": "Patient/$validate"}, "resource": PATIENT},
    {"request": {"method": "GET", "url": "ValueSet/none/$expand"}},
    {"request": {"method": "POST", "url": "$export"}},
    {"request": {"method": "PUT", "url": "Patient?identifier=urn:x|1"}, "resource": PATIENT},
]
PATHS = [
    *("Patient", "Patient.name", "Patient.name.given", "Patient.name[0].given[0]", "Patient.photo", "name", "$this"),
    *("Patient.name.where(given.matches('(a*)*b'))", "Patient.descendants()", "Patient.extension('urn:e').value"),
    *("Patient.name | Patient.telecom", "Patient.contained.ofType(Organization).name", "1", "now()", "%resource.id"),
    *("Patient.name.where(%resource.descendants().where(%resource.descendants().exists()).exists())", "'a'[0]"),
]
VALUES: list[dict[str, Any]] = [
    *({"valueString": "x"}, {"valueBoolean": True}, {"valueHumanName": {"family": "x"}}, {"valueDecimal": 1e300}),
    *({"part": [{"name": "family", "valueString": "x"}]}, {"resource": {"resourceType": "Basic"}}, {}),
]

ODD = (
    *("", " ", "\x00", "\ud800", "'; DROP TABLE resource; --", "../../etc/passwd", "%", "%00", "{{7*7}}", "$" * 300),
    *("Patient/1", "urn:uuid:1", "#o", "2024-13-45", "9" * 400, "1e999999", "-0", "NaN", "|", ",", "\\", "a|b|c"),
    *("ge2020", "ap1e1000", "0001-01-01", "9999-12-31T23:59:60Z", "2024-02-29T24:00:00Z", "💉" * 50, "ﷺ" * 300),
)
odd_text = st.one_of(
    st.text(max_size=20),
    st.sampled_from(ODD),
)
odd_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), odd_text, st.just(10**400)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd_text, inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def resources(draw: st.DrawFn) -> Any:
    """A resource with something in it replaced, removed, repeated or nested beyond reason."""
    resource = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = resource
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            deeper = place[key]
            if isinstance(deeper, dict | list) and deeper and draw(st.booleans()):
                place = deeper
                continue
            change = draw(st.sampled_from(["replace", "remove", "wrap", "add"]))
            if change == "replace":
                place[key] = draw(odd_value)
            elif change == "remove":
                del place[key]
            elif change == "wrap":
                place[key] = [place[key]] * draw(st.integers(0, 3))
            elif isinstance(place, dict):
                place[draw(odd_text)] = draw(odd_value)
            break
    return resource


def encoded(value: Any) -> bytes:
    """JSON as Python writes it, with its NaN and lone surrogates: what a careless client sends."""
    return json.dumps(value).encode()


def broken(kind: str) -> bytes:
    """A body that is no resource, by the name of what is wrong."""
    return {
        "nested lists": b"[" * 100_000,
        "nested objects": b'{"a":' * 50_000,
        "not UTF-8": b"\xff\xfe{}",
        "nothing": b"",
        "null": b"null",
        "cut off": b'{"resourceType":"Patient"',
    }[kind]


bodies = st.one_of(
    resources().map(encoded),
    odd_value.map(encoded),
    st.binary(max_size=40),
    st.sampled_from(["nested lists", "nested objects", "not UTF-8", "nothing", "null", "cut off"]).map(broken),
)
names = st.one_of(
    st.sampled_from(TYPES).flatmap(lambda name: st.sampled_from(sorted(parameters(name)))),
    st.sampled_from(["_id", "_lastUpdated", "_sort", "_count", "_total", "_include", "_revinclude", "_cursor", "_tag"]),
    st.sampled_from(["_has", "_filter", "_elements", "_summary", "_format", "_since", "_at", "_list", "_type"]),
    odd_text,
)
suffixes = st.sampled_from(["", "", "", ":exact", ":contains", ":not", ":missing", ":above", ":Patient", ":x", ".name"])
values = st.one_of(
    odd_text,
    st.sampled_from(
        ["true", "5", "-date", "date,-_id", "Observation:patient", "*", "Patient:x:y", "2024", "ne2024-01"]
    ),
)
queries = st.lists(st.tuples(st.tuples(names, suffixes).map("".join), values), max_size=4)
ids = st.one_of(st.sampled_from(["1", "known"]), st.text(string.ascii_letters + string.digits + "-.", max_size=70))
kinds = st.one_of(st.sampled_from(TYPES), st.sampled_from(sorted(resource_types())), odd_text)
paths = st.one_of(
    kinds.map(lambda kind: [kind]),
    st.tuples(kinds, ids).map(list),
    st.tuples(kinds, ids, st.just("_history")).map(list),
    st.tuples(kinds, ids, st.just("_history"), odd_text).map(list),
    st.tuples(kinds, st.sampled_from(["_search", "_history", "$validate", "$everything", "$meta"])).map(list),
    st.sampled_from([[""], ["metadata"], ["_history"], ["$export"], ["Patient", "known", "$everything"]]),
)
headers = st.dictionaries(
    st.sampled_from(["If-Match", "If-None-Exist", "If-None-Match", "If-Modified-Since", "Prefer", "Accept"]),
    st.one_of(
        st.sampled_from(['W/"1"', "W/1", "*", "return=minimal", "handling=strict", "identifier=urn:x|1", "text/html"]),
        st.text(string.printable.strip(), max_size=20),
    ),
    max_size=2,
)
media = st.sampled_from(
    [
        "application/fhir+json",
        "application/json",
        "application/json-patch+json",
        "application/x-www-form-urlencoded",
        "application/fhir+xml",
        "application/fhir+json; charset=latin-1",
        "text/plain",
        "",
    ]
)
methods = st.sampled_from(["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """One request, as arguments of httpx."""
    path = "/".join(quote(plain(part), safe="") for part in draw(paths))
    request: dict[str, Any] = {"method": draw(methods), "url": f"/fhir/{path}"}
    request["params"] = [(plain(name), plain(value)) for name, value in draw(queries)]
    request["headers"] = draw(headers)
    if request["method"] in {"POST", "PUT", "PATCH"}:
        request["content"] = draw(bodies)
        request["headers"]["Content-Type"] = draw(media)
    return request


@st.composite
def writes(draw: st.DrawFn) -> dict[str, Any]:
    """A write that would succeed, but for what may be odd in its resource."""
    resource = draw(resources())
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    path = "" if kind == "Bundle" else kind if isinstance(kind, str) and kind in TYPES else "Patient"
    request = {"method": "POST", "url": f"/fhir/{path}", "headers": {"Content-Type": "application/fhir+json"}}
    if path == "Patient" and draw(st.booleans()):
        resource = {**resource, "id": "known"}
        request |= {"method": "PUT", "url": "/fhir/Patient/known"}
    return {**request, "content": encoded(resource)}


@st.composite
def brackets(draw: st.DrawFn) -> dict[str, Any]:
    """A transaction whose first and last entries are well, with what may be odd between them."""
    name = {"system": "urn:bracket", "value": str(uuid.uuid4())}
    odd = draw(resources())
    kind = odd.get("resourceType") if isinstance(odd, dict) else None
    path = kind if isinstance(kind, str) and kind in TYPES else "Patient"
    between = draw(
        st.one_of(
            st.just({"resource": odd, "request": {"method": "POST", "url": path}}),
            st.just({"resource": odd, "request": {"method": "PUT", "url": f"{path}/known", "ifMatch": 'W/"999"'}}),
            st.tuples(methods, values).map(lambda drawn: {"request": {"method": drawn[0], "url": drawn[1]}}),
            st.sampled_from(SIBLINGS),
        )
    )
    well = [{"resource": {**each, "identifier": [name]}, "request": {"method": "POST", "url": each["resourceType"]}}
            for each in (PATIENT, VALID_OBSERVATION)]  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [well[0], between, well[1]]}
    content = {"content": encoded(bundle), "headers": {"Content-Type": "application/fhir+json"}}
    return {"method": "POST", "url": "/fhir/", **content}


@st.composite
def path_patches(draw: st.DrawFn) -> dict[str, Any]:
    """A FHIRPath Patch of a resource that exists, with an odd path, value or place."""
    parts = [
        {"name": "type", "valueCode": draw(st.sampled_from(["add", "insert", "delete", "replace", "move", "x"]))},
        {"name": "path", "valueString": draw(st.one_of(st.sampled_from(PATHS), odd_text))},
        {"name": "name", "valueString": draw(st.one_of(st.sampled_from(["given", "name", "active"]), odd_text))},
        {"name": "index", "valueInteger": draw(st.integers(-1, 3))},
        {"name": "source", "valueInteger": draw(st.integers(0, 2))},
        {"name": "destination", "valueInteger": draw(st.integers(0, 2))},
        {"name": "value", **draw(st.sampled_from(VALUES))},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    content = {"content": encoded(patch), "headers": {"Content-Type": "application/fhir+json"}}
    return {"method": "PATCH", "url": "/fhir/Patient/known", **content}


def plain(text: str) -> str:
    """Text that can be sent at all: lone surrogates cannot be encoded."""
    return text.encode("utf-8", "replace").decode()


@pytest.fixture(scope="module")
async def client(hospital: Hospital) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=hospital.application.database.conninfo, frontend=FRONTEND, password_days=0))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hospital") as client,
    ):
        answer = await client.post("/api/session", json={"login": "integrator", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        known = {**PATIENT, "id": "known"}
        assert (await client.put("/fhir/Patient/known", json=known)).status_code == 201
        yield client


drawn = st.one_of(requests(), requests(), requests(), writes(), writes(), brackets(), path_patches())


# The connection pool draws a random pause in another thread while examples are made, which hypothesis takes for ours.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module")
async def test_no_request_breaks_the_server(client: httpx.AsyncClient, hospital: Hospital) -> None:
    loop = asyncio.get_running_loop()
    statuses: dict[int, int] = {}
    patched: list[str] = []
    faults: list[str] = []

    async def send(request: dict[str, Any]) -> None:
        answer = await asyncio.wait_for(client.request(**request), 20)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        if request["method"] == "PATCH" and answer.status_code == 200:
            patched.append(answer.text)
        if answer.status_code >= 500:
            faults.append(f"{answer.status_code}: {request}"[:2000])
        told = answer.status_code < 400 or request["method"] == "HEAD" or "OperationOutcome" in answer.text
        if not told:
            faults.append(f"{answer.status_code} {answer.text[:200]!r} without an outcome: {request}"[:2000])

    async def send_all(batch: list[dict[str, Any]]) -> None:
        await asyncio.gather(*(send(request) for request in batch))

    @settings(
        max_examples=max(1, REQUESTS // TOGETHER),
        deadline=None,
        derandomize=bool(os.environ.get("CI")),
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(drawn, min_size=TOGETHER, max_size=TOGETHER))
    def drive(batch: list[dict[str, Any]]) -> None:
        asyncio.run_coroutine_threadsafe(send_all(batch), loop).result()

    await asyncio.to_thread(drive)
    assert faults == []
    assert sum(statuses.values()) >= REQUESTS
    assert statuses.get(200, 0) > REQUESTS / 50, statuses
    assert statuses.get(201, 0) > REQUESTS / 200, statuses
    assert len(patched) > REQUESTS / 1000
    await nothing_is_half_written(hospital)


async def nothing_is_half_written(hospital: Hospital) -> None:
    """What is stored is whole, and of a transaction there is everything or nothing."""
    async with hospital.application.database.transaction() as connection:
        assert await half_written(connection, hospital.application.zone) == []
        brackets = await connection.execute(
            "SELECT content->'identifier'->0->>'value', count(*) FROM resource"
            " WHERE content->'identifier'->0->>'system' = 'urn:bracket' GROUP BY 1"
        )
        counts = [count for _, count in await brackets.fetchall()]
    assert counts
    assert set(counts) == {2}


async def test_what_is_half_written_would_be_found(client: httpx.AsyncClient, hospital: Hospital) -> None:
    assert (await client.put("/fhir/Observation/seen", json={**VALID_OBSERVATION, "id": "seen"})).status_code == 201
    damages = {
        "dates": "DELETE FROM search_date WHERE key = %s",
        "numbers": "UPDATE search_number SET low = low - 1 WHERE key = %s",
        "terms": "UPDATE resource SET terms = terms[2:] WHERE key = %s",
        "versions": "UPDATE resource SET version = 2 WHERE key = %s",
    }
    for kind, damage in damages.items():
        async with hospital.application.database.session() as connection:
            await connection.set_autocommit(False)
            row = await (await connection.execute("SELECT key FROM resource WHERE id = 'seen'")).fetchone()
            await connection.execute(damage, row)
            assert f"{kind} Observation/seen" in await half_written(connection, hospital.application.zone)
            await connection.rollback()
