"""Writes of single resources: create, update and delete, safe among concurrent writers."""

from datetime import datetime, tzinfo
from typing import Any

from psycopg import AsyncConnection
from uuid_utils.compat import uuid7

from xinglin.fhir.outcome import Conflict, Gone, Invalid, NotFound, PreconditionFailed
from xinglin.fhir.search import SearchParameters
from xinglin.fhir.types import Resource
from xinglin.fhir.validation import ensure_valid
from xinglin.store import profiles
from xinglin.store.bindings import Members
from xinglin.store.bulk import copy_contained, replace_contained
from xinglin.store.cursors import execute, of_type, queries
from xinglin.store.defining import TYPE, define, ensure_usable, settle
from xinglin.store.parameters import in_force
from xinglin.store.profiles import ensure_conforming
from xinglin.store.rows import Row, stamped, tombstone
from xinglin.store.versions import Version, find

Connection = AsyncConnection[Any]


def new_id() -> str:
    """A new resource id: a UUID of version 7, which grows with time and so keeps indexes compact."""
    return str(uuid7())


async def insert(connection: Connection, row: Row) -> str | None:
    """Writes a new resource, and gives the version of the search parameters that were in force; None where its type
    and id are taken, also by a tombstone."""
    found = await (await execute(connection, queries.create, row.parameters())).fetchone()
    if found is None:
        return None
    key, version = found
    await copy_contained(connection, [(key, row)])
    return str(version)


async def create(
    connection: Connection, resource: Resource, id: str | None, now: datetime, zone: tzinfo, members: Members | None
) -> Resource:
    """Validates and writes a new resource; `members` decides the bindings of its profiles.

    Raises `Invalid`, or `Conflict` where a given id is taken.
    """
    ensure_valid(resource if id is None else {**resource, "id": id})
    ensure_usable(resource)
    known = await in_force(connection)
    await ensure_conforming(connection, [resource], known.version, members)
    row = stamped(resource, id or new_id(), 1, now, zone, known)
    version = await insert(connection, row)
    if version is None:
        raise Conflict(f"{row.type}/{row.id} exists already, or existed; update it instead", code="duplicate")
    await _end(connection, row, known, now, zone, version, members)
    return row.resource


async def _end(
    connection: Connection,
    row: Row,
    known: SearchParameters,
    now: datetime,
    zone: tzinfo,
    version: str,
    members: Members | None,
) -> None:
    """Ends a write during which the definitions of this version were in force, and `known` to the writer."""
    if version != known.version:
        await settle(connection, [row], known.version, zone, members, version)
    if row.type == TYPE:
        await define(connection, row.id, row.resource, now)
    elif row.type == profiles.TYPE:
        await profiles.changed(connection)


async def update(
    connection: Connection,
    resource: Resource,
    if_match: int | None,
    now: datetime,
    zone: tzinfo,
    members: Members | None,
    locked: Version | None = None,
) -> tuple[Resource, bool]:
    """Validates and writes a new version, or the first one of a new id; tells whether it is new.

    `locked` is the current version where the caller has locked it in this transaction.

    Raises `Invalid`; `PreconditionFailed` where `if_match` is not the current version.
    """
    ensure_valid(resource)
    ensure_usable(resource)
    type, id = resource["resourceType"], resource.get("id")
    if not id:
        raise Invalid("An update needs the id of the resource", expression=f"{type}.id", code="required")
    known = await in_force(connection)
    await ensure_conforming(connection, [resource], known.version, members)
    found = locked or await find(connection, type, id, lock=True)
    if found is None:
        check_match(None, if_match, type, id)
        row = stamped(resource, id, 1, now, zone, known)
        if version := await insert(connection, row):
            await _end(connection, row, known, now, zone, version, members)
            return row.resource, True
        # Someone created it since; their commit is over now, so this finds and locks it.
        found = await find(connection, type, id, lock=True)
    check_match(found, if_match, type, id)
    row = stamped(resource, id, found.version + 1 if found else 1, now, zone, known)
    in_database = await _replace(connection, type, row.parameters(), row)
    await _end(connection, row, known, now, zone, in_database, members)
    return row.resource, bool(found and found.deleted)


async def _replace(connection: Connection, type: str, version: dict[str, Any], row: Row | None = None) -> str:
    """Writes a version after another one, a tombstone without a row, and gives the version of the search parameters."""
    rows = await (await execute(connection, of_type(queries.update, type), version)).fetchall()
    ((key, in_database, containing),) = rows
    await replace_contained(connection, [key] if containing else [], [(key, row)] if row else [])
    return str(in_database)


async def delete(connection: Connection, type: str, id: str, if_match: int | None, now: datetime) -> Resource:
    """Leaves a tombstone, and gives what was there. Raises `NotFound`, `Gone` or `PreconditionFailed`."""
    found = await find(connection, type, id, lock=True)
    if found is None:
        raise NotFound(f"There is no {type}/{id}")
    if found.deleted:
        raise Gone(f"{type}/{id} was deleted in version {found.version}")
    check_match(found, if_match, type, id)
    await _replace(connection, type, tombstone(type, id, found.version + 1, now))
    if type == TYPE:
        await define(connection, id, None, now)
    elif type == profiles.TYPE:
        await profiles.changed(connection)
    return found.resource or {}


def check_match(found: Version | None, if_match: int | None, type: str, id: str) -> None:
    """Raises `PreconditionFailed` where `if_match` is given and is not the current version."""
    if if_match is not None and (found is None or found.version != if_match):
        there = "does not exist" if found is None else f"is at version {found.version}"
        raise PreconditionFailed(
            f"{type}/{id} {there}, not at version {if_match}: read it again, then repeat the change"
        )
