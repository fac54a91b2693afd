"""How many resources a search has to look into where no index answers it (`_text`, `_content`)."""

from math import inf

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search import Query
from xinglin.fhir.search.query import AllOf, AnyOf, Filter, IdFilter, TermFilter, WordsFilter
from xinglin.store.conditions import rare
from xinglin.store.statistics import MANY, Statistics

MOST = 10_000
"""Resources whose texts one search looks into at most, as far as the statistics tell."""


def ensure_few(query: Query, statistics: Statistics) -> None:
    """Raises `BadRequest` where a search for words would have to look into too many texts."""
    if not any(isinstance(wanted, WordsFilter) for wanted in query.filters):
        return
    found = min((_left_by(wanted, statistics) for wanted in query.filters), default=inf)
    if min(found, statistics.types.get(query.type, 0)) > MOST:
        raise BadRequest(
            f"_text and _content look into {MOST:,} resources at most, and so many {query.type} are left by no other "
            "condition of this search; add one that leaves fewer, such as patient or code",
            code="too-costly",
        )


def _left_by(wanted: Filter, statistics: Statistics) -> float:
    """About how many resources meet a filter; infinity where nothing is known of it."""
    match wanted:
        case TermFilter(terms, negated) if not negated:
            return sum(statistics.counts.get(term, MANY) for term in terms)
        case IdFilter(ids):
            return len(ids)
        case AllOf(filters):
            return min((_left_by(inner, statistics) for inner in filters), default=inf)
        case AnyOf(filters):
            return sum(_left_by(inner, statistics) for inner in filters)
    return MANY if rare(wanted, statistics) else inf
