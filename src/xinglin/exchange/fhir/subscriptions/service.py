"""From a version that was written to the request that tells of it (FHIR R4, Subscription).

The store notes versions that somebody may wait for. `prepare` finds out whose criteria they meet, by the store's own
search and as whoever the Subscription is for, and writes deliveries; `send` reads the version once more, as what that
account may see by then, and sends it. What may not be seen any more is not sent.
"""

import logging
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled

from xinglin.exchange.fhir import formats
from xinglin.exchange.fhir.subscriptions.acting import CHANNEL, Acting, channel_of, meets
from xinglin.exchange.fhir.subscriptions.topical import Topical
from xinglin.fhir import json
from xinglin.fhir.outcome import FhirError, Forbidden, Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application
from xinglin.kernel.disclosure import patients_in
from xinglin.platform import audit, deliveries
from xinglin.platform.deliveries import Delivery, Undeliverable
from xinglin.platform.identity import Actor
from xinglin.platform.outgoing import Outgoing
from xinglin.platform.sealing import Seal, SealError
from xinglin.store import changes, channel_headers, subscribing
from xinglin.store.changes import Change
from xinglin.store.subscribing import Subscribed
from xinglin.store.versions import Version

_BATCH = 100
_log = logging.getLogger(__name__)
Connection = AsyncConnection[Any]


class Subscriptions:
    """What a worker does for Subscriptions."""

    def __init__(self, application: Application, outgoing: Outgoing, seal: Seal, base: str = "") -> None:
        self._application = application
        self._outgoing = outgoing
        self._seal = seal
        self._acting = Acting(application)
        self._topical = Topical(application, self._acting, outgoing, seal, base)
        self.announce = self._topical.announce

    async def prepare(self) -> bool:
        """Takes up requests, ends what is over, and makes deliveries of changes; tells whether there may be more."""
        async with self._application.database.transaction() as connection:
            # The changes first: whatever is noted by now was noted for a Subscription that is seen afterwards.
            noted = await changes.first(connection, _BATCH)
            await channel_headers.seal_former(connection, self._seal)
            there = await subscribing.subscriptions(connection)
            for each in there:
                if each.ends is not None and each.ends <= self._application.clock():
                    await self._acting.set_status(connection, each.id, "off")
                elif each.topic is not None:
                    await self._topical.keep(connection, each)
                elif each.status == "requested":
                    await deliveries.resume(connection, channel_of(each.id))
                    await self._acting.set_status(connection, each.id, "active")
            await self._drop_orphans(connection, {each.id for each in there})
            if noted:
                await self._dispatch(connection, noted, there)
                await changes.forget(connection, noted)
        return len(noted) == _BATCH

    async def _drop_orphans(self, connection: Connection, ids: set[str]) -> None:
        """Forgets what waits for a person on channels whose Subscription is off or was deleted."""
        for channel in await deliveries.held(connection):
            kind, _, id = channel.partition("/")
            if kind == CHANNEL and id not in ids:
                await deliveries.drop(connection, channel)

    async def _dispatch(self, connection: Connection, noted: Sequence[Change], there: Sequence[Subscribed]) -> None:
        types = {change.type for change in noted}
        eyes = {}
        for each in there:
            if each.type in types:
                try:
                    eyes[each.id] = (await self._acting.as_seen_by(connection, each))[1]
                except Forbidden as error:
                    await self._acting.fail(connection, each, str(error))
        for change in noted:
            waiting = [
                each
                for each in there
                if each.type == change.type and each.after < change.number and each.id in eyes
                if each.topic is not None or not change.deleted
            ]
            met, void = [], []
            # What was deleted is judged by what it was before.
            looked = change._replace(version=change.version - 1) if change.deleted else change
            async with changes.as_it_was(connection, looked, self._application.zone) as known:
                for each in waiting if known else ():
                    try:
                        if await meets(eyes[each.id], each, change.type, change.id):
                            met.append(each)
                    except (FhirError, QueryCanceled) as error:
                        # A parameter that is no more, or a search without an end. Others must not wait for this one.
                        void.append((each, f"criteria: {error}"))
            for each, error_text in void:  # once the block is over, which undoes what is written in it
                await self._acting.fail(connection, each, error_text)
                eyes.pop(each.id, None)
            for each in met:
                await self._tell(connection, each, change)

    async def _tell(self, connection: Connection, subscribed: Subscribed, change: Change) -> None:
        if subscribed.topic is not None:
            await self._topical.happened(
                connection, subscribed, change.type, change.id, change.version, deleted=change.deleted
            )
            return
        await deliveries.add(
            connection,
            channel=channel_of(subscribed.id),
            key=f"{change.type}/{change.id}",
            payload={"type": change.type, "id": change.id, "version": change.version},
            at=self._application.clock(),
        )

    async def held(self, connection: Connection, channel: str, error: str) -> None:
        """Tells in the Subscription that its receiver does not take what is sent."""
        id = channel.partition("/")[2]
        if await subscribing.find(connection, id):
            await self._acting.set_status(connection, id, "error", error)

    async def send(self, delivery: Delivery) -> None:
        """Sends one version. What its Subscription may not have any more is left out. Raises `Undeliverable`."""
        async with self._application.database.transaction() as connection:
            subscribed = await subscribing.find(connection, delivery.channel.partition("/")[2])
        if subscribed is None or subscribed.status == "off":
            return
        # What waits was made for a topic or for criteria; the Subscription may have become the other kind since.
        if subscribed.topic is None and "version" in delivery.payload:
            await self._send_version(delivery, subscribed)
        elif subscribed.topic is not None and "kind" in delivery.payload:
            await self._topical.send(delivery, subscribed)

    async def _send_version(self, delivery: Delivery, subscribed: Subscribed) -> None:
        type, id, number = (delivery.payload[name] for name in ("type", "id", "version"))
        async with self._application.database.transaction() as connection:
            resource = await self._acting.own(connection).read(subscribing.TYPE, subscribed.id)
            try:
                actor, eyes = await self._acting.as_seen_by(connection, subscribed)
            except Forbidden as error:
                raise Undeliverable(str(error)) from None
            try:
                version = await eyes.vread_raw(type, id, number)
            except (NotFound, Gone, Forbidden):
                return
        await self._post(resource["channel"], subscribed, actor, f"{type}/{id}", version)

    async def _post(self, channel: Resource, subscribed: Subscribed, actor: Actor, name: str, version: Version) -> None:
        """A POST that says nothing, or a PUT of the version, as if the receiver were a FHIR server (R4's rest-hook)."""
        try:
            headers = channel_headers.opened(subscribed.id, subscribed.headers, self._seal)
        except SealError as error:
            raise Undeliverable(f"channel.header: {error}; or give the values again") from None
        payload, endpoint = channel.get("payload"), channel["endpoint"]
        if payload is None:
            await self._outgoing.send("POST", endpoint, headers, b"")
            return
        resource = json.loads(version.content or b"null")
        entities = (f"{subscribing.TYPE}/{subscribed.id}", name)
        entry = audit.Entry(actor, "read", "fhir.subscription", entities, "success", self._application.clock())
        for each in audit.disclosing(entry, patients_in(resource)):
            await self._application.recorder.record(each)
        body = formats.of_body(payload).write(resource, False)
        base, mark, query = endpoint.partition("?")
        url = f"{base.rstrip('/')}/{name}{mark}{query}"
        await self._outgoing.send("PUT", url, {**headers, "Content-Type": f"{payload}; charset=utf-8"}, body)
