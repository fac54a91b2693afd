"""Batches made by several processes at once and taken in their order: nothing depends on how many there are."""

import asyncio
import multiprocessing
import os
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from xinglin.platform.collecting import settle
from xinglin.platform.processes import pool
from xinglin.synthetic.making import BATCH
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.timeline import History

T = TypeVar("T")

SMALL = 3 * BATCH
"""Patients for whom no processes are started, since that takes longer than making them in a thread."""

PROCESSES = 16
AHEAD = 4
"""Batches, more than there are processes, that may wait to be taken."""


async def in_order(
    plan: Plan,
    batches: Iterable[list[History]],
    arguments: Callable[[list[History]], Awaitable[tuple[Any, ...]]],
    work: Callable[..., T],
) -> AsyncGenerator[tuple[list[History], T]]:
    """`work(plan, batch, *arguments(batch))` of every batch, in the order of the batches."""
    loop = asyncio.get_running_loop()
    waiting = deque[tuple[list[History], asyncio.Future[T]]]()
    every = iter(batches)
    with _workers(plan) as workers:
        most = min(PROCESSES, os.cpu_count() or 1) + AHEAD
        try:
            while True:
                while len(waiting) < most and (batch := await asyncio.to_thread(next, every, None)):
                    given = await arguments(batch)
                    waiting.append((batch, loop.run_in_executor(workers, _worked, work, plan, batch, *given)))
                if not waiting:
                    return
                batch, made = waiting.popleft()
                yield batch, await made
        finally:
            for _, made in waiting:
                made.cancel()


def _workers(plan: Plan) -> Executor:
    return ThreadPoolExecutor(1) if plan.patients <= SMALL else pool(PROCESSES)


def _worked(work: Callable[..., T], *given: Any) -> T:
    """In a process of its own: what was imported for the first batch stays, and garbage is looked for less often."""
    if multiprocessing.parent_process() is not None:
        _settled()
    return work(*given)


_settled = cache(settle)


class Progress:
    """Tells how far it is, each time that another twentieth of the patients is there, and at what rate."""

    def __init__(self, plan: Plan, echo: Callable[[str], object]) -> None:
        self._all, self._echo = plan.patients, echo
        self._done = self._told = self._resources = 0
        self._begun = time.perf_counter()

    def add(self, patients: int, resources: int) -> None:
        """Counts what has been written."""
        self._done += patients
        self._resources += resources
        if (self._done - self._told) * 20 >= self._all or self._done == self._all:
            self._told = self._done
            rate = self._resources / max(0.001, time.perf_counter() - self._begun)
            self._echo(f"{self._done:,} of {self._all:,} patients, {rate:,.0f} resources/s")

    def skip(self, patients: int) -> None:
        """Counts what was there already."""
        self._done += patients
        self._told = self._done
