"""Cursors of psycopg that hand out JSON columns as they are stored, so that a read costs no second parsing."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, AsyncServerCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from xinglin.fhir.definitions import resource_types
from xinglin.store.concealing import IN_JSON, opened, vault_of
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.store")
"""The SQL of the store."""


class _JsonBytes(Loader):
    def load(self, data: Buffer) -> bytes:
        content = bytes(data)
        return opened(vault_of(self.connection), content) if IN_JSON in content else content


def register(cursor: AsyncCursor[Any] | AsyncServerCursor[Any]) -> None:
    """Lets a cursor hand out columns of type json as bytes."""
    cursor.adapters.register_loader("json", _JsonBytes)


def database_of(connection: AsyncConnection[Any]) -> tuple[str, int, str]:
    """Which database a connection goes to: what a process remembers of one is kept under it."""
    return connection.info.host, connection.info.port, connection.info.dbname


@lru_cache(maxsize=1024)
def of_type(query: str, type: str, visible: str = "") -> str:
    """The query for resources of one type, named in its text, with the condition on what is visible.

    Raises ValueError for what R4 doesn't have.
    """
    if type not in resource_types():
        raise ValueError(f"{type} is not a resource type of FHIR R4")
    return query.format(type=f"'{type}'", visible=visible)


async def execute(
    connection: AsyncConnection[Any], query: str, parameters: Mapping[str, Any], *, prepare: bool | None = True
) -> AsyncCursor[tuple[Any, ...]]:
    """Runs a query; columns of type json come as bytes.

    Statements are prepared on their first use, except where the best plan depends on the values (`prepare=False`).
    """
    cursor = connection.cursor()
    register(cursor)
    return await cursor.execute(query.encode(), parameters, prepare=prepare)
