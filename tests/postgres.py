"""Fixtures on a real PostgreSQL: one server for the whole run, and a fresh, migrated database for each test module."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from xinglin.platform.database import Database
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres

_numbers = itertools.count(1)


def administer(conninfo: str, statement: str, *names: str) -> None:
    """Executes a statement that no transaction may hold, such as CREATE DATABASE; `names` fill its `{}`."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(SQL(statement).format(*map(Identifier, names)))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Conninfo of a database from which others can be created.

    `XINGLIN_TEST_DATABASE_URL` points the tests at another server; its role must be allowed to create databases.
    """
    given = os.environ.get("XINGLIN_TEST_DATABASE_URL")
    if given:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="xinglin-test-"))
    home.chmod(0o711)  # the server may run as another user
    try:
        with EmbeddedPostgres(home, durable=False) as server:
            yield server.conninfo
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def empty_databases(postgres: str) -> Iterator["Databases"]:
    """Makes databases on the server and removes them at the end."""
    databases = Databases(postgres)
    yield databases
    databases.drop_all()


class Databases:
    """Databases made for the tests."""

    def __init__(self, postgres: str) -> None:
        self.postgres = postgres
        self.made: list[str] = []

    def create(self, template: str = "template0") -> str:
        """Makes a database from a template and returns its conninfo."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        administer(self.postgres, "CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'", name, template)
        self.made.append(name)
        return make_conninfo(self.postgres, dbname=name)

    def drop_all(self) -> None:
        """Removes them all, with whoever is still connected."""
        for name in self.made:
            administer(self.postgres, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
async def migrated_template(empty_databases: Databases) -> str:
    """Name of a migrated database that others are cloned from, which is far quicker than migrating each."""
    conninfo = empty_databases.create()
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    return empty_databases.made[-1]


@pytest.fixture(scope="module")
async def database(empty_databases: Databases, migrated_template: str) -> AsyncIterator[Database]:
    """An open, migrated database of this test module alone."""
    opened = Database(empty_databases.create(migrated_template), min_size=1, max_size=16, application="tests")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection whose transaction is undone after the test."""
    async with database.session() as opened:
        await opened.set_autocommit(False)
        try:
            yield opened
        finally:
            await opened.rollback()
