"""Idempotency keys: a request that is sent twice, by an impatient finger or a broken line, happens once."""

from datetime import datetime
from typing import Any

import psycopg

from xinglin.fhir import json
from xinglin.fhir.outcome import Conflict
from xinglin.platform.i18n import gettext as _
from xinglin.store.concealing import concealed, opened, vault_of
from xinglin.store.sql import load_queries

_QUERIES = load_queries("xinglin.platform")


async def claim(
    connection: psycopg.AsyncConnection[Any], account: str, key: str, digest: str, now: datetime
) -> bytes | None:
    """Claims `key` of `account` for a request whose content has `digest`.

    Returns: None when the key is new, else the JSON that was kept for it. A concurrent request with the same key
    waits here until the first one has ended.

    Raises:
        Conflict: the key was used for a different request.
    """
    values = {"account": account, "key": key, "digest": digest, "now": now}
    cursor = await connection.execute(_QUERIES.claim_key, values)
    if await cursor.fetchone() is not None:
        return None
    cursor = await connection.execute(_QUERIES.read_key, values)
    row = await cursor.fetchone()
    if row is None or row[0] != digest:
        raise Conflict(_("This idempotency key was used for a different request; send a new key"), code="conflict")
    return opened(vault_of(connection), str(row[1]).encode())


async def keep(connection: psycopg.AsyncConnection[Any], account: str, key: str, result: bytes) -> None:
    """Keeps what the request gave, in the transaction that did it."""
    if vault := vault_of(connection):
        result = json.dumps(concealed(vault, json.loads(result), "resource"))
    await connection.execute(_QUERIES.keep_result, {"account": account, "key": key, "result": result.decode()})


async def holds(connection: psycopg.AsyncConnection[Any], key: str) -> bool:
    """Whether anything that is kept has values that a data key encrypted."""
    sealed = f'%"\\\\u0001{key}.%'
    row = await (await connection.execute(_QUERIES.sealed_results, {"sealed": sealed})).fetchone()
    return bool(row and row[0])


async def forget(connection: psycopg.AsyncConnection[Any], before: datetime) -> int:
    """Deletes keys that are older than `before`; returns how many."""
    cursor = await connection.execute(_QUERIES.forget_keys, {"before": before})
    return cursor.rowcount
