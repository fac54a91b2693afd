"""Sends events to a stream of NATS JetStream, where others read them when they like.

Each event is a CloudEvent under the subject `xinglin.events.` and its type, with an id of its own in `Nats-Msg-Id`:
what is sent again within the stream's window, since the answer was lost, is kept once. The next event of a key goes
when the stream has confirmed the one before. While the broker is away, everything waits.
"""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from xinglin.exchange.events.cloudevents import CONTENT_TYPE, cloud_event, encoded
from xinglin.platform.deliveries import Delivery, Undeliverable
from xinglin.platform.settings import Settings, SettingsError

if TYPE_CHECKING:
    from nats.aio.client import Client

CHANNEL = "nats"
STREAM = f"{CHANNEL}/events"
"""The one channel of deliveries to the broker."""

SUBJECTS = "xinglin.events"
WINDOW = 15 * 60.0
"""Seconds within which a stream that we make keeps an event once: longer than any rest between two attempts."""

CLOSING = 2.0
"""Seconds that a connection gets to end."""

_log = logging.getLogger(__name__)


class Broker:
    """What a worker does for the broker that the settings name. `source` is the CloudEvents' own.

    Raises `SettingsError` where the library is not installed.
    """

    def __init__(self, settings: Settings, source: str) -> None:
        try:
            from nats.aio.client import Client
        except ImportError:
            text = "XINGLIN_NATS_URL needs the library of the extra: pip install 'xinglin[nats]'"
            raise SettingsError(text) from None
        self._make = Client
        self._servers = [each.strip() for each in (settings.nats_url or "").split(",")]
        self._stream = settings.nats_stream
        self._seconds = settings.delivery_seconds
        self._source = source
        self._client: Client | None = None
        self._failures = 0
        self._lock = asyncio.Lock()

    async def send(self, delivery: Delivery) -> None:
        """Sends one event, and returns when the stream has confirmed it. Raises `Undeliverable`."""
        event = cloud_event(delivery, self._source)
        headers = {"Nats-Msg-Id": f"{self._source}#{event['id']}", "Content-Type": CONTENT_TYPE}
        client = None
        try:
            client = await self._connected()
            await client.jetstream(timeout=self._seconds).publish(
                f"{SUBJECTS}.{event['type']}", encoded(event), stream=self._stream, headers=headers
            )
        except Exception as error:
            # Whatever the library raises, of which there is much. The next one begins with a new connection.
            if client is not None and client is self._client:
                await self.close()
            raise Undeliverable(f"The broker did not confirm it: {type(error).__name__}") from None

    async def close(self) -> None:
        """Ends the connection, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            await _closed(client)

    async def _connected(self) -> "Client":
        failures = self._failures
        async with self._lock:
            if self._client is not None and self._client.is_connected:
                return self._client
            if self._failures > failures:
                raise ConnectionError  # found out while this one waited; each would take as long to find it out again
            client = self._make()
            try:
                async with asyncio.timeout(self._seconds):
                    # It does not reconnect by itself: what it would then send from its buffer might be overtaken.
                    await client.connect(
                        self._servers,
                        name="xinglin",
                        allow_reconnect=False,
                        max_reconnect_attempts=1,
                        reconnect_time_wait=0,
                        error_cb=_note,
                    )
                    await self._ensure_stream(client)
            except BaseException:
                self._failures += 1
                await _closed(client)
                raise
            self._client = client
            return client

    async def _ensure_stream(self, client: "Client") -> None:
        """Makes the stream where it is missing; one that is there stays as its keepers want it."""
        from nats.js.api import StreamConfig
        from nats.js.errors import NotFoundError

        manager = client.jsm(timeout=self._seconds)
        try:
            await manager.stream_info(self._stream)
        except NotFoundError:
            wanted = StreamConfig(name=self._stream, subjects=[f"{SUBJECTS}.>"], duplicate_window=WINDOW)
            await manager.add_stream(wanted)


async def _closed(client: "Client") -> None:
    with suppress(Exception):
        async with asyncio.timeout(CLOSING):
            await client.close()


async def _note(error: Exception) -> None:
    _log.debug("The broker's connection: %s", type(error).__name__)
