"""Transactions: references, order, all or nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest, FhirError, Gone, Invalid, NotFound, PreconditionFailed
from xinglin.platform.database import Database
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, tzinfo=UTC)
A = "urn:uuid:018f428e-34f6-4707-8009-5ad742f901e7"
B = "urn:uuid:118f428e-34f6-4707-8009-5ad742f901e7"

Entry = dict[str, Any]


def entry(method: str, url: str, resource: Entry | None = None, full_url: str | None = None, **request: Any) -> Entry:
    made: Entry = {"request": {"method": method, "url": url, **request}}
    return made | ({"resource": resource} if resource else {}) | ({"fullUrl": full_url} if full_url else {})


def bundle(*entries: Entry) -> Entry:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def patient(**elements: Any) -> Entry:
    return {"resourceType": "Patient", **elements}


def observation(subject: str, **elements: Any) -> Entry:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
        **elements,
    }


@pytest.fixture
def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    return Repository(connection, now=NOW)


def location(response: Entry, index: int) -> tuple[str, str]:
    type, id, *_ = response["entry"][index]["response"]["location"].split("/")
    return type, id


async def test_references_among_entries_are_resolved_everywhere(repository: Repository) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{A}">{A}</a></div>'
    extension = [{"url": "http://x", "valueUri": A}, {"url": "http://y", "valueReference": {"reference": A}}]
    identifier = [{"system": "urn:ietf:rfc:3986", "value": A}]
    text = {"status": "generated", "div": div}
    response = await repository.transaction(
        bundle(
            entry("POST", "Observation", observation(A, extension=extension, identifier=identifier, text=text), B),
            entry("POST", "Patient", patient(id="temporary"), A),
            entry("POST", "Observation", observation("Patient/elsewhere", derivedFrom=[{"reference": B}])),
        )
    )
    assert response["type"] == "transaction-response"
    assert [e["response"]["status"] for e in response["entry"]] == ["201 Created"] * 3
    target = "/".join(location(response, 1))
    stored = await repository.read(*location(response, 0))
    assert stored["subject"]["reference"] == target
    assert stored["extension"] == [
        {"url": "http://x", "valueUri": target},
        {"url": "http://y", "valueReference": {"reference": target}},
    ]
    assert stored["identifier"] == identifier
    assert stored["text"]["div"] == div.replace(f'"{A}"', f'"{target}"')
    other = await repository.read(*location(response, 2))
    assert other["derivedFrom"][0]["reference"] == "/".join(location(response, 0))
    found = await repository.search("Observation", f"subject={target}")
    assert [r["id"] for r in found.resources] == [stored["id"]]


async def test_every_method_in_the_order_of_the_specification(repository: Repository) -> None:
    await repository.update(patient(id="old"))
    await repository.update(patient(id="changed", gender="male"))
    response = await repository.transaction(
        bundle(
            entry("GET", "Patient?gender=female"),
            entry("GET", "Patient/changed"),
            entry("PUT", "Patient/changed", patient(id="changed", gender="female"), ifMatch='W/"1"'),
            entry("PUT", "Patient/new", patient(id="new", gender="female")),
            entry("POST", "Patient", patient(gender="female")),
            entry("DELETE", "Patient/old"),
        )
    )
    statuses = [e["response"]["status"] for e in response["entry"]]
    assert statuses == ["200 OK", "200 OK", "200 OK", "201 Created", "201 Created", "204 No Content"]
    assert len(response["entry"][0]["resource"]["entry"]) == 3
    assert response["entry"][1]["resource"]["meta"]["versionId"] == "2"
    assert response["entry"][2]["response"]["etag"] == 'W/"2"'
    with pytest.raises(Gone):
        await repository.read("Patient", "old")
    assert [v.version for v in await repository.history("Patient", "changed")] == [2, 1]


async def test_if_none_exist_and_conditional_references(repository: Repository) -> None:
    doctor = {"resourceType": "Practitioner", "identifier": [{"system": "urn:d", "value": "1"}]}
    await repository.create(doctor)
    request = bundle(
        entry(
            "POST",
            "Patient",
            patient(identifier=[{"system": "urn:s", "value": "7"}]),
            A,
            ifNoneExist="identifier=urn:s|7",
        ),
        entry("POST", "Observation", observation(A, performer=[{"reference": "Practitioner?identifier=urn:d|1"}])),
    )
    first = await repository.transaction(request)
    second = await repository.transaction(request)
    assert location(first, 0) == location(second, 0)
    assert [e["response"]["status"] for e in second["entry"]] == ["200 OK", "201 Created"]
    stored = await repository.read(*location(second, 1))
    assert stored["subject"]["reference"] == "/".join(location(first, 0))
    assert stored["performer"][0]["reference"].startswith("Practitioner/")
    await repository.create(doctor)
    with pytest.raises(PreconditionFailed) as raised:
        await repository.transaction(request)
    assert raised.value.issues[0].expression == "Bundle.entry[1].resource.performer[0].reference"


GOOD = entry("POST", "Patient", patient())
BAD: list[tuple[Entry, type[FhirError], str]] = [
    (entry("POST", "Patient", patient(gender="x")), Invalid, "Bundle.entry[1].resource.gender"),
    (entry("POST", "Observation", observation("Foo/1")), Invalid, "Bundle.entry[1].resource.subject.reference"),
    (entry("PUT", "Patient/a", patient(id="b")), BadRequest, "Bundle.entry[1].resource.id"),
    (entry("POST", "Patient", {"resourceType": "Group"}), BadRequest, "Bundle.entry[1].resource"),
    (entry("POST", "Patient"), BadRequest, "Bundle.entry[1].resource"),
    (entry("POST", "Patient/1", patient()), BadRequest, "Bundle.entry[1].request.url"),
    (entry("PUT", "Patient", patient()), BadRequest, "Bundle.entry[1].request.url"),
    (entry("PUT", "Patient/1?identifier=1", patient(id="1")), BadRequest, "Bundle.entry[1].request.url"),
    (entry("PUT", "Patient?_count=1", patient()), PreconditionFailed, "Bundle.entry[1].resource"),
    (entry("DELETE", "Patient?foo=1"), BadRequest, "Bundle.entry[1].resource"),
    (entry("DELETE", "Patient/1/_history"), BadRequest, "Bundle.entry[1].request.url"),
    (entry("TRACE", "Patient/1"), BadRequest, "Bundle.entry[1].request.method"),
    (entry("PATCH", "Patient/1", patient()), BadRequest, "Bundle.entry[1].resource"),
    (entry("PATCH", "Patient/1", {"resourceType": "Parameters"}), BadRequest, "Bundle.entry[1].resource"),
    (
        entry("PATCH", "Patient/1", {"resourceType": "Binary", "contentType": "text/plain"}),
        BadRequest,
        "Bundle.entry[1].resource.contentType",
    ),
    (entry("GET", "Patient/1", ifModifiedSince="yesterday"), BadRequest, "Bundle.entry[1].request.ifModifiedSince"),
    (entry("POST", "Patient", patient(), ifNoneExist=1), BadRequest, "Bundle.entry[1].request.ifNoneExist"),
    (entry("POST", "Foo", {"resourceType": "Foo"}), BadRequest, "Bundle.entry[1].request.url"),
    (entry("PUT", "Patient/a", patient(id="a"), ifMatch="x"), BadRequest, "Bundle.entry[1].request.ifMatch"),
    (
        entry("PUT", "Patient/a", patient(id="a"), ifMatch='W/"1"'),
        PreconditionFailed,
        "Bundle.entry[1].request.ifMatch",
    ),
    (entry("DELETE", "Patient/none"), NotFound, "Bundle.entry[1].resource"),
    (entry("GET", "Patient/none"), NotFound, "Bundle.entry[1].resource"),
    (entry("GET", "Patient?foo=1"), BadRequest, "Bundle.entry[1].resource"),
    (
        entry("POST", "Observation", observation("Patient?identifier=none")),
        PreconditionFailed,
        "Bundle.entry[1].resource.subject.reference",
    ),
    ({"resource": patient()}, BadRequest, "Bundle.entry[1].request"),
    ({}, BadRequest, "Bundle.entry[1].request"),
]


@pytest.mark.parametrize(("bad", "error", "expression"), BAD)
async def test_one_bad_entry_leaves_nothing(
    database: Database, bad: Entry, error: type[FhirError], expression: str
) -> None:
    with pytest.raises(error) as raised:
        async with database.transaction() as connection:
            await Repository(connection, now=NOW).transaction(bundle(GOOD, bad, GOOD))
    assert [issue.expression for issue in raised.value.issues] == [expression]
    async with database.transaction() as connection:
        assert await count_rows(connection) == (0, 0, 0, 0)


async def count_rows(connection: psycopg.AsyncConnection[Any]) -> tuple[int, ...]:
    tables = ("resource", "resource_history", "search_date", "search_string")
    query = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    row = await (await connection.execute(f"SELECT {query}".encode())).fetchone()
    return tuple(row or ())


async def test_faults_of_all_entries_are_told_at_once(repository: Repository) -> None:
    with pytest.raises(Invalid) as raised:
        await repository.transaction(
            bundle(
                entry("POST", "Patient", patient(gender="x", foo=1)), GOOD, entry("POST", "Patient", patient(active=1))
            )
        )
    assert {i.expression for i in raised.value.issues} == {
        "Bundle.entry[0].resource.gender",
        "Bundle.entry[0].resource.foo",
        "Bundle.entry[2].resource.active",
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda: bundle(entry("PUT", "Patient/a", patient(id="a")), entry("DELETE", "Patient/a")),
        lambda: bundle(entry("POST", "Patient", patient(), A), entry("POST", "Patient", patient(), A)),
        lambda: bundle(*[entry("POST", "Patient", patient(), ifNoneExist="identifier=1")] * 2),
    ],
)
async def test_a_resource_must_not_occur_twice(repository: Repository, make: Callable[[], Entry]) -> None:
    with pytest.raises(BadRequest, match="already"):
        await repository.transaction(make())


async def test_other_documents_are_refused(repository: Repository) -> None:
    for document in (patient(), {"resourceType": "Bundle", "type": "collection"}, bundle() | {"entry": {}}):
        with pytest.raises(BadRequest):
            await repository.transaction(document)
    assert await repository.transaction({"resourceType": "Bundle", "type": "transaction"}) == {
        "resourceType": "Bundle",
        "type": "transaction-response",
    }


async def test_the_bundle_itself_is_not_changed(repository: Repository) -> None:
    request = bundle(entry("POST", "Patient", patient(), A), entry("POST", "Observation", observation(A)))
    before = repr(request)
    await repository.transaction(request)
    assert repr(request) == before
