"""Finishes what is to be indexed anew: after an upgrade before the server starts, else in the worker."""

import asyncio
from collections.abc import Callable
from datetime import datetime, tzinfo

from xinglin.platform import background
from xinglin.platform.database import Database
from xinglin.store.reindexing import WAITING, continue_reindex, reindex_status
from xinglin.store.repository import Repository

PROGRESS = 10_000
"""Resources after which progress is told."""

PATIENCE, PAUSE = 40, 0.25
"""How often, and after how many seconds each time, it is looked whether other writers are done."""


async def finish_reindex(
    database: Database, clock: Callable[[], datetime], zone: tzinfo, say: Callable[[str], object] = lambda _: None
) -> int:
    """Indexes until nothing is left, each batch in a transaction of its own; gives how many resources were done.

    A run for new search parameters begins when all are done that were writing when they came; where that takes long, it
    is left for the next time.
    """
    total = waited = 0
    await tell(database, clock, zone)
    while waited < PATIENCE:
        async with database.transaction() as connection:
            done = await continue_reindex(connection, now=clock(), zone=zone)
        if done is None:
            break
        if done == WAITING:
            waited += 1
            await asyncio.sleep(PAUSE)
            continue
        if total // PROGRESS != (total + done) // PROGRESS:
            say(f"Indexed {total + done} resources anew")
            await tell(database, clock, zone)
        total += done
    if total:
        await tell(database, clock, zone)
    return total


async def tell(database: Database, clock: Callable[[], datetime], zone: tzinfo) -> None:
    """Notes for those who asked for an indexing how far it is, or that it has ended."""
    async with database.transaction() as connection:
        # unlimited: the house's own notes, of which nothing is shown here.
        repository = Repository(connection, now=clock(), zone=zone)
        waiting = await background.going_on(repository, background.REINDEX)
        runs = {str(run.id): run for run in await reindex_status(connection)} if waiting else {}
        for task in waiting:
            run = runs.get(background.value(task, background.RUN) or "")
            if run is None:
                continue
            made = background.Progress(run.done, run.total)
            if run.finished or made != background.progress(task):
                status = "completed" if run.finished else "in-progress"
                output = background.made(run.done, run.total)
                await background.move(repository, background.REINDEX, task["id"], status, output)
