"""What becomes of contained resources with each version, parameter and way in; where they are not searched."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.store.test_search_contained import NATION, PARAMETER, observation
from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, PreconditionFailed
from xinglin.platform.database import Database
from xinglin.store.loading import load_directory
from xinglin.store.reindexing import continue_reindex
from xinglin.store.repository import Repository
from xinglin.store.systemwide import search_types

Json = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def prescription(*codes: str, id: str = "m") -> Json:
    """A MedicationRequest that contains a Medication for each code, and refers to the first."""
    inside = [
        {"resourceType": "Medication", "id": f"c{number}", "code": {"coding": [{"system": "urn:c", "code": code}]}}
        for number, code in enumerate(codes)
    ]
    return {
        "resourceType": "MedicationRequest",
        "id": id,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "contained": inside,
        "medicationReference": {"reference": "#c0"},
        "supportingInformation": [{"reference": f"#{each['id']}"} for each in inside],
    }


async def names_of(repository: Repository, type: str, query: str) -> list[str]:
    return [hit.name for hit in (await repository.search(type, query)).matches]


async def test_each_version_is_found_by_what_it_contains(database: Database) -> None:
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        inside = "_contained=true&_containedType=contained"
        await repository.update(prescription("a", "b"))
        assert await names_of(repository, "Medication", f"code=a,b&{inside}") == [
            "MedicationRequest/m#c1",
            "MedicationRequest/m#c0",
        ]
        assert await names_of(repository, "Medication", "code=a,b&_contained=true") == ["MedicationRequest/m"]
        assert await names_of(repository, "Medication", "code=a,b") == []
        await repository.update(prescription("b"))
        assert await names_of(repository, "Medication", f"code=a&{inside}") == []
        assert await names_of(repository, "Medication", f"code=b&{inside}") == ["MedicationRequest/m#c0"]
        assert await names_of(repository, "MedicationRequest", "medication.code=b") == ["MedicationRequest/m"]
        bare = {
            key: value for key, value in prescription("b").items() if key not in ("contained", "supportingInformation")
        }
        await repository.update({**bare, "medicationReference": {"reference": "Medication/x"}})
        assert await names_of(repository, "Medication", f"code=b&{inside}") == []
        await repository.update(prescription("a", "b"))
        await repository.delete("MedicationRequest", "m")
        assert await names_of(repository, "Medication", f"code=a,b&{inside}") == []
        for table in ("search_contained", "search_date", "search_string", "search_number"):
            assert await (await connection.execute(f"SELECT key FROM {table} WHERE key < 0")).fetchall() == []


async def test_nothing_is_left_of_what_was_contained(database: Database) -> None:
    whole = {"resourceType": "Patient", "birthDate": "1999", "name": [{"family": "Li"}]}
    inner = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    inner["valueQuantity"] = {"value": 1, "unit": "mg"}
    outer = {**observation([whole], "#0", None), "hasMember": [{"reference": "#o"}], "id": "x"}
    outer["contained"] = [*outer["contained"], inner]

    async def left(repository: Repository) -> list[int]:
        counts = []
        for table in ("search_date", "search_string", "search_number"):
            rows = await repository.connection.execute(f"SELECT FROM {table} WHERE key < 0")
            counts.append(len(await rows.fetchall()))
        return counts

    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        before = await left(repository)
        await repository.update(outer)
        assert all(now > then for now, then in zip(await left(repository), before, strict=True))
        await repository.update(observation([], None, None) | {"id": "x"})
        assert await left(repository) == before
        await repository.update(outer)
        await repository.delete("Observation", "x")
        assert await left(repository) == before


async def test_chains_come_in_the_order_of_texts_whether_stored_or_contained(database: Database) -> None:
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        for number, family in enumerate(["lima", "lira", "ling", "loon"]):
            await repository.update({"resourceType": "Patient", "id": f"c{number}", "name": [{"family": family}]})
            await repository.update(observation([], f"Patient/c{number}", None) | {"id": f"stored-{family}"})
        for family in ("lino", "lina", "lola"):
            held = {"resourceType": "Patient", "name": [{"family": family}]}
            await repository.update(observation([held], "#0", None) | {"id": f"held-{family}"})
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await repository.search("Observation", f"patient.name=li&_count=1{cursor and '&_cursor=' + cursor}")
            found += [hit.id for hit in page.matches]
            cursor = page.next
        assert found == ["stored-lima", "held-lina", "stored-ling", "held-lino", "stored-lira"]
        held_patients = await repository.search("Patient", "name=li")
        assert [hit.id for hit in held_patients.matches] == ["c0", "c2", "c1"]


async def test_a_new_parameter_is_indexed_in_containers_of_other_types(database: Database) -> None:
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        subject = {"resourceType": "Patient", "extension": [{"url": NATION, "valueCode": "han"}]}
        await repository.update({**observation([subject], "#0", None), "id": "o"})
        await repository.update(PARAMETER)
        with pytest.raises(BadRequest, match="is being indexed by it"):
            await repository.search("Patient", "nation=han&_contained=true")
        while await continue_reindex(connection, now=NOW) is not None:
            pass
        assert await names_of(repository, "Patient", "nation=han&_contained=true") == ["Observation/o"]
        assert await names_of(repository, "Observation", "patient.nation=han") == ["Observation/o"]


async def test_loaded_from_files(database: Database, tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": prescription("loaded", id=f"l{n}"),
                "request": {"method": "PUT", "url": f"MedicationRequest/l{n}"},
            }
            for n in range(2)
        ],
    }
    (tmp_path / "bundle.json").write_bytes(json.dumps(bundle))
    report = await load_directory(tmp_path, database.transaction, now=NOW)
    assert report.refused == []
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        query = "code=loaded&_contained=true&_sort=-_id"
        assert await names_of(repository, "Medication", query) == ["MedicationRequest/l0", "MedicationRequest/l1"]


async def test_where_contained_resources_are_not_searched(database: Database) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        with pytest.raises(BadRequest, match="not supported with a compartment"):
            await repository.search("Observation", "_contained=true", compartment=("Patient", "p"))
        with pytest.raises(BadRequest, match="not supported over several types"):
            await search_types(repository, "_type=Medication,Patient&_contained=both")
        with pytest.raises(PreconditionFailed, match="finds what others contain"):
            await repository.create({"resourceType": "Medication"}, if_none_exist="code=a&_contained=both")
