"""The connection pool of one process, and the transaction that every command runs in."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

OLDEST = 150000
_PATIENCE = 1.0
"""Seconds that a reader waits for the replica."""
_PEACE = 10.0
"""Seconds for which a replica that did not answer is not asked again."""
_log = logging.getLogger(__name__)
_FRESH = 1.0
"""Seconds after its last use during which a connection is taken for alive without asking it."""


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what would be accepted."""


class Keys(Protocol):
    """Keys that come with connections, for what lies encrypted in the database."""

    def old(self, *, reading: bool) -> bool:
        """Whether it is time to ask the database again which keys there are."""

    async def prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Makes the first key where it is wanted; the connection is in autocommit."""

    async def refresh(self, connection: psycopg.AsyncConnection[Any], *, reading: bool = False) -> None:
        """Asks the database which keys there are; one that is only read may be behind, and adds keys only."""


class Connection(psycopg.AsyncConnection[Any]):
    """A pooled connection that remembers when it was last used, and brings keys along."""

    used = 0.0
    vault: Keys | None = None


class Database:
    """A pool of connections to one PostgreSQL, 15 or newer.

    `application` appears in the server's activity list. `statement_timeout` ends a statement that runs away. Time is
    UTC on every connection; a zone belongs to what people see. `replica` is the conninfo of a replica, which `reading`
    prefers as long as it answers. `vault` has the keys of what is encrypted; what is read without it is refused.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        min_size: int = 2,
        max_size: int = 16,
        application: str = "xinglin",
        statement_timeout: timedelta = timedelta(seconds=60),
        replica: str | None = None,
        vault: Keys | None = None,
    ) -> None:
        self.conninfo = conninfo
        self._vault = vault
        self._arguments = {**connection_arguments(conninfo, application, statement_timeout), "autocommit": True}
        size = {"min_size": min(min_size, max_size), "max_size": max_size}
        self._pool = _pool(conninfo, application, self._arguments, vault, **size)
        read_only = {**self._arguments}
        read_only["options"] += " -c default_transaction_read_only=on"
        self._readers = _pool(conninfo, f"{application}-reading", read_only, vault, min_size=1, max_size=max_size)
        self._replica = None
        if replica:
            other = connection_arguments(replica, application, statement_timeout)
            other |= {"autocommit": True}
            self._replica = Replica(_pool(replica, f"{application}-replica", other, vault, **size))

    async def open(self) -> None:
        """Opens the pools. Raises `DatabaseError` where the server is unreachable, too old or not in UTF-8."""
        await check_server(self.conninfo)
        await self._pool.open()
        if self._vault is not None:
            async with self.statement() as connection:
                await self._vault.prepare(connection)
        await self._readers.open()
        if self._replica:
            await self._replica.open()

    async def close(self) -> None:
        """Closes all connections; those in use when they come back."""
        if self._replica:
            await self._replica.close()
        await self._readers.close()
        await self._pool.close()

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[Connection]:
        """A connection for one statement that is a transaction of its own: it commits by itself.

        Raises `DatabaseError` when every connection stays busy.
        """
        connection = await _taken(self._pool)
        try:
            await _known(connection)
            yield connection
        finally:
            await self._pool.putconn(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection that can only read: each statement by itself, without the cost of a transaction around it.

        PostgreSQL refuses every write on it. It is one to the replica, where there is one and it answers. Raises
        `DatabaseError` when every connection stays busy.
        """
        connection = await self._replica.taken() if self._replica else None
        if connection is not None and self._replica is not None:
            pool = self._replica.pool
        else:
            pool = self._readers
            connection = await _taken(pool)
        try:
            await _known(connection, reading=True)
            yield connection
        finally:
            await pool.putconn(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction of its own: committed when the block ends, undone when it raises.

        Raises `DatabaseError` when every connection stays busy, and when the block hid the failure of a statement:
        PostgreSQL would answer such a commit with a silent rollback.
        """
        connection = await _taken(self._pool)
        try:
            await _known(connection)
            async with connection.transaction():
                yield connection
                if connection.info.transaction_status == TransactionStatus.INERROR:
                    raise DatabaseError("A statement of this transaction failed, so it cannot be committed.")
        finally:
            await self._pool.putconn(connection)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """A connection of its own outside the pool, in autocommit: to LISTEN, or for work without a time limit."""
        connection = await Connection.connect(
            self.conninfo, **{**self._arguments, "options": _options(self.conninfo, timedelta(0))}
        )
        async with connection:
            await _configure(connection, vault=self._vault)
            await _known(connection)
            yield connection

    def statistics(self) -> dict[str, int]:
        """Counters of the pool, by the names that psycopg_pool gives them."""
        return self._pool.get_stats()


class Replica:
    """Connections to a replica. One that does not answer is left in peace for some seconds: the primary can do all."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self.pool = pool
        self._missing_until = 0.0

    async def open(self) -> None:
        """Begins to connect; the replica need not be there."""
        await self.pool.open()

    async def close(self) -> None:
        """Closes all connections."""
        await self.pool.close()

    async def taken(self) -> Connection | None:
        """A connection, or None where the replica does not give one soon."""
        if time.monotonic() < self._missing_until:
            return None
        try:
            return await self.pool.getconn(timeout=_PATIENCE)
        except PoolTimeout:
            self._missing_until = time.monotonic() + _PEACE
            _log.warning("The replica of the database does not answer; reading from the primary for %s s", _PEACE)
            return None


def _pool(
    conninfo: str, name: str, arguments: dict[str, Any], vault: Keys | None, *, min_size: int, max_size: int
) -> AsyncConnectionPool[Connection]:
    return AsyncConnectionPool(
        conninfo,
        kwargs=arguments,
        connection_class=Connection,
        min_size=min_size,
        max_size=max_size,
        configure=partial(_configure, vault=vault),
        check=_check,
        reset=_reset,
        open=False,
        name=name,
    )


async def _taken(pool: AsyncConnectionPool[Connection]) -> Connection:
    try:
        return await pool.getconn()
    except PoolTimeout as error:
        raise DatabaseError(f"No connection to the database became free: {error}") from error


async def check_server(conninfo: str) -> int:
    """The server's version as a number (150003 for 15.3). Raises `DatabaseError` as `Database.open` does."""
    try:
        async with await psycopg.AsyncConnection.connect(conninfo, connect_timeout=10) as connection:
            version = connection.info.server_version
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.OperationalError as error:
        raise DatabaseError(f"The database cannot be reached: {str(error).strip()}") from error
    if version < OLDEST:
        raise DatabaseError(f"Xinglin needs PostgreSQL 15 or newer; this server is {version // 10000}.")
    if encoding != "UTF8":
        raise DatabaseError(f"The database must be in UTF8, but is in {encoding}: createdb --encoding UTF8 ...")
    return version


def connection_arguments(conninfo: str, application: str, statement_timeout: timedelta) -> dict[str, Any]:
    """Arguments of `connect` that every connection of ours has."""
    return {"application_name": application, "options": _options(conninfo, statement_timeout), "connect_timeout": 10}


def _options(conninfo: str, statement_timeout: timedelta) -> str:
    """Settings sent with the connection itself, which costs no round trip; those of the conninfo go last and win."""
    given = conninfo_to_dict(conninfo).get("options") or ""
    milliseconds = int(statement_timeout / timedelta(milliseconds=1))
    return f"-c timezone=UTC -c statement_timeout={milliseconds} {given}".strip()


async def _configure(connection: Connection, *, vault: Keys | None) -> None:
    connection.vault = vault
    set_json_dumps(orjson.dumps, connection)
    set_json_loads(orjson.loads, connection)


async def _known(connection: Connection, *, reading: bool = False) -> None:
    """Lets a process learn of keys that others have made, before the connection's transaction begins."""
    vault = connection.vault
    if vault is not None and vault.old(reading=reading):
        await vault.refresh(connection, reading=reading)


async def _check(connection: Connection) -> None:
    """Asks a connection that lay idle whether it still lives, so that a restarted database costs nobody an error."""
    if time.monotonic() - connection.used > _FRESH:
        await AsyncConnectionPool.check_connection(connection)


async def _reset(connection: Connection) -> None:
    connection.used = time.monotonic()
