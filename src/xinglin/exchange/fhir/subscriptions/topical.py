"""Subscriptions to topics (Subscriptions R5 Backport): handshake, numbered events, heartbeat.

All that is sent for one Subscription goes in the order of its numbers, so a receiver that misses one knows it.
"""

from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled

from xinglin.exchange.fhir import formats
from xinglin.exchange.fhir.notifications import Shown, notification, shown
from xinglin.exchange.fhir.subscriptions.acting import Acting, channel_of, meets
from xinglin.fhir.outcome import FhirError, Forbidden, Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application
from xinglin.kernel.disclosure import patients_in
from xinglin.platform import audit, deliveries
from xinglin.platform.deliveries import Delivery, Undeliverable
from xinglin.platform.identity import Actor
from xinglin.platform.outbox import Published
from xinglin.platform.outgoing import Outgoing
from xinglin.platform.sealing import Seal, SealError
from xinglin.store import channel_headers, subscribing, subscription_events
from xinglin.store.subscribing import Subscribed

HANDSHAKE, HEARTBEAT, EVENT = "handshake", "heartbeat", "event-notification"
Connection = AsyncConnection[Any]


class Topical:
    """What a worker does for Subscriptions to topics. `base` is the address of the FHIR server, or empty."""

    def __init__(self, application: Application, acting: Acting, outgoing: Outgoing, seal: Seal, base: str) -> None:
        self._application = application
        self._acting = acting
        self._outgoing = outgoing
        self._seal = seal
        self._base = base

    async def keep(self, connection: Connection, subscribed: Subscribed) -> None:
        """Asks for a handshake where the Subscription is requested, and sends a heartbeat where it is time."""
        now, channel = self._application.clock(), channel_of(subscribed.id)
        if subscribed.status == "requested" and subscribed.handshake is None:
            await deliveries.resume(connection, channel)
            await self._add(connection, subscribed, {"kind": HANDSHAKE})
            await subscribing.greeted(connection, subscribed.id, now)
        elif subscribed.status == "active" and subscribed.heartbeat is not None and subscribed.told is not None:
            due = subscribed.told + timedelta(seconds=subscribed.heartbeat) <= now
            if due and not await deliveries.anything(connection, channel):
                await self._add(connection, subscribed, {"kind": HEARTBEAT})
                await subscribing.told(connection, subscribed.id, now)

    async def happened(
        self, connection: Connection, subscribed: Subscribed, type: str, id: str, version: int, *, deleted: bool = False
    ) -> None:
        """Gives an event its number and lets it wait."""
        number = await subscription_events.add(
            connection,
            subscribed.id,
            at=self._application.clock(),
            type=type,
            id=id,
            version=version,
            deleted=deleted,
        )
        await self._add(connection, subscribed, {"kind": EVENT, "number": number})

    async def announce(self, connection: Connection, published: Published) -> None:
        """Tells of an event of the house those who have subscribed to its topic, as they may see what it is about."""
        wanted = f"#{published.event}"
        there = [each for each in await subscribing.subscriptions(connection) if each.type == wanted]
        if not there:
            return
        type, _, id = str(published.payload["subject"]).partition("/")
        try:
            resource = await self._acting.own(connection).read(type, id)
        except (NotFound, Gone):
            return
        for each in there:
            try:
                _, eyes = await self._acting.as_seen_by(connection, each)
                met = await meets(eyes, each, type, id)
            except (FhirError, QueryCanceled) as error:
                await self._acting.fail(connection, each, str(error))
                continue
            if met:
                await self.happened(connection, each, type, id, int(resource["meta"]["versionId"]))

    async def send(self, delivery: Delivery, subscribed: Subscribed) -> None:
        """Sends a notification. Raises `Undeliverable`."""
        kind = delivery.payload["kind"]
        if kind == HANDSHAKE and subscribed.status != "requested":
            return  # it was requested twice before the first handshake went
        async with self._application.database.transaction() as connection:
            channel = (await self._acting.own(connection).read(subscribing.TYPE, subscribed.id))["channel"]
            try:
                actor, eyes = await self._acting.as_seen_by(connection, subscribed)
            except Forbidden as error:
                raise Undeliverable(str(error)) from None
            number = delivery.payload.get("number", 0)
            events = await subscription_events.between(connection, subscribed.id, number, number)
            told = [await shown(eyes, each, subscribed.content or "", deletions=True) for each in events]
        bundle = notification(subscribed, kind, told, self._base, delivery.at)
        await self._post(channel, subscribed, actor, bundle, told)
        if kind == HANDSHAKE or subscribed.heartbeat is not None:
            async with self._application.database.transaction() as connection:
                if kind == HANDSHAKE:
                    await self._acting.set_status(connection, subscribed.id, "active")
                await subscribing.told(connection, subscribed.id, self._application.clock())

    async def _post(
        self, channel: Resource, subscribed: Subscribed, actor: Actor, bundle: Resource, told: list[Shown]
    ) -> None:
        try:
            headers = channel_headers.opened(subscribed.id, subscribed.headers, self._seal)
        except SealError as error:
            raise Undeliverable(f"channel.header: {error}; or give the values again") from None
        focuses = [each.event.focus for each in told if each.focus]
        if focuses:
            entities = (f"{subscribing.TYPE}/{subscribed.id}", *focuses)
            entry = audit.Entry(actor, "read", "fhir.subscription", entities, "success", self._application.clock())
            for each in audit.disclosing(entry, patients_in(bundle)):
                await self._application.recorder.record(each)
        payload = channel["payload"]
        body = formats.of_body(payload).write(bundle, False)
        headers = {**headers, "Content-Type": f"{payload}; charset=utf-8"}
        await self._outgoing.send("POST", channel["endpoint"], headers, body)

    async def _add(self, connection: Connection, subscribed: Subscribed, payload: dict[str, Any]) -> None:
        await deliveries.add(
            connection,
            channel=channel_of(subscribed.id),
            key=f"{subscribing.TYPE}/{subscribed.id}",
            payload=payload,
            at=self._application.clock(),
        )
