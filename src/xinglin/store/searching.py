"""Runs a parsed search: puts its SQL together, cuts pages, adds what is to be included."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, Issue
from xinglin.fhir.search import Query
from xinglin.fhir.search.dates import Span
from xinglin.fhir.search.query import DateFilter, Filter, IdFilter, Sort, StringFilter, TermFilter
from xinglin.fhir.types import Resource
from xinglin.store.cursors import execute, queries


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search: matches in order, what was included, the total where asked for, the next page's cursor.

    `warnings` tell what a reader of the result must know, such as that not everything could be included.
    """

    resources: list[Resource]
    included: list[Resource] = field(default_factory=list)
    total: int | None = None
    next: str | None = None
    warnings: tuple[Issue, ...] = ()


class Statement:
    """SQL that grows by pieces, with its parameters."""

    def __init__(self, query: Query) -> None:
        self.parameters: dict[str, Any] = {"type": query.type}
        required: list[int] = []  # one condition for all of them, so that the index intersects their lists
        pieces: list[str] = []
        for wanted in query.filters:
            if isinstance(wanted, TermFilter) and len(wanted.terms) == 1 and not wanted.negated:
                required += wanted.terms
            else:
                pieces.append(self.piece(wanted))
        if required:
            pieces.insert(0, queries.all_terms.format(p=self.parameter(literal(required))))
        self.filters = "".join(f"\nAND {piece}" for piece in pieces)

    def parameter(self, value: Any) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return name

    def piece(self, wanted: Filter) -> str:
        match wanted:
            case TermFilter(terms, negated):
                template = queries.no_term if negated else queries.any_term
                return template.format(p=self.parameter(literal(terms)))
            case IdFilter(ids):
                return str(queries.ids.format(p=self.parameter(list(ids))))
            case StringFilter(number, texts, anywhere):
                likes = (queries.like.format(p=self.parameter(_like(text, anywhere))) for text in texts)
                return str(queries.string.format(p=self.parameter(number), texts="\nOR ".join(likes)))
            case DateFilter(None, spans):
                return f"({' OR '.join(self.span(_MOMENTS, prefix, span) for prefix, span in spans)})"
            case DateFilter(number, spans):
                either = " OR ".join(self.span(_SPANS, prefix, span) for prefix, span in spans)
                return str(queries.date.format(p=self.parameter(number), spans=either))

    def span(self, templates: dict[str, str], prefix: str, span: Span) -> str:
        low, high = f"%({self.parameter(span.low)})s", f"%({self.parameter(span.high)})s"
        return templates[prefix].format(low=low, high=high)

    def sort(self, key: Sort) -> str:
        if key.by in ("id", "updated"):
            return str(getattr(queries, f"sort_{key.by}"))
        template = queries.sort_date if key.by == "date" else queries.sort_string
        least, bound = ("max", "high") if key.descending else ("min", "low")
        return str(template.format(p=self.parameter(key.parameter), least=least, bound=bound))


# What each prefix asks of a resource's span [d.low, d.high) (FHIR R4, Search, prefixes). For ge and le, the span of
# the resource reaches beyond the value's, or lies within it; both are written so that an index on one bound serves.
_SPANS = {
    "eq": "d.low >= {low} AND d.low < {high} AND d.high <= {high}",
    "ne": "NOT (d.low >= {low} AND d.high <= {high})",
    "gt": "d.high > {high}",
    "lt": "d.low < {low}",
    "ge": "(d.high >= {low} AND (d.low >= {low} OR d.high > {high}))",
    "le": "(d.low <= {high} AND (d.high <= {high} OR d.low < {low}))",
    "sa": "d.low >= {high}",
    "eb": "d.high <= {low}",
    "ap": "d.low < {high} AND d.high > {low}",
}
# The same for lastUpdated, a moment, which lies before, in or after the value's span.
_MOMENTS = {
    "eq": "r.updated >= {low} AND r.updated < {high}",
    "ne": "(r.updated < {low} OR r.updated >= {high})",
    "gt": "r.updated >= {high}",
    "lt": "r.updated < {low}",
    "ge": "r.updated >= {low}",
    "le": "r.updated < {high}",
    "sa": "r.updated >= {high}",
    "eb": "r.updated < {low}",
    "ap": "r.updated >= {low} AND r.updated < {high}",
}


def literal(terms: Sequence[int]) -> str:
    """Terms as an array literal."""
    return f"{{{','.join(map(str, terms))}}}"


def _like(text: str, anywhere: bool) -> str:
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if anywhere else f"{escaped}%"


async def run(connection: AsyncConnection[Any], query: Query) -> SearchPage:
    """The page of a search, without what is to be included."""
    total = await _count(connection, query) if query.total or query.count == 0 else None
    if query.count == 0:
        return SearchPage([], total=total)
    statement = Statement(query)
    sql = page_sql(statement, query)
    # Planned for its values: whether a term is rare or frequent decides between the term index and the key's order.
    rows = await (await execute(connection, sql, statement.parameters, prepare=False)).fetchall()
    more = len(rows) > query.count
    rows = rows[: query.count]
    following = _cursor(rows[-1], query) if more else None
    return SearchPage([json.loads(row[1]) for row in rows], total=total, next=following)


async def _count(connection: AsyncConnection[Any], query: Query) -> int:
    statement = Statement(query)
    sql = queries.total.format(filters=statement.filters)
    row = await (await execute(connection, sql, statement.parameters, prepare=False)).fetchone()
    return int(row[0]) if row else 0


def page_sql(statement: Statement, query: Query) -> str:
    """The SQL for a page of a query; what it needs is added to the statement's parameters."""
    sorts = "".join(f", {statement.sort(key)} AS s{i}" for i, key in enumerate(query.sort))
    page = queries.page.format(sorts=sorts, filters=statement.filters)
    statement.parameters["limit"] = query.count + 1
    directions = [f"s{i} {'DESC' if k.descending else 'ASC'} NULLS LAST" for i, k in enumerate(query.sort)]
    after = _after(statement, query) if query.cursor else "true"
    return str(queries.cut.format(page=page, after=after, order=", ".join([*directions, "key"])))


def _after(statement: Statement, query: Query) -> str:
    """The condition for what comes after the last row of the page before, in the same order, key by key."""
    key, values = _read_cursor(query)
    condition = f"key > %({statement.parameter(key)})s"
    for i, sort in reversed(list(enumerate(query.sort))):
        if values[i] is None:
            condition = f"(s{i} IS NULL AND {condition})"
            continue
        name = f"%({statement.parameter(values[i])})s"
        sign = "<" if sort.descending else ">"
        condition = f"(s{i} {sign} {name} OR s{i} IS NULL OR (s{i} = {name} AND {condition}))"
    return condition


def _cursor(row: Sequence[Any], query: Query) -> str:
    values = [v.isoformat() if isinstance(v, datetime) else v for v in row[2 : 2 + len(query.sort)]]
    return base64.urlsafe_b64encode(json.dumps([row[0], *values])).decode().rstrip("=")


def _read_cursor(query: Query) -> tuple[int, list[Any]]:
    text = query.cursor or ""
    try:
        key, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(key, int) or not 0 < key < 2**63 or len(values) != len(query.sort):
            raise ValueError
        return key, [_sort_value(value, sort) for value, sort in zip(values, query.sort, strict=True)]
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadRequest("The cursor is not one that this search gave; start again from the first page") from error


def _sort_value(value: Any, sort: Sort) -> Any:
    if value is None or (sort.by in ("id", "string") and isinstance(value, str)):
        return value
    return datetime.fromisoformat(value)
