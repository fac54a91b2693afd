"""Which terms are frequent: it decides how a search runs, without the planner looking at every search's values.

PostgreSQL's own statistics tell it. They are read once in a while for each database, not for each search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from xinglin.store.cursors import database_of, execute, queries

MANY = 200
"""Resources that must have a term for it to be frequent: fewer are fetched and sorted at once."""

LASTING = timedelta(minutes=5)
"""How long statistics are used before they are read again."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many resources have each of the frequent terms, and how many there are of each type; all others are few."""

    counts: Mapping[int, float] = field(default_factory=dict)
    types: Mapping[str, float] = field(default_factory=dict)

    def frequent(self, term: int) -> bool:
        """Whether many resources have the term."""
        return term in self.counts

    def found_in_order(self, type: str, terms: Sequence[int], limit: int) -> bool:
        """Whether going through a type's resources one by one finds `limit` with all terms before the index does.

        It takes limit / share of them to find enough; by the index, all that match are fetched.
        """
        resources = self.types.get(type, 1.0)
        share = 1.0
        for term in terms:
            share *= min(1.0, self.counts.get(term, 0.0) / resources)
        return share > 0 and limit / share < resources * share


_known: dict[tuple[str, int, str], tuple[datetime, Statistics]] = {}


async def statistics(connection: AsyncConnection[Any], now: datetime) -> Statistics:
    """What is known of the terms of this database, at most five minutes old by the caller's clock."""
    database = database_of(connection)
    if (kept := _known.get(database)) and abs(now - kept[0]) < LASTING:
        return kept[1]
    terms: dict[int, float] = {}
    types: dict[str, float] = {}
    async for column, *known in await execute(connection, queries.frequent_values, {}):
        if column == "type":
            types |= _counts(*known)
        else:
            terms |= {int(term): count for term, count in _counts(*known).items() if count > MANY}
    found = Statistics(terms, types)
    _known[database] = (now, found)
    return found


def _counts(values: list[str], shares: list[float], resources: float) -> dict[str, float]:
    # Behind the shares of the elements of an array stand three more figures, which belong to no element.
    return {value: share * resources for value, share in zip(values, shares, strict=False)}
