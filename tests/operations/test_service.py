"""Everything together: started, watched and stopped, with real processes and a real database."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.operations.conftest import free_port
from tests.platform.postgres.conftest import kill_everything
from xinglin.operations import service, supervisor
from xinglin.operations.supervisor import ServiceError
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings, load_settings

SERVER, WORKER = "tests.operations.small:create_app", "tests.operations.small:run_worker"


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("XINGLIN_DATABASE_URL", raising=False)
    return load_settings(home=home, port=free_port())


def get(settings: Settings, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


class Running:
    """A service in this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.said: list[str] = []
        self.stop = asyncio.Event()
        self.ready = asyncio.Event()

    async def run(self, **options: Any) -> None:
        async def ready(_settings: Settings) -> None:
            self.ready.set()

        given: dict[str, Any] = {"server": SERVER, "worker": WORKER, "logs": True, "ready": ready} | options
        await service.run(self.settings, self.stop, say=self.said.append, **given)

    async def eventually(self, condition: Callable[[], bool], seconds: float = 15) -> None:
        for _ in range(int(seconds / 0.05)):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if await asyncio.to_thread(condition):
                    return
            await asyncio.sleep(0.05)
        pytest.fail(f"did not happen; said: {self.said}")


@asynccontextmanager
async def running(settings: Settings, **options: Any) -> AsyncIterator[Running]:
    """A service that is ready, and is stopped at the end."""
    started = Running(settings)
    task = asyncio.create_task(started.run(**options))
    waiting = asyncio.create_task(started.ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if task.done():
            await task
        yield started
    finally:
        started.stop.set()
        await task


async def test_runs_and_stops_in_order_and_data_stay(settings: Settings) -> None:
    seeded: list[str | None] = []

    async def seed(found: Settings) -> None:
        seeded.append(found.database_url)

    async with running(settings, seed=seed) as first:
        assert await asyncio.to_thread(get, settings, "/database") == "0 accounts"
        pid = int(await asyncio.to_thread(get, settings, "/pid"))
        await first.eventually(lambda: "begun" in (settings.home / "worker-was-here").read_text())
    assert len(seeded) == 1
    assert seeded[0]
    assert not psutil.pid_exists(pid)
    assert not EmbeddedPostgres(settings.home).running
    assert (settings.home / "worker-was-here").read_text().endswith("ended\n")
    for name in ("server.log", "worker.log", "postgres-start.log"):
        assert stat.S_IMODE((settings.home / "log" / name).stat().st_mode) == 0o600
    assert any("migrations" in line for line in first.said)
    begun = time.monotonic()
    async with running(settings) as second:
        assert time.monotonic() - begun < 3
        assert not any("migrations" in line for line in second.said)


async def test_a_crashed_server_is_started_again(settings: Settings) -> None:
    async with running(settings) as service_:
        first = await asyncio.to_thread(get, settings, "/pid")
        with pytest.raises((OSError, http.client.HTTPException)):
            await asyncio.to_thread(get, settings, "/die")
        await service_.eventually(lambda: get(settings, "/pid") not in ("", first))
        assert any("server ended by itself (exit status 7)" in line for line in service_.said)


async def test_a_killed_worker_is_started_again(settings: Settings) -> None:
    log = settings.home / "worker-was-here"
    async with running(settings) as service_:
        await service_.eventually(lambda: log.exists() and log.read_text().endswith("\n"))
        os.kill(int(log.read_text().split()[1]), signal.SIGKILL)
        await service_.eventually(lambda: log.read_text().count("begun") == 2)
        assert any("killed by SIGKILL" in line for line in service_.said)


async def test_what_crashes_again_and_again_ends_all_with_its_last_words(settings: Settings) -> None:
    failing = Running(settings)
    with pytest.raises(
        ServiceError, match=r"worker ends again and again \(exit status 1\)(?s:.*)ValueError(?s:.*)worker.log"
    ):
        await failing.run(worker="tests.operations.small:broken_worker")
    assert len([line for line in failing.said if "ended by itself" in line]) == supervisor.CRASHES
    assert service.ask(settings) is None
    assert not EmbeddedPostgres(settings.home).running


async def test_a_server_that_cannot_start_is_told_at_once(settings: Settings) -> None:
    with pytest.raises(ServiceError, match=r"did not start \(exit status 5\)(?s:.*)the reason why"):
        await Running(settings).run(server="tests.operations.small:broken_app")
    assert not EmbeddedPostgres(settings.home).running


async def test_a_killed_database_is_started_again(settings: Settings) -> None:
    async with running(settings) as service_:
        kill_everything(EmbeddedPostgres(settings.home).places.data)
        await service_.eventually(lambda: get(settings, "/database") == "0 accounts")
        assert any("database has died" in line for line in service_.said)


async def test_a_database_that_is_long_away_ends_nobody(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOOK", 6.0)
    log = settings.home / "worker-was-here"
    async with running(settings, worker="tests.operations.small:fragile_worker") as service_:
        await service_.eventually(log.exists)
        kill_everything(EmbeddedPostgres(settings.home).places.data)
        await service_.eventually(lambda: log.read_text().count("begun") == 2)
        assert len([line for line in service_.said if "worker ended by itself" in line]) == 1


async def test_a_taken_port_is_told_before_anything_starts(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.port))
        other.listen()
        with pytest.raises(ServiceError, match=rf"Cannot listen on 127.0.0.1:{settings.port}: .*XINGLIN_PORT"):
            await Running(settings).run()
    assert list(settings.home.iterdir()) == []


async def test_a_given_database_is_used_and_none_is_started(settings: Settings, empty_databases: Any) -> None:
    given = settings.model_copy(update={"database_url": empty_databases.create()})
    async with running(given):
        assert await asyncio.to_thread(get, given, "/database") == "0 accounts"
        assert not (given.home / "database").exists()


PARENT = """
import asyncio, sys
from pathlib import Path
from xinglin.operations import service
from xinglin.platform.settings import load_settings

async def ready(settings):
    print("ready", flush=True)

settings = load_settings(home=Path(sys.argv[1]), port=int(sys.argv[2]))
asyncio.run(service.run(settings, asyncio.Event(), say=lambda text: None, ready=ready, logs=True,
    server="tests.operations.small:create_app", worker="tests.operations.small:run_worker"))
"""


def test_a_killed_parent_leaves_no_server_and_the_next_start_takes_over(settings: Settings) -> None:
    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", PARENT, settings.home, settings.port]
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    for _ in range(2):
        parent = start()
        pid = int(get(settings, "/pid"))
        os.kill(parent.pid, signal.SIGKILL)
        parent.communicate()
        end = time.monotonic() + 15
        while psutil.pid_exists(pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert service.ask(settings) is None
        assert EmbeddedPostgres(settings.home).running  # left behind, and adopted by the next
    with EmbeddedPostgres(settings.home) as server:
        assert server.owner
    assert not server.running
