"""Jobs: work that takes time, enqueued in the transaction of the change and done by workers (procrastinate).

A job runs at least once: one whose worker died is given to another. Tasks are declared at import, without a database:

    @task("exchange.send_report")
    async def send_report(report: str) -> None: ...

    await enqueue(connection, send_report, report="DiagnosticReport/1")

One that fails is tried again after 2 s, 4 s, 8 s, ...; after the last attempt it stays, as failed, until a person lets
it be tried again or discards it (`platform.job_list`). Where and by what kind of error it failed is kept; the error's
text is not, since it may quote somebody's record.
"""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, ParamSpec

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.worker import Worker

from xinglin.platform import tracing
from xinglin.platform.database import check_server, connection_arguments
from xinglin.platform.logging import place_of
from xinglin.store.sql import load_queries

logger = logging.getLogger(__name__)
P = ParamSpec("P")
queries = load_queries("xinglin.platform")

MOST_ATTEMPTS = 8
HEARTBEAT = timedelta(seconds=10)
DEAD_AFTER = timedelta(seconds=30)
_blueprint = procrastinate.Blueprint()
_manager = JobManager(procrastinate.PsycopgConnector())
_given_up: dict[str, Callable[..., Awaitable[None]]] = {}

_TRACE = "_trace"
# The argument under which a job carries the trace that it belongs to; the task does not see it.

GIVEN_UP = "The server failed at it again and again; an administrator sees where"
"""What whoever asked for the work is told when it is given up."""


@dataclass(frozen=True)
class Task(Generic[P]):
    """A declared task; calling it does the work at once, `enqueue` leaves it to a worker."""

    name: str
    work: Callable[P, Awaitable[None]]
    queue: str

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Does the work here and now."""
        await self.work(*args, **kwargs)


def task(
    name: str,
    *,
    queue: str = "default",
    attempts: int = MOST_ATTEMPTS,
    cron: str | None = None,
    given_up: Callable[..., Awaitable[None]] | None = None,
) -> Callable[[Callable[P, Awaitable[None]]], Task[P]]:
    """Declares a task. Its arguments must be plain JSON; its name stays the same across versions.

    A failure is tried again after 2 s, 4 s, 8 s, ... up to `attempts` times. With `cron` ('0 3 * * *', UTC) it also
    runs by the clock, once per time however many workers there are; it then takes one argument, `timestamp` (Unix
    seconds). `given_up` is called with the arguments after the last attempt.
    """

    def declare(work: Callable[P, Awaitable[None]]) -> Task[P]:
        retry = procrastinate.RetryStrategy(max_attempts=attempts - 1, exponential_wait=2) if attempts > 1 else False
        declared = _blueprint.task(name=name, queue=queue, retry=retry)(work)
        if cron is not None:
            _blueprint.periodic(cron=cron)(declared)  # type: ignore[arg-type]
        if given_up is not None:
            _given_up[name] = given_up
        return Task(name, work, queue)

    return declare


async def enqueue(
    connection: psycopg.AsyncConnection[Any],
    task: Task[...],
    *,
    lock: str | None = None,
    once: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> int | None:
    """Enqueues a job in the caller's transaction and returns its number.

    `lock`: no two jobs with the same lock run at once, and they run in order. `once`: while a job with this word
    waits, no second one is added, and None is returned. `at`: not before. Raises `TypeError` for arguments that the
    task does not take.
    """
    inspect.signature(task.work).bind(**arguments)
    if trace := tracing.current():
        arguments[_TRACE] = trace
    job = Job(
        queue=task.queue,
        lock=lock,
        queueing_lock=once,
        task_name=task.name,
        task_kwargs=arguments,
        scheduled_at=at,
    )
    try:
        async with connection.transaction():
            return (await _manager.defer_job_async(job, connection=connection)).id
    except AlreadyEnqueued:
        return None


@asynccontextmanager
async def application(conninfo: str, *, connections: int = 8) -> AsyncIterator[procrastinate.App]:
    """procrastinate's application with all declared tasks, on connections of its own."""
    connector = procrastinate.PsycopgConnector(
        conninfo=conninfo,
        min_size=1,
        max_size=connections,
        kwargs=connection_arguments(conninfo, "xinglin-jobs", timedelta(seconds=60)),
    )
    app = procrastinate.App(connector=connector)
    app.tasks.update(_blueprint.tasks)
    for declared in _blueprint.tasks.values():
        declared.blueprint = app
    app.periodic_registry = _blueprint.periodic_registry
    async with app.open_async():
        yield app


async def run(
    conninfo: str,
    stop: asyncio.Event,
    *,
    concurrency: int = 4,
    patience: timedelta = timedelta(seconds=30),
    dead_after: timedelta = DEAD_AFTER,
) -> None:
    """Works on jobs until `stop` is set; those in hand then get `patience` to end, and are tried again later if not.

    Jobs of workers that gave no sign of life for `dead_after` are given free. Raises `DatabaseError`.
    """
    await check_server(conninfo)
    async with application(conninfo, connections=concurrency + 4) as app:
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                shutdown_graceful_timeout=patience.total_seconds(),
                update_heartbeat_interval=min(HEARTBEAT, dead_after / 3).total_seconds(),
                stalled_worker_timeout=dead_after.total_seconds(),
                delete_jobs="successful",
                worker_middleware=[_noting],
            )
        )
        rescuer = asyncio.create_task(_rescue(app, dead_after))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({worker, stopped, rescuer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (rescuer, stopped, worker):
                each.cancel()
            results = await asyncio.gather(worker, rescuer, stopped, return_exceptions=True)
        for result in results[:2]:
            if isinstance(result, Exception):
                raise result


async def _noting(call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: Worker) -> Any:
    """Runs a job, and keeps where it failed; after its last attempt, whoever wants to know is told."""
    job = context.job
    parent = job.task_kwargs.pop(_TRACE, None)
    try:
        with tracing.span(f"job {job.task_name}", kind="consumer", parent=str(parent) if parent else None):
            return await call_next()
    except Exception as error:
        await context.app.connector.execute_query_async(queries.job_failed, job=job.id, error=place_of(error))
        task = context.app.tasks.get(job.task_name)
        last = task is None or task.get_retry_exception(error, job) is None
        if last and (told := _given_up.get(job.task_name)):
            await told(**job.task_kwargs)
        raise


async def _rescue(app: procrastinate.App, dead_after: timedelta) -> None:
    """Gives the jobs of dead workers to the living, for ever."""
    while True:
        seconds = dead_after.total_seconds()
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
            logger.warning("Job %s (%s) is taken from a worker that died", job.id, job.task_name)
            await app.job_manager.retry_job(job)
        await asyncio.sleep(seconds / 3)
