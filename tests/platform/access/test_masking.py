"""Masked elements: nobody who sees the mask learns more, by whatever way, and nobody writes a mask back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, Forbidden
from xinglin.fhir.types import Resource
from xinglin.platform.access import ALL, RECORD, Grant, Rule, RuleError
from xinglin.platform.access.policies import from_json, to_json
from xinglin.platform.database import Database
from xinglin.platform.identity import Actor
from xinglin.store import exporting
from xinglin.store.access import MASKED, REDACTED
from xinglin.store.history import HistoryQuery
from xinglin.store.patch import json_patch
from xinglin.store.repository import Repository

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NUMBER, PHONE = "110105194912310021", "13812345678"
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{NUMBER}</div>'},
    "identifier": [{"system": "urn:id", "value": NUMBER}],
    "name": [{"text": "王小明"}],
    "telecom": [{"system": "phone", "value": PHONE}],
    "gender": "male",
}


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Any]:
    async with database.session() as session, session.transaction(force_rollback=True):
        free = Repository(session, now=NOW)
        await free.update(PATIENT)
        await free.update({**PATIENT, "active": True})
        contained = {key: value for key, value in PATIENT.items() if key != "text"}
        await free.update(
            {
                "resourceType": "Observation",
                "id": "o",
                "status": "final",
                "code": {"text": "x"},
                "subject": {"reference": "Patient/p"},
                "focus": [{"reference": "#inside"}],
                "contained": [{**contained, "id": "inside"}],
            }
        )
        entry = {"fullUrl": "urn:uuid:0b6a3f0e-3c09-4d4e-9f4e-1d7a2b4c9e11", "resource": PATIENT}
        await free.update({"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [entry]})
        yield session


def seen(connection: Any, *, trusted: bool = False) -> Repository:
    rules = [Rule((RECORD,), ALL), Rule(("Patient",), masked=("identifier", "telecom", "name"))]
    grant = Grant(Actor("1", "Me", "me", None, ("x",), "en"), rules, NOW, UTC, trusted=trusted)
    return Repository(connection, now=NOW, access=grant)


async def told(repository: Repository) -> dict[str, Any]:
    """What every way of reading tells, by its name."""
    search = repository.search
    lines = [line async for batch in exporting.stream(repository, "Patient") for line in batch]
    page = await search("Observation", "_include=Observation:subject")
    reverse = await search("Patient", "_revinclude=Observation:subject")
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": url}} for url in ("Patient/p", "Patient?gender=male")],
    }
    return {
        "read": await repository.read("Patient", "p"),
        "raw": json.loads((await repository.read_raw("Patient", "p")).content or b""),
        "vread": await repository.vread("Patient", "p", 1),
        "history": [each.resource for each in await repository.history("Patient", "p")],
        "page of history": [e.version.resource for e in (await repository.history_page(HistoryQuery())).entries],
        "many": await repository.read_many([("Patient", "p")]),
        "search": [each.resource for each in (await search("Patient", "gender=male")).matches],
        "include": [each.resource for each in page.includes],
        "revinclude": [each.resource for each in (*reverse.matches, *reverse.includes)],
        "contained": [each.resource for each in (await search("Patient", "_contained=true")).matches],
        "inside": [e.resource for e in (await search("Patient", "_contained=true&_containedType=contained")).matches],
        "elements": [each.resource for each in (await search("Patient", "_elements=identifier,telecom")).matches],
        "bundle": await repository.read("Bundle", "b"),
        "batch": await repository.batch(batch),
        "export": [json.loads(line) for line in lines],
    }


async def test_every_way_of_reading_shows_the_mask(connection: Any) -> None:
    for way, found in (await told(Repository(connection, now=NOW))).items():
        assert NUMBER in json.dumps(found).decode(), way  # so that each would tell
    for way, found in (await told(seen(connection))).items():
        text = json.dumps(found).decode()
        for secret in (NUMBER, PHONE, "王小明"):
            assert secret not in text, way
        assert "110***********0021" in text, way
    shown = await seen(connection).read("Patient", "p")
    assert shown["meta"]["security"] == [REDACTED, MASKED]
    assert shown["name"] == [{"text": "王*明"}]
    assert shown["telecom"] == [{"system": "phone", "value": "138****5678"}]
    assert shown["gender"] == "male"


@pytest.mark.parametrize(
    ("type", "query"),
    [
        ("Patient", f"identifier={NUMBER}"),
        ("Patient", f"phone={PHONE}"),
        ("Patient", f"telecom={PHONE}"),
        ("Patient", "name=王"),
        ("Patient", "name:exact=王小明"),
        ("Patient", "_sort=name"),
        ("Patient", f"_filter=identifier eq {NUMBER}"),
        ("Patient", "_content=1101"),
        ("Patient", "_text=1101"),
        ("Observation", f"subject:Patient.identifier={NUMBER}"),
        ("Observation", "patient.name=王"),
        ("Practitioner", f"_has:Observation:performer:patient.identifier={NUMBER}"),
    ],
)
async def test_nothing_is_found_or_sorted_by_what_is_masked(connection: Any, type: str, query: str) -> None:
    await Repository(connection, now=NOW).search(type, query)
    with pytest.raises((BadRequest, Forbidden)):
        await seen(connection).search(type, query)


async def test_masks_are_never_written(connection: Any) -> None:
    free, limited = Repository(connection, now=NOW), seen(connection)
    answer = await limited.update({**await limited.read("Patient", "p"), "gender": "female"})
    assert answer["identifier"] == [{"system": "urn:id", "value": "110***********0021"}]
    answer = await limited.patch("Patient", "p", json_patch([{"op": "replace", "path": "/active", "value": False}]))
    assert NUMBER not in json.dumps(answer).decode()
    with pytest.raises(Forbidden):
        await limited.update({"resourceType": "Patient", "id": "p", "gender": "male"})
    stored = await free.read("Patient", "p")
    assert (stored["gender"], stored["active"]) == ("female", False)
    for element in ("identifier", "name", "telecom", "text"):
        assert stored[element] == PATIENT[element]
    assert "security" not in stored["meta"]
    for change in ({"telecom": [{"system": "phone", "value": "13900000000"}]}, {"name": [{"text": "王*光"}]}):
        for trusted in (False, True):
            repository = seen(connection, trusted=trusted)
            with pytest.raises(Forbidden, match="You may not change Patient"):
                await repository.update({**await repository.read("Patient", "p"), **change})


async def test_the_answer_to_a_transaction_shows_the_mask(connection: Any) -> None:
    limited = seen(connection)
    patient = {**await limited.read("Patient", "p"), "gender": "other"}
    entry = {"resource": patient, "request": {"method": "PUT", "url": "Patient/p"}}
    bundle: Resource = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    answer = await limited.transaction(bundle, representation=True)
    assert "110***********0021" in json.dumps(answer).decode()
    assert NUMBER not in json.dumps(answer).decode()
    assert (await Repository(connection, now=NOW).read("Patient", "p"))["identifier"] == PATIENT["identifier"]


def test_a_rule_says_what_can_be_masked() -> None:
    rule = from_json({"types": ["Patient"], "masked": ["identifier", "contact"]})
    assert from_json(to_json(rule)) == rule
    with pytest.raises(RuleError, match=r"Patient.birthDate has no mask; those that have one are: .*identifier"):
        from_json({"types": ["Patient"], "masked": ["birthDate"]})
    with pytest.raises(RuleError, match="meta"):
        from_json({"types": ["@record"], "masked": ["meta"]})
    # For many types at once: an element that has no mask is not shown.
    grant = Grant(Actor("1", "Me", "me", None, ("x",), "en"), [Rule((RECORD,), masked=("birthDate",))], NOW, UTC)
    assert grant.masked("Patient") == {"birthDate"}
