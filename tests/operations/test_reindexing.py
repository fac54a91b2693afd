"""A database of an earlier version is indexed anew before anybody searches it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg

from tests.postgres import Databases
from xinglin.operations.reindexing import finish_reindex
from xinglin.platform import background
from xinglin.platform.database import Database
from xinglin.platform.migrations import migrate, migrations_of
from xinglin.store.reindexing import reindex_status, start_reindex
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
PATIENT = '{"resourceType":"Patient","id":"p","name":[{"family":"张"}],"birthDate":"2000-01-01"}'
OBSERVATION = (
    '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},'
    '"subject":{"reference":"Patient/p"},"valueQuantity":{"value":5.4}}'
)

CONTAINING = (
    '{"resourceType":"Observation","id":"c","status":"final","code":{"text":"x"},"subject":{"reference":"#p"},'
    '"contained":[{"resourceType":"Patient","id":"p","name":[{"family":"张"}]}]}'
)


async def test_what_an_earlier_version_stored_is_found(empty_databases: Databases) -> None:
    conninfo = empty_databases.create()
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        for step in migrations_of("xinglin.store"):
            if step.name.endswith("_search.sql"):  # what was there before this step has none of its terms
                insert = "INSERT INTO resource (type, id, version, updated, content) VALUES (%s, %s, 1, now(), %s)"
                await connection.execute(insert, ("Patient", "p", PATIENT))
                await connection.execute(insert, ("Observation", "o", OBSERVATION))
            await connection.execute(step.text)
    database = Database(conninfo, min_size=1, max_size=2)
    await database.open()
    try:
        told: list[str] = []
        assert await finish_reindex(database, lambda: NOW, ZONE, told.append) == 2
        assert told == []  # too few to be worth a word
        assert await finish_reindex(database, lambda: NOW, ZONE) == 0
        async with database.transaction() as connection:
            repository = Repository(connection, now=NOW, zone=ZONE)
            for type, query in (
                ("Patient", "name=zs,zhang&birthdate=2000-01-01"),
                ("Observation", "patient=p&value-quantity=5.4"),
                ("Observation", "subject.name=张"),
                ("Patient", "_has:Observation:patient:status=final"),
            ):
                assert len((await repository.search(type, query)).resources) == 1, query
            (run,) = await reindex_status(connection)
            assert (run.done, run.finished) == (2, NOW)
    finally:
        await database.close()


async def test_whoever_asked_for_it_is_told(database: Database) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW, zone=ZONE)
        for number in range(3):
            await repository.create({"resourceType": "Patient"}, id=f"told-{number}")
        run = await start_reindex(connection, now=NOW, type="Patient")
        task = await background.create(repository, background.REINDEX, {background.RUN: str(run)})
    await finish_reindex(database, lambda: NOW, ZONE)
    async with database.transaction() as connection:
        found = await Repository(connection, now=NOW, zone=ZONE).read("Task", task["id"])
    assert found["status"] == "completed"
    assert background.progress(found) == background.Progress(3, 3)


async def test_what_was_contained_before_the_migration_is_found(empty_databases: Databases) -> None:
    conninfo = empty_databases.create()
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        for step in migrations_of("xinglin.store"):
            if step.name.endswith("_contained.sql"):
                insert = (
                    "INSERT INTO resource (type, id, version, updated, content, name) VALUES (%s, %s, 1, now(), %s, 1)"
                )
                await connection.execute(insert, ("Observation", "c", CONTAINING))
            await connection.execute(step.text)
    database = Database(conninfo, min_size=1, max_size=2)
    await database.open()
    try:
        assert await finish_reindex(database, lambda: NOW, ZONE) == 1
        async with database.transaction() as connection:
            page = await Repository(connection, now=NOW, zone=ZONE).search("Patient", "name=zhang&_contained=true")
            assert [found.name for found in page.matches] == ["Observation/c"]
    finally:
        await database.close()


async def test_a_new_database_has_nothing_to_index(empty_databases: Databases) -> None:
    async with await psycopg.AsyncConnection.connect(empty_databases.create()) as connection:
        await migrate(connection)
        assert await reindex_status(connection) == []
