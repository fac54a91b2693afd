"""Identifiers and telephone numbers that lie encrypted: everything goes on as before, and no dump tells them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.postgres import Databases
from tests.vaults import NATIONAL, PASSPORT, opened, readable, settings
from xinglin.fhir import json, xml
from xinglin.fhir.outcome import BadRequest, Invalid
from xinglin.fhir.types import Resource
from xinglin.platform.database import Database
from xinglin.store import exporting, packing
from xinglin.store.concealing import VaultError
from xinglin.store.copying import reserve
from xinglin.store.history import HistoryQuery
from xinglin.store.ingesting import surroundings, write
from xinglin.store.patch import json_patch
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
NUMBER, PASS, PHONE, KIN = "110105194912310021", "E12345678", "13812345678", "13987654321"
FORGED = "\x0100000000000000ff.AAAA"
SECRETS = (NUMBER, PASS, PHONE, KIN)


def patient(**more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": NATIONAL, "value": NUMBER, "type": {"coding": [{"system": "urn:t", "code": "NI"}]}},
            {"system": "urn:mr", "value": "00000007"},
        ],
        "name": [{"text": "王小明"}],
        "telecom": [{"system": "phone", "value": PHONE}, {"system": "email", "value": "wang@example.cn"}],
        "contact": [{"telecom": [{"system": "phone", "value": KIN}]}],
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">王小明 {NUMBER}</div>'},
        **more,
    }


@pytest.fixture(scope="module")
async def conninfo(empty_databases: Databases, migrated_template: str) -> str:
    return empty_databases.create(migrated_template)


@pytest.fixture(scope="module")
async def hidden(conninfo: str) -> AsyncIterator[Database]:
    async with opened(settings(conninfo)) as database:
        yield database


@pytest.fixture
async def repository(hidden: Database) -> AsyncIterator[Repository]:
    """In a transaction that is committed."""
    async with hidden.transaction() as connection:
        yield Repository(connection, now=NOW)


async def ids(repository: Repository, type: str, query: str) -> list[str]:
    return [each["id"] for each in (await repository.search(type, query)).resources]


async def test_all_that_is_done_with_a_patient_goes_on_and_no_dump_tells(hidden: Database, conninfo: str) -> None:
    async with hidden.transaction() as connection:
        repository = Repository(connection, now=NOW)
        made = await repository.create(patient(), if_none_exist=f"identifier={NATIONAL}|{NUMBER}")
        again = await repository.create(patient(), if_none_exist=f"identifier={NATIONAL}|{NUMBER}")
        assert again == made == await repository.read("Patient", made["id"])
        assert made["identifier"][0]["value"] == NUMBER
        assert NUMBER in made["text"]["div"]
        assert NUMBER in xml.dumps(made).decode()
        passport = {"op": "add", "path": "/identifier/-", "value": {"system": PASSPORT, "value": PASS}}
        changed = await repository.patch("Patient", made["id"], json_patch([passport]))
        assert changed["identifier"][2]["value"] == PASS
        assert await repository.vread("Patient", made["id"], 1) == made
        assert [each.resource for each in await repository.history("Patient", made["id"])] == [changed, made]
        page = await repository.history_page(HistoryQuery("Patient"))
        assert [entry.version.resource for entry in page.entries] == [changed, made]
    assert await readable(conninfo, SECRETS) == set()
    assert ("resource_patient", "王小明") in await readable(conninfo, ["王小明"])


async def test_other_persons_and_what_contains_them_tell_nothing_either(hidden: Database, conninfo: str) -> None:
    async with hidden.transaction() as connection:
        repository = Repository(connection, now=NOW)
        kin = {"resourceType": "RelatedPerson", "patient": {"reference": "Patient/p"}}
        await repository.create(
            {**kin, "identifier": [{"system": NATIONAL, "value": NUMBER}], "telecom": [{"system": "sms", "value": KIN}]}
        )
        claim = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": {"reference": "#p"},
            "contained": [patient(id="p")],
        }
        del claim["contained"][0]["text"]
        observation = await repository.create(claim)
        assert observation["contained"][0]["identifier"][0]["value"] == NUMBER
        page = await repository.search("Patient", f"identifier={NUMBER}&_contained=true&_containedType=contained")
        assert [found.resource["telecom"][0]["value"] for found in page.matches] == [PHONE]
        assert await ids(repository, "Observation", f"subject:Patient.identifier={NUMBER}") == [observation["id"]]
        entry = {
            "resource": patient(id="by-transaction", identifier=[{"system": NATIONAL, "value": NUMBER}]),
            "request": {"method": "PUT", "url": "Patient/by-transaction"},
        }
        both = [entry, {**entry, "request": {"method": "POST", "url": "Patient"}}]
        await repository.transaction({"resourceType": "Bundle", "type": "transaction", "entry": both})
        entry = {"resource": patient(id="in-a-bundle"), "fullUrl": "urn:uuid:0b6a3f0e-3c09-4d4e-9f4e-1d7a2b4c9e11"}
        await repository.create({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert await readable(conninfo, SECRETS) == set()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"identifier={NATIONAL}|{NUMBER}", True),
        (f"identifier={NUMBER}", True),
        (f"identifier:of-type=urn:t|NI|{NUMBER}", True),
        (f"phone={PHONE}", True),
        (f"telecom={PHONE}", True),
        (f"_filter=identifier eq {NUMBER}", True),
        ("identifier=urn:mr|00000007", True),
        ("email=wang@example.cn", True),
        (f"identifier={NATIONAL}|", True),
        (f"identifier:not={NATIONAL}|{NUMBER}", False),
        (f"identifier=urn:mr|{NUMBER}", False),
        (f"identifier={NUMBER[:-1]}", False),
        (f"phone={KIN}", False),
    ],
)
async def test_searches_for_the_whole_value_find_what_they_did(repository: Repository, query: str, found: bool) -> None:
    one = "identifier=urn:mr|00000007"
    (id,) = await ids(repository, "Patient", one)
    assert await ids(repository, "Patient", f"{one}&{query}") == ([id] if found else [])


async def test_what_needs_the_order_of_values_is_refused(repository: Repository) -> None:
    with pytest.raises(BadRequest, match="_sort=identifier is not supported: values of identifier are encrypted"):
        await repository.search("Patient", "_sort=identifier")
    with pytest.raises(BadRequest, match="_sort=-phone is not supported"):
        await repository.search("RelatedPerson", "_sort=-phone")
    await repository.search("Encounter", "_sort=identifier")


@pytest.mark.parametrize(
    "element",
    [
        {"name": [{"text": FORGED}]},
        {"identifier": [{"system": NATIONAL, "value": FORGED}]},
        {"implicitRules": FORGED},
        {"language": FORGED},
        {"extension": [{"url": "urn:x", "valueMarkdown": FORGED}]},
        {"extension": [{"url": "urn:x", "valueBase64Binary": FORGED}]},
        {"text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{FORGED}</div>'}},
        {"text": {"status": "generated", "div": FORGED}},
    ],
)
async def test_nobody_can_write_what_looks_encrypted(repository: Repository, element: Resource) -> None:
    with pytest.raises(Invalid):
        await repository.create({"resourceType": "Patient", **element})


async def test_lines_of_an_import_are_encrypted_too(hidden: Database, conninfo: str) -> None:
    number = "110105194912310099"
    person = {**patient(id="imported"), "identifier": [{"system": NATIONAL, "value": number}]}
    del person["text"]
    holder = {"resourceType": "Observation", "id": "holder", "status": "final", "code": {"text": "x"}}
    holder["contained"] = [{**person, "id": "p"}]
    holder["subject"] = {"reference": "#p"}
    lines = [json.dumps(person), json.dumps(holder), b'{"resourceType":"Encounter","id":"e","status":"planned"}']
    async with hidden.transaction() as connection:
        repository = Repository(connection, now=NOW)
        packed = packing.pack(lines, await reserve(connection, 10), await surroundings(repository))
        refused = await write(repository, lines, packed)
        assert refused[:2] == [(), ()]
        assert await ids(repository, "Patient", f"identifier={number}") == ["imported"]
    assert await readable(conninfo, [number]) == set()


async def test_an_export_and_the_rest_of_a_record_are_in_clear(hidden: Database) -> None:
    async with hidden.transaction() as connection:
        lines = [line async for batch in exporting.stream(Repository(connection, now=NOW), "Patient") for line in batch]
    assert any(NUMBER.encode() in line for line in lines)


async def test_without_keys_nothing_encrypted_is_given_out(conninfo: str, hidden: Database) -> None:
    plain = Database(conninfo, min_size=1, max_size=1)
    await plain.open()
    try:
        async with plain.transaction() as connection:
            with pytest.raises(VaultError, match="opened without keys"):
                await Repository(connection, now=NOW).search("Patient", "name=王小明")
    finally:
        await plain.close()


async def test_what_was_changed_in_the_database_does_not_open(hidden: Database) -> None:
    async with hidden.transaction() as connection:
        repository = Repository(connection, now=NOW)
        made = await repository.create(patient())
        spoilt = "UPDATE resource SET content = replace(content::text, '=\"', 'A=\"')::json WHERE id = %s"
        await connection.execute(spoilt, (made["id"],))
        with pytest.raises(VaultError, match="was changed in the database"):
            await repository.read("Patient", made["id"])
        await connection.execute("DELETE FROM resource WHERE id = %s", (made["id"],))
