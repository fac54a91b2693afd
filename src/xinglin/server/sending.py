"""What goes out of the house, put together for a worker: Subscriptions, webhooks, and the broker where there is one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from xinglin.exchange.events import Announcing, Broker, Webhooks, nats
from xinglin.exchange.fhir import subscriptions
from xinglin.kernel.application import Application
from xinglin.platform import webhooks
from xinglin.platform.deliveries import Deliverer
from xinglin.platform.outbox import Handlers
from xinglin.platform.outgoing import outgoing
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings
from xinglin.store import changes


@asynccontextmanager
async def sending(application: Application, settings: Settings) -> AsyncIterator[tuple[Deliverer, Handlers]]:
    """Who sends what waits, and the handlers of events, which let it wait.

    Raises `SettingsError` where a broker is named and its library is not installed.
    """
    seal, source = Seal(settings), settings.event_source
    broker = Broker(settings, source) if settings.nats_url else None
    async with outgoing(settings) as way:
        subscribed = subscriptions.Subscriptions(application, way, seal, settings.fhir_base)
        announcing = Announcing(application, [nats.STREAM] if broker else [], subscribed.announce)
        senders = {
            subscriptions.CHANNEL: subscribed.send,
            webhooks.CHANNEL: Webhooks(application, way, seal, source).send,
            **({nats.CHANNEL: broker.send} if broker else {}),
        }
        deliverer = Deliverer(
            application.database,
            senders,
            held={subscriptions.CHANNEL: subscribed.held},
            prepare=subscribed.prepare,
            listen=changes.listen,
            patient=[nats.CHANNEL],
            clock=application.clock,
        )
        try:
            yield deliverer, announcing.handlers()
        finally:
            if broker:
                await broker.close()
