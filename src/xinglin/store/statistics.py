"""Which terms are frequent: it decides how a search runs, without the planner looking at every search's values.

PostgreSQL's own statistics tell it. They are read once in a while for each database, not for each search.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from xinglin.store.cursors import execute, queries

MANY = 1000
"""Resources that must have a term for it to be frequent: fewer are fetched and sorted at once."""

LASTING = timedelta(minutes=5)
"""How long statistics are used before they are read again."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many resources have each of the frequent terms; all others are rare."""

    counts: Mapping[int, float] = field(default_factory=dict)
    resources: float = 0.0

    def frequent(self, term: int) -> bool:
        """Whether many resources have the term."""
        return term in self.counts

    def found_in_order(self, terms: list[int], limit: int) -> bool:
        """Whether going through resources one by one finds `limit` with all terms sooner than the index of terms.

        It takes limit / share of them to find enough; by the index, all that match are fetched.
        """
        share = 1.0
        for term in terms:
            share *= min(1.0, self.counts.get(term, 0.0) / max(self.resources, 1.0))
        return share > 0 and limit / share < self.resources * share


_known: dict[tuple[str, int, str], tuple[datetime, Statistics]] = {}


async def statistics(connection: AsyncConnection[Any], now: datetime) -> Statistics:
    """What is known of the terms of this database, at most five minutes old by the caller's clock."""
    info = connection.info
    database = (info.host, info.port, info.dbname)
    if (kept := _known.get(database)) and abs(now - kept[0]) < LASTING:
        return kept[1]
    row = await (await execute(connection, queries.frequent_terms, {})).fetchone()
    found = Statistics() if row is None or row[0] is None else _read(*row)
    _known[database] = (now, found)
    return found


def _read(terms: list[int], shares: list[float], resources: float) -> Statistics:
    counts = {term: share * resources for term, share in zip(terms, shares, strict=False) if share * resources > MANY}
    return Statistics(counts, resources)
