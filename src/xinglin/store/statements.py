"""The statements for a page of a search: which way it goes, and where the next page begins.

A search goes one of three ways. Few rows meet one of its conditions: it starts from these (`narrow`). All conditions
are frequent, or there are none: it goes through the resources, or through the values of the one sort key or of the text
that is looked for, in the order that is wanted, until the page is full (`in_order`, `by_value`, `in_text_order`). Else
the planner decides by the values (`planned`). Only the last is planned for each search anew.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search import Query
from xinglin.fhir.search.query import (
    AllOf,
    ChainFilter,
    DateFilter,
    Filter,
    MissingFilter,
    NumberFilter,
    Sort,
    StringFilter,
    TermFilter,
)
from xinglin.store import access
from xinglin.store.conditions import Conditions, after_all, literal, rare
from xinglin.store.cursors import queries
from xinglin.store.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters; `reused` where the same text serves whatever the values are."""

    sql: str
    parameters: dict[str, Any]
    reused: bool


_BY_VALUE = {"date": ("high", "low"), "number": ("high", "low", "unit", "code"), "string": ("value",)}
"""Kind of a sort key → the columns of its table, in the order that tells the last of a resource's values."""


def total(query: Query, statistics: Statistics) -> Statement:
    """Counts the matches."""
    hidden = any(rare(wanted, statistics) for wanted in query.filters)
    conditions = Conditions(statistics, hidden=hidden)
    filters = conditions.all_of(query.filters, "r")
    return Statement(
        queries.total.format(r="r", type=f"'{query.type}'", filters=filters), conditions.parameters, hidden
    )


def page(query: Query, statistics: Statistics) -> list[Statement]:
    """The statements whose rows make up a page, one after the other until it is full.

    Their columns are key, id, content, and one for each sort key, which may be left out at the end. Raises `BadRequest`
    for a cursor that is not of this search.
    """
    after = read_cursor(query)
    wide = access.wide(query.filters, statistics)
    if wide and _sorted_by_value(query, statistics):
        return _by_value_then_without(query, statistics, after)
    if wide and not query.sort and _in_order(query, statistics):
        return [_page_in_order(query, statistics, after)]
    if text := _in_text_order(query, statistics, after):
        return [_page_in_text_order(query, text, statistics, after)]
    if chain := _in_chain_order(query, statistics, after):
        return [_page_in_chain_order(query, chain, statistics, after)]
    few = any(rare(wanted, statistics) for wanted in query.filters)
    return [_general(query, statistics, after, hidden=few or _terms_only(query))]


def _terms_only(query: Query) -> bool:
    asked = access.asked(query.filters)
    return bool(asked) and all(map(_required, asked))


def _required(wanted: Filter) -> bool:
    return isinstance(wanted, TermFilter) and len(wanted.terms) == 1 and not wanted.negated


def _terms(filters: Sequence[Filter]) -> list[int]:
    return [wanted.terms[0] for wanted in filters if isinstance(wanted, TermFilter)]


def _in_order(query: Query, statistics: Statistics) -> bool:
    terms = [*_terms(query.filters), *access.usual_terms(query.filters, statistics)]
    return all(map(_required, access.asked(query.filters))) and (
        not terms or statistics.found_in_order(query.type, terms, query.count + 1)
    )


def _sorted_by_value(query: Query, statistics: Statistics) -> bool:
    """Whether going through the values of the only sort key fills the page soon."""
    if len(query.sort) != 1 or query.sort[0].by not in _BY_VALUE:
        return False
    (key,) = query.sort
    others = [wanted for wanted in access.asked(query.filters) if not _reaches_the_start(wanted, key)]
    if key.by == "date" and _patients(query.filters):
        # All that a patient has is little: only what is rarer still is a better start.
        own = [wanted for wanted in others if not (isinstance(wanted, TermFilter) and wanted.patient)]
        return not any(rare(wanted, statistics) for wanted in own)
    terms = [*_terms(others), *access.usual_terms(query.filters, statistics)]
    return all(map(_required, others)) and (not terms or statistics.found_in_order(query.type, terms, query.count + 1))


def _patients(filters: Sequence[Filter]) -> list[int]:
    return [wanted.patient for wanted in filters if isinstance(wanted, TermFilter) and wanted.patient]


