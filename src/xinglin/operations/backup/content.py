"""What a database holds, table by table, as one number for each: equal where the rows are."""

import hashlib
from typing import Any

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from xinglin.operations.backup.manifest import Manifest, Table
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.operations")
Connection = psycopg.AsyncConnection[Any]


async def connect(conninfo: str) -> Connection:
    """A connection for a long look at one moment. It is in no transaction yet."""
    connection = await psycopg.AsyncConnection.connect(conninfo, application_name="xinglin-backup")
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    return connection


async def tables_of(connection: Connection) -> dict[str, Table]:
    """Rows and hash of every table that is not PostgreSQL's own, as the transaction sees them."""
    await connection.execute(queries.plain_texts)
    found = {}
    for schema, name in await (await connection.execute(queries.tables)).fetchall():
        query = SQL(queries.content_of_table).format(Identifier(schema), Identifier(name))
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        found[f"{schema}.{name}"] = Table(row[0], hashlib.sha256("|".join(map(str, row)).encode()).hexdigest())
    return found


async def sequences_of(connection: Connection) -> dict[str, int]:
    """The last number that each sequence gave. No transaction holds them still, so they may be ahead of its tables."""
    return {name: value async for name, value in await connection.execute(queries.sequences)}


def differences(manifest: Manifest, tables: dict[str, Table], sequences: dict[str, int]) -> list[str]:
    """Where a database is not what a manifest says, a line for each. Sequences may be ahead, never behind."""
    said = []
    for name in sorted(manifest.tables.keys() | tables.keys()):
        wanted, there = manifest.tables.get(name), tables.get(name)
        if wanted is None or there is None:
            said.append(f"table {name} {'is missing' if there is None else 'does not belong here'}")
        elif wanted.rows != there.rows:
            said.append(f"table {name} has {there.rows} rows, not {wanted.rows}")
        elif wanted.digest != there.digest:
            said.append(f"table {name} has other content")
    behind = (name for name, value in manifest.sequences.items() if sequences.get(name, 0) < value)
    return said + [f"sequence {name} is behind" for name in sorted(behind)]


def without_secret(conninfo: str) -> tuple[str, dict[str, str]]:
    """A conninfo for the command line of a program, where everybody sees it, and the password for its environment."""
    held = conninfo_to_dict(conninfo)
    password = held.pop("password", None)
    return make_conninfo("", **held), {"PGPASSWORD": str(password)} if password else {}
