"""A search, parsed: what the store turns into SQL."""

from dataclasses import dataclass
from typing import TypeAlias

from xinglin.fhir.search.dates import Span


@dataclass(frozen=True, slots=True)
class TermFilter:
    """Resources that have any of these terms; with `negated`, those that have none of them."""

    terms: tuple[int, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Resources with a span of time that stands to any of these as its prefix says; `parameter` None: lastUpdated."""

    parameter: int | None
    spans: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class StringFilter:
    """Resources with a normalised text that starts with, or contains, any of these."""

    parameter: int
    texts: tuple[str, ...]
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class IdFilter:
    """Resources with any of these ids."""

    ids: tuple[str, ...]


Filter: TypeAlias = TermFilter | DateFilter | StringFilter | IdFilter


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order; `by` is id, updated, date or string, the last two with the number of the parameter."""

    by: str
    descending: bool
    parameter: int = 0


@dataclass(frozen=True, slots=True)
class Include:
    """Resources to add: those that `parameter` of `source` refers to, or, reversed, those that refer by it.

    `target` limits the type referred to; "" is any.
    """

    source: str
    parameter: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A search on one type: all filters hold, in this order, `count` at most, after `cursor`."""

    type: str
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = 50
    total: bool = False
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    cursor: str | None = None
