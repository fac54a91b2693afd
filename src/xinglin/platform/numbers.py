"""Running numbers: record, prescription, invoice and queue numbers, without gaps by a crash and never twice."""

from typing import Any

import psycopg

from xinglin.store.sql import load_queries

_QUERIES = load_queries("xinglin.platform")


async def next_number(connection: psycopg.AsyncConnection[Any], series: str) -> int:
    """The next number of `series`, from 1 on; rolls back with the caller's transaction.

    The series' row stays locked until the transaction ends, so concurrent callers get their numbers one by one.
    """
    cursor = await connection.execute(_QUERIES.next_number, {"series": series})
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])
