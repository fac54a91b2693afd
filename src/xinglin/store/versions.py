"""Versions of one resource: reading them, and the errors where there is none."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.store.access import Condition
from xinglin.store.cursors import execute, of_type, queries


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource; `content` is its JSON text, or None for a deletion."""

    version: int
    updated: datetime
    deleted: bool
    content: bytes | None

    @property
    def resource(self) -> Resource | None:
        """The resource as it was in this version; None where it was deleted."""
        return None if self.content is None else json.loads(self.content)


ALL = Condition()
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


async def find(
    connection: AsyncConnection[Any], type: str, id: str, *, lock: bool = False, visible: Condition = ALL
) -> Version | None:
    """The current version, be it a tombstone, or None; with `lock`, no one else can change it until the commit.

    What is not `visible` is not there, and was never.
    """
    if not _ID.fullmatch(id) or type not in resource_types():
        return None
    query = queries.read_locked if lock else queries.read
    row = await (
        await execute(connection, of_type(query, type, visible.sql), {"id": id, **visible.parameters})
    ).fetchone()
    return None if row is None else Version(*row)


async def current(
    connection: AsyncConnection[Any], type: str, id: str, *, lock: bool = False, visible: Condition = ALL
) -> Version:
    """The current version. Raises `NotFound`, or `Gone` where it was deleted."""
    found = await find(connection, type, id, lock=lock, visible=visible)
    if found is None:
        raise NotFound(f"There is no {type}/{id}")
    if found.deleted:
        raise Gone(f"{type}/{id} was deleted in version {found.version}")
    return found


async def single(
    connection: AsyncConnection[Any], type: str, id: str, version: int, *, visible: Condition = ALL
) -> Version:
    """One version of what is now visible. Raises `NotFound`, or `Gone` where this version is the deletion."""
    wanted = {"type": type, "id": id, "version": version, **visible.parameters}
    query = queries.vread.format(now=_now(visible))
    row = await (await execute(connection, query, wanted)).fetchone() if _ID.fullmatch(id) else None
    if row is None:
        raise NotFound(f"There is no version {version} of {type}/{id}")
    found = Version(*row)
    if found.deleted:
        raise Gone(f"{type}/{id} was deleted in version {version}")
    return found


async def every(connection: AsyncConnection[Any], type: str, id: str, *, visible: Condition = ALL) -> list[Version]:
    """All versions of what is now visible, newest first. Raises `NotFound` where there was never one."""
    wanted = {"type": type, "id": id, **visible.parameters}
    query = queries.history.format(now=_now(visible))
    rows = await (await execute(connection, query, wanted)).fetchall() if _ID.fullmatch(id) else []
    if not rows:
        raise NotFound(f"There is no {type}/{id}")
    return [Version(*row) for row in rows]


def _now(visible: Condition) -> str:
    """Whoever may see a resource as it is now may see what it was, and nobody else."""
    return f"\n{queries.visible_now.format(visible=visible.sql)}" if visible.sql else ""
