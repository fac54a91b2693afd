"""Lets SearchParameter resources take effect, and makes sure that no write is left without the terms of a new one."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from xinglin.fhir import json
from xinglin.fhir.outcome import Invalid
from xinglin.fhir.search import SearchParameters
from xinglin.fhir.search.custom import definition_of, faults, in_force
from xinglin.fhir.search.known import Definition
from xinglin.fhir.types import Resource
from xinglin.store import parameters
from xinglin.store.bindings import Members
from xinglin.store.cursors import execute, queries
from xinglin.store.parameters import Connection
from xinglin.store.profiles import ensure_conforming
from xinglin.store.reindexing import index_written

TYPE = "SearchParameter"

_NOT_INDEXED = ("url", "target")
# Parts of a definition that change nothing of what is stored.


class Written(Protocol):
    """A resource that was written: its row, or what tells as much."""

    @property
    def type(self) -> str:
        """Its type."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def resource(self) -> Resource:
        """Itself."""


def ensure_usable(resource: Resource) -> None:
    """Raises `Invalid`, with every issue, for a valid and active SearchParameter that can't take effect."""
    if resource["resourceType"] == TYPE and (issues := faults(resource)):
        raise Invalid(issues=issues)


async def settle(
    connection: Connection,
    rows: Sequence[Written],
    made_by: str,
    zone: tzinfo,
    members: Members | None,
    version: str | None = None,
) -> None:
    """Ends the write of rows, in its transaction; their terms were made by the parameters of the version `made_by`.

    Where other definitions are in force by now, the rows are indexed again, and held against the profiles that they
    claim. `version` is theirs, if the statement that wrote has told it. Raises `Invalid`.
    """
    current = version or await parameters.version_of(connection)
    if current != made_by:
        await parameters.refreshed(connection)
        await index_written(connection, [(row.type, row.id) for row in rows], zone)
        await ensure_conforming(connection, [row.resource for row in rows], current, members)


async def define(connection: Connection, id: str, resource: Resource | None, now: datetime) -> None:
    """Lets a SearchParameter resource take effect as it now is, None where it was deleted, and has what is stored
    indexed anew. Raises `Invalid` where it clashes with another one."""
    wanted = in_force(resource) if resource else None
    row = await (await execute(connection, queries.parameters_former, {"id": id})).fetchone()
    former = json.loads(row[0]) if row else None
    if wanted == former:
        return
    await execute(connection, queries.parameters_change, {})
    if resource is not None and wanted is not None:
        version, definitions = await parameters.read_definitions(connection)
        others = [definition for key, definition in definitions.items() if key != id]
        if issues := faults(resource, SearchParameters(others, version)):
            raise Invalid(issues=issues)
        definition = {"id": id, "definition": json.dumps(wanted).decode()}
        await execute(connection, queries.parameters_define, definition)
    else:
        await execute(connection, queries.parameters_retire, {"id": id})
    later = {"types": _types(former, wanted), "now": now, "parameter": id if wanted else None}
    await execute(connection, queries.reindex_later, later)
    await parameters.refreshed_for_itself(connection)


def _types(former: Resource | None, wanted: Resource | None) -> Sequence[str | None]:
    """The types that are to be indexed anew; None is all of them."""
    if former and wanted and _indexed(former) == _indexed(wanted):
        return []
    changed: list[Definition] = [definition_of(each) for each in (former, wanted) if each]
    if any(base in definition.bases for definition in changed for base in ("Resource", "DomainResource")):
        return [None]
    return sorted({base for definition in changed for base in definition.bases})


def _indexed(definition: Resource) -> Resource:
    return {key: value for key, value in definition.items() if key not in _NOT_INDEXED}