def _reaches_the_start(wanted: Filter, key: Sort) -> bool:
    """Whether this is a condition on the sort key itself that the first values in its order meet."""
    endless = {"ge", "gt", "sa"} if key.descending else {"le", "lt", "eb"}
    match wanted:
        case DateFilter(parameter, spans):
            return parameter == key.parameter and all(prefix in endless for prefix, _ in spans)
        case NumberFilter(parameter, ranges):
            return parameter == key.parameter and all(r.prefix in endless and not (r.unit or r.code) for r in ranges)
    return False


def _text(query: Query) -> StringFilter | None:
    """The one beginning of a text that a search without an order may be answered in the order of."""
    return None if query.sort else _beginning(query.filters)


def _beginning(filters: Sequence[Filter]) -> StringFilter | None:
    texts = [wanted for wanted in filters if isinstance(wanted, StringFilter) and not wanted.anywhere]
    return texts[0] if len(texts) == 1 and len(texts[0].texts) == 1 else None


def _chain(query: Query) -> ChainFilter | None:
    """The one chain to the beginning of a text, likewise."""
    chains = [wanted for wanted in query.filters if isinstance(wanted, ChainFilter) and wanted.single]
    return chains[0] if not query.sort and len(chains) == 1 and _beginning(_all_of(chains[0].filter)) else None


def _all_of(wanted: Filter) -> tuple[Filter, ...]:
    return wanted.filters if isinstance(wanted, AllOf) else (wanted,)


def _no_better(filters: Sequence[Filter], start: Filter, statistics: Statistics) -> bool:
    """Whether all other conditions are terms, and none of them is a better start."""
    others = [wanted for wanted in access.asked(filters) if wanted is not start]
    return (
        access.wide(filters, statistics)
        and all(map(_required, others))
        and not any(rare(wanted, statistics) for wanted in others)
    )


def _texts_in_order(conditions: Conditions, text: StringFilter, only: str) -> str:
    (beginning,) = text.texts
    low, high = conditions.value(beginning, "text"), conditions.value(after_all(beginning), "text")
    return str(queries.texts_in_order.format(parameter=text.parameter, low=low, high=high, only=only))


def _in_chain_order(query: Query, statistics: Statistics, after: "Cursor | None") -> ChainFilter | None:
    """The chain, where it is the best start, or where the first page began so."""
    chain = _chain(query)
    if chain is None or after is not None:
        return chain if after and after.values else None
    own = _all_of(chain.filter)
    text = _beginning(own)
    best = text is not None and _no_better(own, text, statistics) and _no_better(query.filters, chain, statistics)
    return chain if best else None


def _page_in_chain_order(query: Query, chain: ChainFilter, statistics: Statistics, after: "Cursor | None") -> Statement:
    conditions = Conditions(statistics, hidden=True)
    own = _all_of(chain.filter)
    text = _beginning(own)
    assert text is not None
    only = further = ""
    if after is not None:
        value, target = conditions.value(after.values[0], "text"), conditions.value(after.values[1], "bigint")
        only = f" AND (v.value, v.key) >= ({value}, {target})"
        further = f" AND (t.key <> {target} OR r.key > {conditions.value(after.key, 'bigint')})"
    sql = queries.in_chain_order.format(
        texts=_texts_in_order(conditions, text, only),
        target=f"'{chain.target}'",
        target_filters=conditions.all_of([wanted for wanted in own if wanted is not text], "c"),
        type=f"'{query.type}'",
        terms=conditions.value(literal(_terms(query.filters)), "bigint[]"),
        number=f"'{chain.parameter_term}'::bigint",
        further=further + conditions.all_of(access.guards(query.filters), "r"),
        limit=query.count + 1,
    )
    return Statement(sql, conditions.parameters, True)


def _in_text_order(query: Query, statistics: Statistics, after: "Cursor | None") -> StringFilter | None:
    """The text, where no other condition is a better start; a later page goes on as the first one began."""
    text = _text(query)
    if text is None or after is not None:
        return text if after and after.values else None
    return text if _no_better(query.filters, text, statistics) else None


