"""Cursors of psycopg that hand out JSON columns as they are stored, so that a read costs no second parsing."""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from xinglin.store.sql import load_queries

queries = load_queries("xinglin.store")
"""The SQL of the store."""


class _JsonBytes(Loader):
    def load(self, data: Buffer) -> bytes:
        return bytes(data)


async def execute(
    connection: AsyncConnection[Any], query: str, parameters: Mapping[str, Any], *, prepare: bool | None = True
) -> AsyncCursor[tuple[Any, ...]]:
    """Runs a query; columns of type json come as bytes.

    Statements are prepared on their first use, except where the best plan depends on the values (`prepare=False`).
    """
    cursor = connection.cursor()
    cursor.adapters.register_loader("json", _JsonBytes)
    return await cursor.execute(query.encode(), parameters, prepare=prepare)
