"""Finishes what is to be indexed anew: after an upgrade before the server starts, else in the worker."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from xinglin.platform.database import Database
from xinglin.store.reindexing import continue_reindex

PROGRESS = 10_000
"""Resources after which progress is told."""


async def finish_reindex(
    database: Database, clock: Callable[[], datetime], zone: tzinfo, say: Callable[[str], object] = lambda _: None
) -> int:
    """Indexes until nothing is left, each batch in a transaction of its own; gives how many resources were done."""
    total = 0
    while True:
        async with database.transaction() as connection:
            done = await continue_reindex(connection, now=clock(), zone=zone)
        if done is None:
            return total
        if total // PROGRESS != (total + done) // PROGRESS:
            say(f"Indexed {total + done} resources anew")
        total += done
