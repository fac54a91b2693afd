"""The worker: delivers events to the capabilities, and does what the hospital does by the clock."""

import asyncio
from datetime import timedelta

from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system
from xinglin.platform import i18n, idempotency, identity, outbox
from xinglin.platform.settings import Settings
from xinglin.server.app import create_application

KEYS_KEPT = timedelta(days=7)
"""How long an idempotency key is remembered."""


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set, then finishes what is in hand."""
    i18n.preload()
    application = create_application(settings, "xinglin-worker")
    await application.database.open()
    try:
        await outbox.run(application.database, application.outbox_handlers(), stop, clock=application.clock)
    finally:
        await application.database.close()


async def close_yesterday(application: Application) -> None:
    """Ends what yesterday left open: appointments whose patients did not come, places in queues; run once a night."""
    yesterday = application.clock().astimezone(application.zone).date() - timedelta(days=1)
    for command in ("scheduling.close_day", "outpatient.close_queues"):
        await application.execute(command, {"day": yesterday}, as_system("zh_CN"))


async def sweep(application: Application) -> None:
    """Forgets idempotency keys and sessions that are over."""
    now = application.clock()
    async with application.database.transaction() as connection:
        await idempotency.forget(connection, now - KEYS_KEPT)
        await identity.forget_old(connection, now)
