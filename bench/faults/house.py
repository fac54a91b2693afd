"""A whole house on this machine whose parts are killed, and started again as a service manager would."""

import asyncio
import os
import random
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg

from tests.broker import NatsServer, program
from tests.platform.postgres.conftest import kill_everything
from xinglin.operations.hospital import furnish
from xinglin.operations.service import SERVER, WORKER, ask, environment_of
from xinglin.operations.supervisor import Child
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings
from xinglin.server.app import create_application

READY = 60.0
"""Seconds within which everything must run again."""


def quiet_port() -> int:
    """A port that nobody listens on, from below those that connections going out get: else one of them could take it
    while whoever listens there is dead."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class House:
    """Database, server, worker and broker, of which each can be killed by its name. `broker` is None where no program
    for one is installed."""

    def __init__(self, home: Path) -> None:
        self.broker = NatsServer(home / "broker", quiet_port()) if program() else None
        self._postgres = EmbeddedPostgres(home)
        self._home = home
        self._children: dict[str, Child] = {}
        self.settings = Settings(home=home)
        self.parts = ["server", "worker", "database", *(["broker"] if self.broker else [])]

    @property
    def base(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def conninfo(self) -> str:
        """The address of the database."""
        return str(self.settings.database_url)

    async def kill(self, part: str) -> None:
        """Kills a part with SIGKILL: of the database the postmaster and all its children."""
        if part == "database":
            await asyncio.to_thread(kill_everything, self._postgres.places.data)
        elif part == "broker" and self.broker:
            await self.broker.kill()
        elif (pid := self._children[part].pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def ready(self) -> None:
        """Waits until the server answers and reaches its database. Raises `TimeoutError`."""
        async with asyncio.timeout(READY):
            while await asyncio.to_thread(ask, self.settings, "/readyz") != 200:
                await asyncio.sleep(0.05)

    async def prepare(self) -> None:
        """Starts the database and fills it with a small hospital."""
        conninfo = await asyncio.to_thread(self._postgres.start)
        files = self._home / "files"
        self.settings = Settings(
            home=files,
            database_url=conninfo,
            port=quiet_port(),
            delivery_networks="127.0.0.0/8",
            password_days=0,
            nats_url=self.broker.url if self.broker else None,
        )
        async with await psycopg.AsyncConnection.connect(conninfo) as connection:
            await migrate(connection)
        application = create_application(self.settings, "faults")
        await application.database.open()
        await furnish(application)
        await application.database.close()

    async def keep(self, restarts: random.Random) -> None:
        """Starts again what has ended, after a moment, until it is cancelled."""
        while True:
            await asyncio.sleep(0.05)
            if not self._postgres.running:
                await asyncio.sleep(restarts.uniform(0, 0.5))
                await asyncio.to_thread(self._postgres.start)
            if self.broker and not self.broker.running:
                await asyncio.sleep(restarts.uniform(0, 0.5))
                await self.broker.start()
            for child in self._children.values():
                if child.pid is None:
                    await asyncio.sleep(restarts.uniform(0, 0.5))
                    await child.start()

    async def begin(self) -> None:
        """Starts broker, server and worker; the output of the latter goes into files below the home."""
        if self.broker:
            await self.broker.start()
        folder = self.settings.home / "log"
        folder.mkdir(parents=True, exist_ok=True)
        environment = environment_of(self.settings)
        for name, entry in (("server", SERVER), ("worker", WORKER)):
            self._children[name] = Child(name, entry, environment, log=folder / f"{name}.log")
            await self._children[name].start()
        await self.ready()

    async def end(self) -> None:
        """Stops everything in order."""
        for child in self._children.values():
            await child.stop()
        if self.broker:
            await self.broker.kill()
        await asyncio.to_thread(self._postgres.stop)


@asynccontextmanager
async def house(home: Path, restarts: random.Random) -> AsyncIterator[House]:
    """A house in which everything runs, and is started again when it ends."""
    made = House(home)
    await made.prepare()
    try:
        await made.begin()
        keeper = asyncio.create_task(made.keep(restarts))
        try:
            yield made
        finally:
            keeper.cancel()
            # Whatever ended it, such as a database that does not start again, ends the trial.
            with suppress(asyncio.CancelledError):
                await keeper
    finally:
        await made.end()
