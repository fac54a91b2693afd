"""History of one resource, of a type, or of everything, newest first (FHIR R4, RESTful API, history).

A page is cut by what never changes of a version: when it was written, its type, id and number. Versions that are
written meanwhile come before the first page, so no page repeats or skips any.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.search.dates import Span, span
from xinglin.store.access import Condition, visible
from xinglin.store.cursors import execute, queries
from xinglin.store.statistics import statistics
from xinglin.store.versions import Version, find

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

DEFAULT_COUNT, MAXIMAL_COUNT = 50, 1000
"""Versions on a page where `_count` is not given, and at most."""

ACCEPTED = ("_at", "_count", "_cursor", "_since")
"""The parameters of a history."""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which versions are wanted: of all resources, of a `type`, or of one resource (`type` and `id`).

    `since`: written at that moment or later. `at`: current at some moment of the span. `count` 0: only the total.
    """

    type: str | None = None
    id: str | None = None
    since: datetime | None = None
    at: Span | None = None
    count: int = DEFAULT_COUNT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One version, with the type and id that it is of."""

    type: str
    id: str
    version: Version


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Versions, newest first; `next` is the cursor of the following page. `total` is counted for one resource only."""

    entries: list[HistoryEntry]
    next: str | None = None
    total: int | None = None


def parse_history(
    params: Iterable[tuple[str, str]], zone: tzinfo, *, type: str | None = None, id: str | None = None
) -> HistoryQuery:
    """The history that a URL's parameters ask for. Raises `BadRequest` that names what is accepted."""
    query = HistoryQuery(type, id)
    for name, value in params:
        match name:
            case "_since":
                query = replace(query, since=_span(name, value, zone).low)
            case "_at":
                query = replace(query, at=_span(name, value, zone))
            case "_count":
                if not (value.isascii() and value.isdigit()):
                    raise BadRequest(f"_count={value} is not a number from 0 to {MAXIMAL_COUNT}")
                query = replace(query, count=min(int(value[:9]), MAXIMAL_COUNT))
            case "_cursor":
                query = replace(query, cursor=value)
            case _:
                raise BadRequest(
                    f"A history has no parameter {name}; accepted are: {', '.join(ACCEPTED)}", code="not-supported"
                )
    return query


def _span(name: str, value: str, zone: tzinfo) -> Span:
    try:
        # A plus sign that was not escaped in the URL arrives as a space.
        return span(value.replace(" ", "+"), zone)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}; accepted are 2026-11-23 and 2026-11-23T08:30:00+08:00") from error


async def page(repository: "Repository", query: HistoryQuery) -> HistoryPage:
    """A page of the history of what the caller may see as it is now. Raises `NotFound` where one resource is asked for
    that never was, `BadRequest` for a cursor that is not one of this history."""
    connection = repository.connection
    if query.type and query.id:
        own = await repository.visible(query.type, "history")
        if await find(connection, query.type, query.id, visible=own) is None:
            raise NotFound(f"There is no {query.type}/{query.id}")
    statement = _Statement(query, await _visible(repository, query))
    total = await statement.count(connection) if query.id or not query.count else None
    if not query.count:
        return HistoryPage([], total=total)
    rows = await statement.rows(connection, query.count + 1)
    shown = repository.version_shown
    entries = [HistoryEntry(type, id, shown(type, Version(*version))) for type, id, *version in rows[: query.count]]
    more = len(rows) > query.count
    return HistoryPage(entries, _cursor(entries[-1]) if more else None, total)


async def _visible(repository: "Repository", query: HistoryQuery) -> Condition:
    """The condition on the row `v`, which is what the version has become."""
    if repository.access is None:
        return Condition()
    types = [query.type] if query.type else sorted(resource_types())
    return visible(repository.access, types, "history", await statistics(repository.connection, repository.now), "v")


class _Statement:
    """The SQL of a history and its parameters."""

    def __init__(self, query: HistoryQuery, visible: Condition) -> None:
        self.parameters: dict[str, Any] = {**visible.parameters}
        # One resource is read by its primary key; its versions have the order in which they were written.
        self.order = "version DESC" if query.id else "updated DESC, type DESC, id DESC, version DESC"
        conditions = ["true"]
        for column in ("type", "id"):
            if value := getattr(query, column):
                conditions.append(f"r.{column} = %({column})s")
                self.parameters[column] = value
        if query.since:
            conditions.append("r.updated >= %(since)s")
            self.parameters["since"] = query.since
        self.then_current = ""
        if query.at:
            conditions.append("r.updated < %(at_high)s")
            self.then_current = f" AND {queries.superseded} > %(at_low)s"
            self.parameters |= {"at_low": query.at.low, "at_high": query.at.high}
        if visible.sql:
            conditions.append(queries.visible_version.format(visible=visible.sql))
        self.conditions = " AND ".join(conditions)
        self.after = self._after(query) if query.cursor else ""

    def _after(self, query: HistoryQuery) -> str:
        self.parameters["last_version"], *last = _read_cursor(query.cursor or "")
        if query.id:
            return " AND r.version < %(last_version)s"
        self.parameters |= zip(("last_updated", "last_type", "last_id"), last, strict=True)
        return (
            " AND (r.updated, r.type, r.id, r.version)"
            " < (%(last_updated)s::timestamptz, %(last_type)s::text, %(last_id)s::text, %(last_version)s::integer)"
        )

    async def rows(self, connection: AsyncConnection[Any], limit: int) -> list[tuple[Any, ...]]:
        self.parameters["limit"] = limit
        sql = queries.history_page.format(
            conditions=self.conditions + self.after, then_current=self.then_current, order=self.order
        )
        return await (await execute(connection, sql, self.parameters, prepare=None)).fetchall()

    async def count(self, connection: AsyncConnection[Any]) -> int:
        sql = queries.history_total.format(conditions=self.conditions, then_current=self.then_current)
        row = await (await execute(connection, sql, self.parameters, prepare=None)).fetchone()
        return int(row[0]) if row else 0


def _cursor(last: HistoryEntry) -> str:
    values = [last.version.version, last.version.updated.isoformat(), last.type, last.id]
    return base64.urlsafe_b64encode(json.dumps(values)).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, datetime, str, str]:
    try:
        version, updated, type, id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not (isinstance(version, int) and 0 < version < 2**31 and isinstance(type, str) and isinstance(id, str)):
            raise ValueError
        if "\0" in type + id:
            raise ValueError
        return version, datetime.fromisoformat(updated), type, id
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadRequest("The cursor is not one that this history gave; start again from the first page") from error