def _page_in_text_order(query: Query, text: StringFilter, statistics: Statistics, after: "Cursor | None") -> Statement:
    conditions = Conditions(statistics, hidden=True)
    only = " AND v.key > 0"  # without what is contained
    if after is not None:
        last = conditions.value(after.values[0], "text"), conditions.value(after.key, "bigint")
        only += f" AND (v.value, v.key) > ({', '.join(last)})"
    sql = queries.in_text_order.format(
        texts=_texts_in_order(conditions, text, only),
        type=f"'{query.type}'",
        filters=conditions.all_of([wanted for wanted in query.filters if wanted is not text], "r"),
        limit=query.count + 1,
    )
    return Statement(sql, conditions.parameters, True)


def _page_in_order(query: Query, statistics: Statistics, after: "Cursor | None") -> Statement:
    conditions = Conditions(statistics, hidden=True)
    key = conditions.value(after.key if after else 0, "bigint")
    filters = conditions.one_by_one(_terms(query.filters), "r") + conditions.all_of(access.guards(query.filters), "r")
    sql = queries.in_order.format(type=f"'{query.type}'", after=key, filters=filters, limit=query.count + 1)
    return Statement(sql, conditions.parameters, True)


def _by_value_then_without(query: Query, statistics: Statistics, after: "Cursor | None") -> list[Statement]:
    """Resources that have a value, in its order, then those that have none, in the order of their keys."""
    (key,) = query.sort
    without = replace(query, filters=(*query.filters, MissingFilter(key.by, key.parameter)), sort=(), cursor=None)
    few = any(rare(wanted, statistics) for wanted in query.filters)
    if after is not None and after.values[0] is None:
        return [_general(without, statistics, Cursor(after.key, ()), hidden=few)]
    if any(_asks_for(wanted, key) for wanted in query.filters):
        return [_by_value(query, statistics, after)]
    return [_by_value(query, statistics, after), _general(without, statistics, None, hidden=few)]


def _asks_for(wanted: Filter, key: Sort) -> bool:
    """Whether what has no value of the sort key can't meet the condition."""
    return isinstance(wanted, DateFilter | NumberFilter | StringFilter) and wanted.parameter == key.parameter


def _within(conditions: Conditions, query: Query, key: Sort) -> str:
    """Ends the way through the values of a date where no further one can meet a condition on it."""
    found = ""
    for wanted in query.filters:
        if isinstance(wanted, DateFilter) and wanted.parameter == key.parameter and _reaches_the_start(wanted, key):
            if key.descending:
                last = conditions.value(min(span.low for _, span in wanted.spans), "timestamptz")
                found += f" AND v.high >= {last}"
            else:
                last = conditions.value(max(span.high for _, span in wanted.spans), "timestamptz")
                found += f" AND v.low <= {last}"
    return found


def _by_value(query: Query, statistics: Statistics, after: "Cursor | None") -> Statement:
    (key,) = query.sort
    conditions = Conditions(statistics, hidden=True)
    columns = list(_BY_VALUE[key.by])
    if not key.descending and len(columns) > 1:
        columns[:2] = (
            columns[1],
            columns[0],
        )  # ascending, the first of a resource's values is the one with the least low
    bound, (beyond, direction) = columns[0], (">", "DESC") if key.descending else ("<", "ASC")
    only = ""
    patients = _patients(query.filters) if key.by == "date" else []
    if patients:
        only = f" AND v.patient = {conditions.value(patients[0], 'bigint')}"
    only += _within(conditions, query, key)
    if after is not None:
        value = conditions.value(after.values[0], _SQL_TYPES[key.by])
        further = "<" if key.descending else ">"
        only += f" AND v.{bound} {further}= {value}"
        only += f" AND (v.{bound} {further} {value} OR v.key > {conditions.value(after.key, 'bigint')})"
    sql = queries.by_value.format(
        table=key.by,
        parameter=key.parameter,
        only=only,
        same=" AND o.patient = v.patient" if patients else "",
        bound=bound,
        others=", ".join(f"o.{column}" for column in (*columns, *_owner(key, patients))),
        own=", ".join(f"v.{column}" for column in (*columns, *_owner(key, patients))),
        beyond=beyond,
        direction=direction,
        type=f"'{query.type}'",
        filters=conditions.all_of(query.filters, "r"),
        limit=query.count + 1,
    )
    return Statement(sql, conditions.parameters, True)


def _owner(key: Sort, patients: Sequence[int]) -> tuple[str, ...]:
    """A span of a resource about several patients has a row for each: one of them counts."""
    return ("patient",) if key.by == "date" and not patients else ()


