"""Databases in which values are encrypted, and the search for what should not be readable in them."""

import base64
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from xinglin.platform.crypto.vault import Vault
from xinglin.platform.database import Database
from xinglin.platform.settings import Settings
from xinglin.store.repository import Repository

NATIONAL = "urn:oid:2.16.156.10011.1.3"
PASSPORT = "http://hl7.org/fhir/sid/passport-CHN"
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
MASTER = base64.b64encode(bytes(range(32))).decode()


def settings(conninfo: str, **more: Any) -> Settings:
    """Settings by which identity numbers, passports and telephone numbers are encrypted."""
    systems = f"{NATIONAL}, {PASSPORT}, phone"
    return Settings(**{"database_url": conninfo, "secret_key": MASTER, "encrypted_identifiers": systems, **more})


@asynccontextmanager
async def opened(chosen: Settings, *, size: int = 8) -> AsyncIterator[Database]:
    """The database that settings name, with its keys."""
    assert chosen.database_url is not None
    database = Database(chosen.database_url, min_size=1, max_size=size, application="tests", vault=Vault(chosen))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def readable(conninfo: str, texts: Iterable[str]) -> set[tuple[str, str]]:
    """(table, text) of those of the texts that some row of some table holds in clear."""
    found = set[tuple[str, str]]()
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        tables = await connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in await tables.fetchall():
            for text in texts:
                query = SQL("SELECT EXISTS (SELECT FROM {} AS t WHERE strpos(t::text, %s) > 0)")
                rows = await connection.execute(query.format(Identifier(schema, table)), (text,))
                if (await rows.fetchone()) == (True,):
                    found.add((table, text))
    return found


def number(position: int) -> str:
    """An identity number."""
    return f"1101051949{position:08d}"


async def fill(database: Database, size: int) -> None:
    """Patients with an identity number each, every third with a version before."""
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        for position in range(size):
            person = {"resourceType": "Patient", "id": f"p{position}"}
            person["identifier"] = [{"system": NATIONAL, "value": number(position)}]
            await repository.update(person)
            if not position % 3:
                await repository.update({**person, "gender": "female"})
        holder = {"resourceType": "Observation", "id": "holder", "status": "final", "code": {"text": "x"}}
        await repository.update({**holder, "subject": {"reference": "#p"}, "contained": [{**person, "id": "p"}]})


async def found(database: Database, position: int) -> list[str]:
    """The ids of those whom a search finds by an identity number, and who have it."""
    async with database.transaction() as connection:
        page = await Repository(connection, now=NOW).search("Patient", f"identifier={NATIONAL}|{number(position)}")
        return [each["id"] for each in page.resources if each["identifier"][0]["value"] == number(position)]
