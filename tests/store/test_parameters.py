"""Search parameters that R4 does not have, from SearchParameter resources: on a real database, beside other writers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.store.ingested import ingest
from xinglin.fhir.outcome import BadRequest, FhirError, Invalid
from xinglin.fhir.search import SearchParameters, extract
from xinglin.operations.reindexing import finish_reindex
from xinglin.platform.database import Database
from xinglin.store import parameters
from xinglin.store.reindexing import WAITING, continue_reindex
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BASE = "http://hospital.example"


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Repository]:
    async with database.transaction() as connection:
        yield Repository(connection, now=NOW)


@pytest.fixture(autouse=True)
async def clean(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE resource, resource_history, search_date, search_string, search_number")
        await connection.execute("TRUNCATE search_text, search_reindex, search_parameter")
        await connection.execute("UPDATE search_version SET version = gen_random_uuid()::text")


def defined(code: str, type: str, base: str = "Patient", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter",
        "id": code,
        "url": f"{BASE}/SearchParameter/{code}",
        "name": code,
        "status": "active",
        "description": code,
        "code": code,
        "base": [base],
        "type": type,
        "expression": f"{base}.extension('{BASE}/{code}').value",
        **changes,
    }


def patient(id: str, **extensions: Any) -> dict[str, Any]:
    held = [{"url": f"{BASE}/{name.partition('_')[0]}", name.partition("_")[2]: v} for name, v in extensions.items()]
    return {"resourceType": "Patient", "id": id, **({"extension": held} if held else {})}


async def put(database: Database, *resources: dict[str, Any]) -> None:
    async with opened(database) as repository:
        for resource in resources:
            await repository.update(resource)


async def found(database: Database, query: str, type: str = "Patient", **options: Any) -> list[str]:
    async with opened(database) as repository:
        return [resource["id"] for resource in (await repository.search(type, query, **options)).resources]


async def index(database: Database) -> int:
    return await finish_reindex(database, lambda: NOW, UTC)


async def indexed_as(database: Database, known: SearchParameters) -> None:
    """Insists that every resource has exactly the terms that these parameters give it."""
    async with opened(database) as repository:
        rows = await (
            await repository.connection.execute("SELECT key, content, terms FROM resource WHERE NOT deleted")
        ).fetchall()
        for key, content, terms in rows:
            wanted = extract(content, UTC, known)
            assert set(terms) == wanted.hashes, content
            for table, held in (("string", wanted.strings), ("date", wanted.dates), ("number", wanted.numbers)):
                query = f"SELECT count(*) FROM search_{table} WHERE key = %s"
                ((count,),) = await (await repository.connection.execute(query, (key,))).fetchall()
                assert count == len(held), (table, content)


async def now_known(database: Database) -> SearchParameters:
    async with database.reading() as connection:
        return await parameters.refreshed(connection)


async def test_takes_effect_when_what_is_stored_is_indexed(database: Database) -> None:
    await put(database, patient("a", nation_valueCode="han"), patient("b", nation_valueCode="hui"))
    with pytest.raises(BadRequest, match="Patient has no search parameter nation"):
        await found(database, "nation=han")
    await put(database, defined("nation", "token"))
    await put(database, patient("c", nation_valueCode="han"))
    with pytest.raises(BadRequest, match="nation of Patient is new, and what is stored is being indexed by it"):
        await found(database, "nation=han")
    async with opened(database) as repository:
        page = await repository.search("Patient", "nation=han", lenient=True)
        assert len(page.resources) == 3
        assert "nation was left out" in page.warnings[0].diagnostics
    assert await index(database) == 3
    assert await found(database, "nation=han") == ["a", "c"]
    assert await found(database, "nation:not=han") == ["b"]
    assert await found(database, "_filter=nation eq hui") == ["b"]
    await put(database, patient("b", nation_valueCode="han"), patient("d", nation_valueCode="han"))
    assert await found(database, "nation=han&_count=2") == ["a", "b"]
    await indexed_as(database, await now_known(database))


KINDS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("nation", "token", {"nation_valueCoding": {"system": "urn:n", "code": "han"}}, ["han", "urn:n|han", "urn:n|"]),
    ("alias", "string", {"alias_valueString": "王小明"}, ["王", "wang", "wxm"]),
    ("since", "date", {"since_valuePeriod": {"start": "2020-02-01"}}, ["ge2020", "gt2021-01-01"]),
    ("rank", "number", {"rank_valueInteger": 3}, ["3", "lt4"]),
    ("dose", "quantity", {"dose_valueQuantity": {"value": 5, "unit": "mg"}}, ["5", "5||mg", "gt4||mg"]),
    ("page", "uri", {"page_valueUrl": "http://a.example/b"}, ["http://a.example/b"]),
    ("guardian", "reference", {"guardian_valueReference": {"reference": "Patient/g"}}, ["Patient/g", "Patient/g,x"]),
]


@pytest.mark.parametrize(("code", "type", "extensions", "values"), KINDS)
@pytest.mark.parametrize("before", [True, False])
async def test_every_type_of_parameter(
    database: Database, code: str, type: str, extensions: dict[str, Any], values: list[str], before: bool
) -> None:
    definition, resources = defined(code, type), (patient("g"), patient("a", **extensions))
    await put(database, *((*resources, definition) if before else (definition, *resources)))
    await index(database)
    for value in values:
        assert await found(database, f"{code}={value}") == ["a"], value
        assert await found(database, f"{code}:missing=true") == ["g"]
    assert await found(database, "_sort=_id") == ["a", "g"]
    await put(database, defined(code, type, status="retired"))
    await index(database)
    with pytest.raises(BadRequest, match="has no search parameter"):
        await found(database, f"{code}={values[0]}")
    await indexed_as(database, SearchParameters())


async def test_references_lead_on(database: Database) -> None:
    guardian = defined("guardian", "reference", target=["Patient", "Organization"])
    await put(database, guardian, {**patient("g"), "name": [{"family": "Li"}]}, patient("h"))
    await put(database, patient("a", guardian_valueReference={"reference": "Patient/g"}))
    await index(database)
    assert await found(database, "guardian.name=Li") == ["a"]
    assert await found(database, "guardian:Patient.name=Li") == ["a"]
    assert await found(database, "_has:Patient:guardian:_id=a") == ["g"]
    async with opened(database) as repository:
        for query, included in (
            ("_id=a&_include=Patient:guardian", ["g"]),
            ("_id=a&_include=*", ["g"]),
            ("_id=g&_revinclude=Patient:guardian", ["a"]),
            ("_id=g&_revinclude=*", ["a"]),
        ):
            assert [r["id"] for r in (await repository.search("Patient", query)).included] == included, query


async def test_composites_and_sorting(database: Database) -> None:
    component = {
        "type": "composite",
        "expression": "Observation.component",
        "component": [
            {"definition": "http://hl7.org/fhir/SearchParameter/clinical-code", "expression": "code"},
            {"definition": "http://hl7.org/fhir/SearchParameter/Observation-value-quantity", "expression": "value"},
        ],
    }
    await put(database, defined("part", base="Observation", **component), defined("rank", "number"))

    def observation(id: str, value: int) -> dict[str, Any]:
        part = {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": value}}
        return {
            "resourceType": "Observation",
            "id": id,
            "status": "final",
            "code": {"text": "bp"},
            "component": [part],
        }

    await put(database, observation("low", 100), observation("high", 150))
    await put(database, *(patient(str(rank), rank_valueDecimal=rank) for rank in (2, 3, 1)), patient("0"))
    await index(database)
    assert await found(database, "part=sys$gt120", "Observation") == ["high"]
    assert await found(database, "_sort=rank") == ["1", "2", "3", "0"]
    assert await found(database, "_sort=-rank&_count=2") == ["3", "2"]


async def test_of_every_type(database: Database) -> None:
    await put(database, patient("a"), {"resourceType": "Group", "id": "g", "type": "person", "actual": True})
    tagged = {"resourceType": "Group", "id": "h", "type": "person", "actual": True}
    await put(database, {**tagged, "extension": [{"url": f"{BASE}/mark", "valueString": "x"}]})
    await put(database, defined("mark", "token", "DomainResource"))
    assert await index(database) == 4
    assert await found(database, "mark=x", "Group") == ["h"]
    assert await found(database, "mark:missing=true") == ["a"]


async def test_one_that_is_changed_is_refused_until_it_is_indexed_again(database: Database) -> None:
    await put(database, patient("a", nation_valueCode="han", people_valueCode="hui"), defined("nation", "token"))
    await index(database)
    other = defined("nation", "token", expression=f"Patient.extension('{BASE}/people').value")
    await put(database, other)
    with pytest.raises(BadRequest, match="being indexed"):
        await found(database, "nation=hui")
    await index(database)
    assert (await found(database, "nation=han"), await found(database, "nation=hui")) == ([], ["a"])
    await put(database, {**other, "publisher": "Another one", "url": f"{BASE}/other"})
    assert await index(database) == 0
    assert (await now_known(database)).of("Patient")["nation"].definition == f"{BASE}/other"


async def test_a_deleted_one_vanishes_with_its_terms(database: Database) -> None:
    await put(database, patient("a", nation_valueCode="han"), defined("nation", "token"))
    await index(database)
    assert await found(database, "nation=han") == ["a"]
    async with opened(database) as repository:
        await repository.delete("SearchParameter", "nation")
    with pytest.raises(BadRequest, match="no search parameter nation"):
        await found(database, "nation=han")
    assert await index(database) == 1
    await indexed_as(database, SearchParameters())


async def test_in_bundles(database: Database) -> None:
    nation, clash = defined("nation", "token"), defined("gender", "token")

    def bundle(type: str, *resources: dict[str, Any]) -> dict[str, Any]:
        entries = [
            {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources
        ]
        return {"resourceType": "Bundle", "type": type, "entry": entries}

    with pytest.raises(Invalid, match=r"Bundle.entry\[1\].resource.code: gender is a search parameter of R4"):
        async with opened(database) as repository:
            await repository.transaction(bundle("transaction", nation, clash))
    again = {**nation, "id": "again", "url": f"{BASE}/again"}
    with pytest.raises(Invalid, match=r"Bundle.entry\[1\].resource.code: nation is a search parameter of Patient alr"):
        async with opened(database) as repository:
            await repository.transaction(bundle("transaction", nation, again))
    with pytest.raises(BadRequest, match="no search parameter nation"):
        await found(database, "nation=han")
    async with opened(database) as repository:
        held = [patient(id, nation_valueCode="han") for id in "ab"]
        done = await repository.batch(bundle("batch", held[0], nation, again, held[1]))
        assert [entry["response"]["status"][:3] for entry in done["entry"]] == ["201", "201", "422", "201"]
    await index(database)
    assert await found(database, "nation=han") == ["a", "b"]


async def test_in_imports(database: Database) -> None:
    nation = defined("nation", "token")
    again, wrong = {**nation, "id": "again"}, defined("gender", "token")
    async with opened(database) as repository:
        refused = await ingest(repository, [patient("a", nation_valueCode="han"), nation, again, wrong])
        assert [bool(issues) for issues in refused] == [False, False, True, True]
    await index(database)
    assert await found(database, "nation=han") == ["a"]


async def test_what_is_rolled_back_was_never_there(database: Database) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone):
        async with opened(database) as repository:
            await repository.update(defined("nation", "token"))
            await repository.update(patient("a", nation_valueCode="han"))
            raise Undone
    await put(database, patient("a", nation_valueCode="han"))
    with pytest.raises(BadRequest, match="no search parameter nation"):
        await found(database, "nation=han")
    await indexed_as(database, SearchParameters())
    assert await index(database) == 0


@pytest.mark.parametrize("way", ["create", "update", "transaction", "ingest"])
async def test_a_process_that_has_not_heard_of_it_leaves_no_write_without_its_terms(
    database: Database, way: str
) -> None:
    await put(database, patient("a"))
    before = await now_known(database)
    await put(database, defined("nation", "token"))
    await index(database)
    parameters._shared.update(dict.fromkeys(parameters._shared, before))  # what another process still goes by
    held = patient("a", nation_valueCode="han")
    async with opened(database) as repository:
        parameters._own.clear()
        if way == "create":
            await repository.create(patient("x", nation_valueCode="han"), id="b")
        elif way == "update":
            await repository.update(held)
        elif way == "transaction":
            entry = {"resource": held, "request": {"method": "PUT", "url": "Patient/a"}}
            await repository.transaction({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
        else:
            assert await ingest(repository, [held, patient("b", nation_valueCode="han")]) == [(), ()]
    assert set(await found(database, "nation=han")) >= ({"b"} if way in ("create", "ingest") else {"a"})
    await indexed_as(database, await now_known(database))


async def test_a_process_that_has_not_heard_of_it_can_ask(database: Database) -> None:
    await put(database, patient("a", nation_valueCode="han"), patient("b", nation_valueCode="hui"))
    before = await now_known(database)
    await put(database, defined("nation", "token"))
    await index(database)
    parameters._own.clear()
    parameters._shared.update(dict.fromkeys(parameters._shared, before))
    assert await found(database, "nation=han", lenient=True) == ["a"]
    ready = await now_known(database)
    await put(database, defined("nation", "token", expression="Patient.extension('urn:other').value"))
    parameters._own.clear()
    parameters._shared.update(dict.fromkeys(parameters._shared, ready))
    with pytest.raises(BadRequest, match="being indexed"):
        await found(database, "nation=han")


async def test_indexing_begins_when_nobody_writes_who_may_not_know(database: Database) -> None:
    async with opened(database) as late, opened(database) as idle:
        await late.update(patient("late", nation_valueCode="han"))
        await idle.search("Patient", "gender=male")
        await put(database, defined("nation", "token"))
        async with database.transaction() as connection:
            assert await continue_reindex(connection, now=NOW) == WAITING
        async with opened(database) as newer:
            await newer.update(patient("newer", nation_valueCode="han"))
            async with database.transaction() as connection:
                assert await continue_reindex(connection, now=NOW) == WAITING
        await late.update(patient("later", nation_valueCode="han"))
    async with opened(database) as repository:
        await repository.update(patient("last", nation_valueCode="han"))
        # Somebody who began to write after it was looked who writes is not waited for.
        assert await index(database) == 3
        with pytest.raises(FhirError):
            await repository.search("Patient", "nation:above=x")
    assert await found(database, "nation=han&_sort=_id") == ["last", "late", "later", "newer"]
    await indexed_as(database, await now_known(database))


async def test_two_that_come_at_once_clash(database: Database) -> None:
    async def define(id: str) -> str:
        try:
            await put(database, {**defined("nation", "token"), "id": id, "url": f"{BASE}/{id}"})
        except Invalid as error:
            return str(error)
        return ""

    told = await asyncio.gather(*(define(id) for id in "abcd"))
    assert sorted(map(bool, told)) == [False, True, True, True]
    assert len((await now_known(database)).definitions) == 1
