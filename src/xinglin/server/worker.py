"""The worker: delivers events to the capabilities, seals the audit, and does what the hospital does by the clock."""

import asyncio
from contextvars import ContextVar
from datetime import timedelta

from xinglin.capabilities.billing import gateway
from xinglin.exchange.fhir import bulk
from xinglin.exchange.payments import gateway_of
from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system
from xinglin.operations.keys import finish_reseal
from xinglin.operations.reindexing import finish_reindex
from xinglin.platform import i18n, idempotency, identity, job_list, jobs, outbox, tracing
from xinglin.platform.audit import forget_journals, keys, sealing
from xinglin.platform.audit.chain import ensure_there
from xinglin.platform.collecting import settle
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings
from xinglin.server.app import create_application
from xinglin.server.sending import sending
from xinglin.server.stamping import stamp_signatures
from xinglin.store import subscription_events

KEYS_KEPT = timedelta(days=7)
"""How long an idempotency key is remembered."""

JOURNALS_KEPT = timedelta(days=90)
"""How long it is remembered how far a journal of the audit went that has ended."""

EVENTS_KEPT = timedelta(days=14)
"""How long it is kept what Subscriptions to topics were told of."""

_application: ContextVar[Application] = ContextVar("application")


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set, then finishes what is in hand. When one part fails, the others end too."""
    i18n.preload()
    tracing.configure(settings, "xinglin-worker")
    application = create_application(settings, "xinglin-worker")
    _application.set(application)
    folder, access, seal = settings.home / "bulk", application.access_of, Seal(settings)
    bulk.provide(bulk.House(application.database, folder, application.clock, application.zone, access, seal))
    key = keys.load_or_make_keys(settings.audit_keys)[0]
    ensure_there(settings.audit_algorithm)
    await application.database.open()
    settle()
    try:
        async with (
            gateway_of(settings) as payments,
            sending(application, settings) as (deliverer, handlers),
            asyncio.TaskGroup() as parts,
        ):
            if payments is not None:
                gateway.provide(gateway.House(application, payments))
            parts.create_task(deliverer.run(stop))
            parts.create_task(outbox.run(application.database, handlers, stop, clock=application.clock))
            parts.create_task(jobs.run(application.database.conninfo, stop, concurrency=settings.job_concurrency))
            parts.create_task(
                sealing.run(
                    application.database,
                    key,
                    stop,
                    clock=application.clock,
                    head=settings.audit_head,
                    algorithm=settings.audit_algorithm,
                )
            )
    finally:
        await application.database.close()
        await asyncio.to_thread(tracing.use, None)


@jobs.task("hospital.close_yesterday", cron="15 * * * *")
async def close_yesterday_job(timestamp: int) -> None:  # noqa: ARG001  (its time, which every such job is given)
    """Hourly, so that it comes soon after midnight in every time zone; a day that is closed stays as it is."""
    await close_yesterday(_application.get())


@jobs.task("critical.escalate", cron="* * * * *")
async def escalate_job(timestamp: int) -> None:  # noqa: ARG001
    """Every minute: critical findings that nobody has acknowledged in time go to others too."""
    await _application.get().execute("critical.escalate", {}, as_system("zh_CN"))


@jobs.task("scheduling.expire_holds", cron="* * * * *")
async def expire_holds_job(timestamp: int) -> None:  # noqa: ARG001
    """Every minute; a hold ends at its time even while no worker runs, this only gives the place to whoever waits."""
    await _application.get().execute("scheduling.expire_holds", {}, as_system("zh_CN"))


@jobs.task("scheduling.roll_out", cron="30 * * * *")
async def roll_out_job(timestamp: int) -> None:  # noqa: ARG001
    """Hourly, so that it comes soon after midnight in every time zone; what is published stays as it is."""
    await roll_out(_application.get())


@jobs.task("platform.sweep", cron="45 * * * *")
async def sweep_job(timestamp: int) -> None:  # noqa: ARG001
    """Hourly."""
    await sweep(_application.get())


@jobs.task("store.reindex", cron="* * * * *")
async def reindex_job(timestamp: int) -> None:  # noqa: ARG001
    """Every minute; it has something to do only where indexing was asked for, or a worker died over it."""
    application = _application.get()
    await finish_reindex(application.database, application.clock, application.zone)


@jobs.task("store.reseal", cron="* * * * *")
async def reseal_job(timestamp: int) -> None:  # noqa: ARG001
    """Every minute; it has something to do only where a key was changed, or what is to be encrypted."""
    application = _application.get()
    await finish_reseal(application.database, application.clock, application.zone)


@jobs.task("signing.stamp", cron="* * * * *")
async def stamp_job(timestamp: int) -> None:  # noqa: ARG001
    """Every minute, so that an authority that is away keeps nobody from signing."""
    await stamp_signatures(_application.get())


async def close_yesterday(application: Application) -> None:
    """Ends what yesterday left open: appointments whose patients did not come, places in queues, medicines
    that were kept and not fetched."""
    yesterday = application.clock().astimezone(application.zone).date() - timedelta(days=1)
    for command in ("scheduling.close_day", "outpatient.close_queues", "pharmacy.release_unfetched"):
        await application.execute(command, {"day": yesterday}, as_system("zh_CN"))


async def roll_out(application: Application) -> None:
    """Publishes places by the rosters for the days to come, each clinic in a transaction of its own."""
    system = as_system("zh_CN")
    for clinic in (await application.view("scheduling.clinics", {"limit": 500}, system)).rows:
        await application.execute("scheduling.roll_out", {"schedule": clinic.key}, system)


async def sweep(application: Application) -> None:
    """Forgets idempotency keys, sessions, failures of jobs and events of Subscriptions that are over."""
    now = application.clock()
    async with application.database.transaction() as connection:
        await idempotency.forget(connection, now - KEYS_KEPT)
        await forget_journals(connection, now - JOURNALS_KEPT)
        await identity.forget_old(connection, now)
        await subscription_events.forget(connection, now - EVENTS_KEPT)
        await job_list.forget_failures(connection)