def _general(query: Query, statistics: Statistics, after: "Cursor | None", *, hidden: bool) -> Statement:
    """All that match, sorted, as the planner sees fit; hidden: from the index that finds few."""
    conditions = Conditions(statistics, hidden=hidden)
    filters = conditions.all_of(query.filters, "r")
    sorts = "".join(f", {sort_value(key, conditions)} AS s{i}" for i, key in enumerate(query.sort))
    rows = queries.page.format(r="r", type=f"'{query.type}'", sorts=sorts, filters=filters)
    return cut(conditions, query, rows, after)


def cut(conditions: Conditions, query: Query, rows: str, after: "Cursor | None") -> Statement:
    """The statement that sorts all rows that match, and takes the page after a row."""
    order = [_direction(i, key) for i, key in enumerate(query.sort)]
    # Not the plain key where few match, lest the planner go through all keys in order to find them.
    order.append("key + 0" if conditions.hidden and not order else "key")
    condition = _after(conditions, query.sort, after) if after else "true"
    sql = queries.cut.format(page=rows, after=condition, order=", ".join(order), limit=query.count + 1)
    return Statement(sql, conditions.parameters, conditions.hidden)


def _direction(index: int, key: Sort) -> str:
    last = "" if key.by in ("id", "updated") else " NULLS LAST"  # those two are never null, and have an index
    return f"s{index} {'DESC' if key.descending else 'ASC'}{last}"


def sort_value(key: Sort, conditions: Conditions) -> str:
    """What the row `r` is sorted by."""
    if key.by in ("id", "updated"):
        return str(getattr(queries, f"sort_{key.by}").format(r="r"))
    least, bound = ("max", "high") if key.descending else ("min", "low")
    if key.by == "text":
        paths = conditions.value(list(key.paths), "text[]")
        return str(queries.sort_text.format(r="r", least=least, paths=paths))
    return str(getattr(queries, f"sort_{key.by}").format(r="r", parameter=key.parameter, least=least, bound=bound))


_SQL_TYPES = {
    "id": "text",
    "updated": "timestamptz",
    "date": "timestamptz",
    "number": "numeric",
    "string": "text",
    "text": "text",
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its key, and its value for each sort key."""

    key: int
    values: tuple[Any, ...]


def _after(conditions: Conditions, sort: Sequence[Sort], after: Cursor) -> str:
    """The condition for what comes after the last row of the page before, in the same order, key by key."""
    condition = f"key > {conditions.value(after.key, 'bigint')}"
    for i, key in reversed(list(enumerate(sort))):
        if after.values[i] is None:
            condition = f"(s{i} IS NULL AND {condition})"
            continue
        value = conditions.value(after.values[i], _SQL_TYPES[key.by])
        sign = "<" if key.descending else ">"
        condition = f"(s{i} {sign} {value} OR s{i} IS NULL OR (s{i} = {value} AND {condition}))"
    return condition


def write_cursor(row: Sequence[Any], query: Query) -> str:
    """What a caller gives back to get what comes after this row."""
    values = list(row[3:])
    values += [None] * (len(query.sort) - len(values))
    plain = [v.isoformat() if isinstance(v, datetime) else str(v) if isinstance(v, Decimal) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps([row[0], *plain])).decode().rstrip("=")


def read_cursor(query: Query) -> Cursor | None:
    """The row that the query's cursor names. Raises `BadRequest`."""
    if not query.cursor:
        return None
    try:
        key, *values = json.loads(base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)))
        if isinstance(key, bool) or not isinstance(key, int) or not 0 < abs(key) < 2**63:
            raise ValueError
        sorts: Sequence[Sort] = query.sort
        if values and _text(query):
            sorts = [Sort("string", False)]
        elif values and _chain(query):
            sorts = [Sort("string", False), Sort("key", False)]
        return Cursor(key, tuple(_sort_value(value, sort) for value, sort in zip(values, sorts, strict=True)))
    except (ValueError, TypeError, ArithmeticError, binascii.Error) as error:
        raise BadRequest("The cursor is not one that this search gave; start again from the first page") from error


def _sort_value(value: Any, sort: Sort) -> Any:
    if value is None or (sort.by in ("id", "string", "text") and isinstance(value, str)):
        return value
    if sort.by == "key":
        return int(value)
    return Decimal(value) if sort.by == "number" else datetime.fromisoformat(value)
