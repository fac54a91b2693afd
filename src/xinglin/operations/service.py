"""The whole service on one machine: database, schema, server and worker, from start to an orderly stop."""

import asyncio
import http.client
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from xinglin.operations.supervisor import Child, ServiceError
from xinglin.platform.settings import PREFIX, Settings

if TYPE_CHECKING:
    from xinglin.platform.postgres import EmbeddedPostgres

Say = Callable[[str], None]
Step = Callable[[Settings], Awaitable[None]]

SERVER, WORKER = "xinglin.server:create_app", "xinglin.server:run_worker"
LOOK = 1.0
"""Seconds between two looks at the embedded database."""

START = 60.0
"""Seconds that the server gets to answer for the first time."""


@asynccontextmanager
async def database_of(settings: Settings, say: Say) -> AsyncIterator[Settings]:
    """Settings that name a running database: the one of `XINGLIN_DATABASE_URL`, else the embedded one.

    The embedded one is started, or joined where it runs already, kept running, and stopped at the end by whoever
    started it. Raises `DatabaseError`, `PostgresError`.
    """
    from xinglin.platform.database import check_server

    if settings.database_url is not None:
        await check_server(settings.database_url)
        yield settings
        return
    from xinglin.platform.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(
        settings.home, account=settings.database_account, report=say, archive=settings.wal_archive
    )
    say("Starting the database")
    conninfo = await asyncio.to_thread(server.start)
    keeper = asyncio.create_task(_keep(server, say))
    try:
        yield settings.model_copy(update={"database_url": conninfo})
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        await asyncio.to_thread(server.stop)


async def _keep(server: "EmbeddedPostgres", say: Say) -> None:
    """Starts the database again when it dies."""
    while True:
        await asyncio.sleep(LOOK)
        if not server.running:
            say("The database has died; starting it again")
            await asyncio.shield(asyncio.to_thread(server.start))


async def bring_up_to_date(settings: Settings, say: Say) -> list[tuple[str, str]]:
    """Applies migrations that are missing. Raises `MigrationError`."""
    import psycopg

    from xinglin.platform.migrations import migrate

    assert settings.database_url is not None
    async with await psycopg.AsyncConnection.connect(settings.database_url) as connection:
        applied = await migrate(connection)
    if applied:
        say(f"Applied {len(applied)} migrations")
        await _index(settings, say)
    return applied


async def _index(settings: Settings, say: Say) -> None:
    """Finishes what a migration left to be indexed anew, so that no search misses a resource of before."""
    from xinglin.operations.reindexing import finish_reindex
    from xinglin.platform.crypto.vault import Vault
    from xinglin.platform.database import Database

    assert settings.database_url is not None
    vault = Vault(settings)
    database = Database(settings.database_url, min_size=1, max_size=1, application="xinglin-index", vault=vault)
    await database.open()
    try:
        await finish_reindex(database, lambda: datetime.now(UTC), ZoneInfo(settings.timezone), say)
    finally:
        await database.close()


async def run(
    settings: Settings,
    stop: asyncio.Event,
    *,
    say: Say,
    seed: Step | None = None,
    ready: Step | None = None,
    logs: bool = False,
    server: str = SERVER,
    worker: str = WORKER,
    beside: Sequence[tuple[str, str]] = (),
) -> None:
    """Runs everything until `stop` is set; `beside` names further children and what they run as a worker does.

    `seed` fills the database while the server starts; `ready` is called when all runs. With `logs` the children write
    into files below `home/log` instead of our output. Raises `ServiceError` and what the database raises.
    """
    check_port(settings)
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(database_of(settings, say))
        await bring_up_to_date(settings, say)
        if stop.is_set():
            return
        folder = settings.home / "log"
        folder.mkdir(parents=True, exist_ok=True)
        environment = environment_of(settings)
        children = {
            name: Child(name, entry, environment, log=folder / f"{name}.log" if logs else None)
            for name, entry in (*beside, ("worker", worker), ("server", server))
        }
        for child in children.values():  # the last one is stopped first: no request comes in while the worker ends
            stack.push_async_callback(child.stop)
        say("Starting server and worker")
        await children["server"].start()
        if seed is not None:
            await _unless(stop, seed(settings))
        await _unless(stop, answers(settings, children["server"]))
        for name in (*(name for name, _entry in beside), "worker"):
            await children[name].start()
        await _watch(settings, children, stop, say, ready)
        say("Stopping")


async def _watch(
    settings: Settings, children: dict[str, Child], stop: asyncio.Event, say: Say, ready: Step | None
) -> None:
    """Watches the children until `stop` is set. Raises what ends them all."""

    async def healthy() -> bool:
        return await _reachable_database(settings)

    tasks: list[asyncio.Future[Any]] = [asyncio.create_task(child.watch(say, healthy)) for child in children.values()]
    if ready is not None and not stop.is_set():
        tasks.append(asyncio.ensure_future(ready(settings)))
    ending = asyncio.create_task(stop.wait())
    running: set[asyncio.Future[Any]] = {*tasks, ending}
    try:
        while not ending.done():
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in (*tasks, ending):
            task.cancel()
        await asyncio.gather(*tasks, ending, return_exceptions=True)


async def _reachable_database(settings: Settings) -> bool:
    from xinglin.platform.database import DatabaseError, check_server

    assert settings.database_url is not None
    try:
        await check_server(settings.database_url)
    except DatabaseError:
        return False
    return True


async def _unless(stop: asyncio.Event, work: Awaitable[None]) -> None:
    """Does the work, or gives it up when `stop` is set meanwhile."""
    task, ending = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not task.done():
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for children: they see exactly what we decided."""
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.model_dump().items() if value is not None}


def check_port(settings: Settings) -> None:
    """Raises `ServiceError` where the port is taken, before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ServiceError(
                f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
                f"Choose another port: XINGLIN_PORT=8001, or --port 8001."
            ) from None


async def answers(settings: Settings, child: Child) -> None:
    """Waits until the server answers. Raises `ServiceError` with the end of its log where it ends or stays silent."""
    ended = asyncio.create_task(child.ended())
    end = time.monotonic() + START
    try:
        while time.monotonic() < end:
            if ended.done():
                raise ServiceError(f"The server did not start ({ended.result()}).{child.last_words()}")
            if await asyncio.to_thread(ask, settings) is not None:
                return
            await asyncio.sleep(0.03)
    finally:
        ended.cancel()
    raise ServiceError(f"The server did not answer within {START:.0f} s.{child.last_words()}")


def ask(settings: Settings, path: str = "/healthz") -> int | None:
    """The HTTP status that our server gives for a path; None where nobody answers."""
    connection = http.client.HTTPConnection(reachable(settings.host), settings.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def reachable(host: str) -> str:
    """An address under which a server that listens on `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on


def address(settings: Settings) -> str:
    """The address for people."""
    host = reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
