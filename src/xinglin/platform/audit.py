"""The record of who did what; it only grows, which the database enforces."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import psycopg

from xinglin.platform.identity import Actor
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.platform")
Outcome = Literal["success", "refused", "failed"]
"""As FHIR R4 AuditEvent.outcome: 0 (success), 4 (refused), 8 (failed)."""


async def record(
    connection: psycopg.AsyncConnection[Any],
    *,
    actor: Actor | None,
    action: str,
    command: str,
    entities: Sequence[str],
    outcome: Outcome,
    at: datetime,
    client: str | None = None,
    detail: str | None = None,
) -> int:
    """Writes one row, in the transaction of what it tells about, and returns its number.

    `actor`: None for somebody unknown. `action`: its kind (`command`, `event`, `sign-in`, ...). `command`: what was
    done by name. `entities`: references of the resources it was about, patients among them. `client`: the network
    address. `detail`: a short word on the outcome, without data of patients.
    """
    values = {
        "at": at,
        "account": actor.account_id if actor else None,
        "name": actor.name if actor else "",
        "roles": list(actor.roles) if actor else [],
        "action": action,
        "command": command,
        "entities": list(entities),
        "outcome": outcome,
        "client": client,
        "detail": detail,
    }
    row = await (await connection.execute(queries.record_audit, values)).fetchone()
    assert row is not None
    return int(row[0])
