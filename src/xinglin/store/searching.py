"""Runs a parsed search: pages, totals, and what depends on terminology."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.outcome import BadRequest, Issue
from xinglin.fhir.search import Query
from xinglin.fhir.search.query import (
    AllOf,
    AnyOf,
    ChainFilter,
    Filter,
    HasFilter,
    Not,
    TermFilter,
    ValueSetFilter,
)
from xinglin.fhir.search.terms import term, token
from xinglin.fhir.types import Resource
from xinglin.store import statements
from xinglin.store.cursors import execute
from xinglin.store.found import Found
from xinglin.store.statements import Statement
from xinglin.store.statistics import statistics

Expand = Callable[[str], Awaitable[Iterable[tuple[str, str]]]]
"""From the URL of a value set to its (system, code) pairs; raises a `FhirError` where it can't be expanded."""


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


async def run(
    connection: AsyncConnection[Any], query: Query, *, now: datetime, expand: Expand | None = None
) -> SearchPage:
    """The page of a search, without what is to be included."""
    known = await statistics(connection, now)
    query = replace(query, filters=tuple([await _resolved(wanted, expand) for wanted in query.filters]))
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


async def _fetch(connection: AsyncConnection[Any], statement: Statement) -> list[tuple[Any, ...]]:
    # A statement that is reused is prepared when it has come up a few times; one that is planned for its values never.
    prepare = None if statement.reused else False
    return await (await execute(connection, statement.sql, statement.parameters, prepare=prepare)).fetchall()


async def _resolved(wanted: Filter, expand: Expand | None) -> Filter:
    """The filter with the codes of value sets in place of their URLs."""
    match wanted:
        case ValueSetFilter(type, parameter, url, negated):
            if expand is None:
                text = f"{parameter}:in={url}: the codes of this value set are not known here"
                raise BadRequest(text, code="not-supported")
            codes = dict.fromkeys([token(system, code) for system, code in await expand(url)])
            return TermFilter(tuple(term(type, parameter, text) for text in codes), negated)
        case AllOf(filters):
            return AllOf(tuple([await _resolved(inner, expand) for inner in filters]))
        case AnyOf(filters):
            return AnyOf(tuple([await _resolved(inner, expand) for inner in filters]))
        case Not(inner) | ChainFilter(filter=inner) | HasFilter(filter=inner):
            return replace(wanted, filter=await _resolved(inner, expand))
    return wanted
