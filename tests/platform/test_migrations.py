"""Migrations, on real databases."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.catalogue import catalogue
from tests.postgres import Databases
from xinglin.platform import migrations
from xinglin.platform.migrations import (
    JOBS,
    OWNERS,
    MigrationError,
    migrate,
    migrations_of,
    pending_migrations,
    schema_of,
)

Package = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Writes a package `sample` with the migrations given as file=text; called again, it replaces them."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "sample" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "sample" / "__init__.py").touch()

    def write(**files: str) -> str:
        for old in folder.iterdir():
            old.unlink()
        for name, text in files.items():
            (folder / f"{name.removeprefix('m')}.sql").write_text(text)
        return "sample"

    yield write
    sys.modules.pop("sample", None)


async def connect(databases: Databases) -> psycopg.AsyncConnection[tuple[object, ...]]:
    return await psycopg.AsyncConnection.connect(databases.create(), autocommit=True)


async def test_schema_equals_the_sum_of_migrations(empty_databases: Databases) -> None:
    async with await connect(empty_databases) as migrated, await connect(empty_databases) as whole:
        applied = await migrate(migrated)
        assert {owner for owner, _ in applied} >= {"xinglin.ledger", "xinglin.platform", JOBS}
        await migrate(whole, owners=())  # the migrations' own table, and procrastinate
        for owner in OWNERS:
            await whole.execute(schema_of(owner))
        assert await catalogue(whole) == await catalogue(migrated)
        assert len(await catalogue(migrated)) > 100


async def test_catalogue_sees_a_difference(empty_databases: Databases) -> None:
    """The comparison above can fail: each of these changes makes a difference."""
    async with await connect(empty_databases) as connection:
        await migrate(connection, owners=("xinglin.ledger",))
        before = await catalogue(connection)
        for change in (
            "ALTER TABLE ledger_entry ALTER memo DROP DEFAULT",
            "ALTER TABLE ledger_entry ALTER memo TYPE varchar",
            "ALTER TABLE ledger_account DROP CONSTRAINT ledger_floor",
            "DROP TRIGGER append_only ON ledger_entry",
            "DROP INDEX ledger_entry_reference",
            "ALTER SEQUENCE ledger_posting_id OWNED BY NONE",
            "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "COMMENT ON TABLE ledger_entry IS 'x'",
        ):
            async with connection.transaction(force_rollback=True):
                await connection.execute(change)
                assert await catalogue(connection) != before, change


async def test_second_run_does_nothing(empty_databases: Databases) -> None:
    async with await connect(empty_databases) as connection:
        assert await pending_migrations(connection) != []
        first = await migrate(connection)
        assert first
        assert await migrate(connection) == []
        assert await pending_migrations(connection) == []


async def test_leaves_the_connection_as_it_was(empty_databases: Databases) -> None:
    conninfo = empty_databases.create()
    async with await psycopg.AsyncConnection.connect(conninfo, options="-c statement_timeout=7s") as connection:
        await migrate(connection, [])
        assert not connection.autocommit
        assert await (await connection.execute("SHOW statement_timeout")).fetchone() == ("7s",)
        with pytest.raises(MigrationError, match="in a transaction"):
            await migrate(connection, [])


async def test_new_steps_follow_old_ones(empty_databases: Databases, package: Package) -> None:
    async with await connect(empty_databases) as connection:
        owner = package(m0001_a="CREATE TABLE a (x int);")
        await migrate(connection, [owner])
        package(m0001_a="CREATE TABLE a (x int);", m0002_b="INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);")
        assert await migrate(connection, [owner]) == [("sample", "0002_b.sql")]
        rows = await (await connection.execute("SELECT count(*) FROM a")).fetchone()
        assert rows == (2,)


async def test_a_changed_step_is_refused(empty_databases: Databases, package: Package) -> None:
    async with await connect(empty_databases) as connection:
        owner = package(m0001_a="CREATE TABLE a (x int);")
        await migrate(connection, [owner])
        package(m0001_a="CREATE TABLE a (x bigint);", m0002_b="CREATE TABLE b ();")
        with pytest.raises(MigrationError, match=r"0001_a.sql was changed after"):
            await migrate(connection, [owner])
        rows = await (await connection.execute("SELECT to_regclass('b')")).fetchone()
        assert rows == (None,)


async def test_a_newer_database_is_refused(empty_databases: Databases, package: Package) -> None:
    async with await connect(empty_databases) as connection:
        owner = package(m0001_a="CREATE TABLE a ();", m0002_b="CREATE TABLE b ();")
        await migrate(connection, [owner])
        package(m0001_a="CREATE TABLE a ();")
        with pytest.raises(MigrationError, match=r"newer than this code: sample has 0002_b.sql"):
            await migrate(connection, [owner])
        with pytest.raises(MigrationError, match="newer than this code: it has tables of sample"):
            await migrate(connection, [])


async def test_a_failing_step_leaves_nothing_of_itself(empty_databases: Databases, package: Package) -> None:
    async with await connect(empty_databases) as connection:
        owner = package(m0001_a="CREATE TABLE a ();", m0002_b="CREATE TABLE b (); SELECT 1/0;")
        with pytest.raises(MigrationError, match=r"sample/migrations/0002_b.sql failed: division by zero"):
            await migrate(connection, [owner])
        rows = await (await connection.execute("SELECT to_regclass('a')::text, to_regclass('b')::text")).fetchone()
        assert rows == ("a", None)
        package(m0001_a="CREATE TABLE a ();", m0002_b="CREATE TABLE b ();")
        assert await migrate(connection, [owner]) == [("sample", "0002_b.sql"), (JOBS, "schema.sql")]


@pytest.mark.parametrize(
    "files", [{"m0002_a": ""}, {"m0001_a": "", "m0003_b": ""}, {"m1_a": ""}, {"m0001_a": "", "m0001_b": ""}]
)
def test_numbers_have_no_gaps(package: Package, files: dict[str, str]) -> None:
    with pytest.raises(MigrationError, match=r"expected 000\d_some_name.sql"):
        migrations_of(package(**files))


async def test_migrators_at_once_wait_for_each_other(empty_databases: Databases, package: Package) -> None:
    conninfo = empty_databases.create()
    owner = package(m0001_a="SELECT pg_sleep(0.2); CREATE TABLE a ();")

    async def client() -> int:
        async with await psycopg.AsyncConnection.connect(conninfo, options="-c statement_timeout=50") as connection:
            return len(await migrate(connection, [owner]))

    assert sorted(await asyncio.gather(*(client() for _ in range(4)))) == [0, 0, 0, 2]


async def test_newer_procrastinate_is_upgraded(
    empty_databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with await connect(empty_databases) as connection:
        await migrate(connection, [])
        (tmp_path / "99.00.00_01_new.sql").write_text("CREATE TABLE procrastinate_new ();")
        known = migrations._files

        def with_new(folder: migrations.Traversable) -> list[migrations.Traversable]:
            extra = [tmp_path / "99.00.00_01_new.sql"] if "procrastinate" in str(folder) else []
            return [*known(folder), *extra]

        monkeypatch.setattr(migrations, "_files", with_new)
        assert await migrate(connection, []) == [(JOBS, "99.00.00_01_new.sql")]
        assert await migrate(connection, []) == []
