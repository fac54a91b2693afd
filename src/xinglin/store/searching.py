"""Runs a parsed search: pages and totals."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.outcome import Issue
from xinglin.fhir.search import Query
from xinglin.fhir.types import Resource
from xinglin.store import contained, statements
from xinglin.store.access import Access, guard, guarded
from xinglin.store.candidates import ensure_few
from xinglin.store.cursors import execute
from xinglin.store.found import Found
from xinglin.store.resolving import Resolver
from xinglin.store.statements import Statement
from xinglin.store.statistics import Statistics, statistics


@dataclass(frozen=True)
class SearchPage:
    """One page of a search: matches in order, what was included, the total where wanted, the next page's cursor.

    `warnings` tell what a reader of the result must know, such as that not everything could be included.
    """

    matches: list[Found]
    includes: list[Found] = field(default_factory=list)
    total: int | None = None
    next: str | None = None
    warnings: tuple[Issue, ...] = ()

    @cached_property
    def resources(self) -> list[Resource]:
        """The matches as resources."""
        return [found.resource for found in self.matches]

    @cached_property
    def included(self) -> list[Resource]:
        """What was included, as resources."""
        return [found.resource for found in self.includes]


async def run(connection: AsyncConnection[Any], query: Query, *, now: datetime, resolver: Resolver) -> SearchPage:
    """The page of a search, without what is to be included."""
    known = await statistics(connection, now)
    filters = tuple([await resolver.resolved(wanted) for wanted in query.filters])
    if resolver.access is not None:
        # What is contained belongs to its container, which `contained` guards.
        own = guard(resolver.access, query.type, "search") if query.contained == "false" else ()
        filters = (*(guarded(wanted, resolver.access) for wanted in filters), *own)
    query = replace(query, filters=filters)
    ensure_few(query, known)
    if query.contained != "false":
        return await _among_contained(connection, query, known, resolver.access)
    total = None
    if query.total or query.count == 0:
        ((total,),) = await _fetch(connection, statements.total(query, known))
    if query.count == 0:
        return SearchPage([], total=total, warnings=query.warnings)
    rows: list[tuple[Any, ...]] = []
    for statement in statements.page(query, known):
        rows += await _fetch(connection, statement)
        if len(rows) > query.count:
            break
    following = statements.write_cursor(rows[query.count - 1], query) if len(rows) > query.count else None
    matches = [Found(query.type, row[1], row[2]) for row in rows[: query.count]]
    return SearchPage(matches, total=total, next=following, warnings=query.warnings)


async def _among_contained(
    connection: AsyncConnection[Any], query: Query, known: Statistics, access: Access | None
) -> SearchPage:
    total = None
    if query.total or query.count == 0:
        ((total,),) = await _fetch(connection, contained.total(query, known, access))
    rows = await _fetch(connection, contained.page(query, known, access)) if query.count else []
    own = 3 + len(query.sort)
    following = statements.write_cursor(rows[query.count - 1][:own], query) if len(rows) > query.count else None
    matches = [Found(row[own], row[1], row[2], row[own + 1] or "") for row in rows[: query.count]]
    return SearchPage(matches, total=total, next=following, warnings=query.warnings)


async def _fetch(connection: AsyncConnection[Any], statement: Statement) -> list[tuple[Any, ...]]:
    # A statement that is reused is prepared when it has come up a few times; one that is planned for its values never.
    prepare = None if statement.reused else False
    return await (await execute(connection, statement.sql, statement.parameters, prepare=prepare)).fetchall()
