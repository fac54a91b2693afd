"""The real server and worker on the real database with the demonstration hospital, and a browser in front of it."""

import asyncio
import base64
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser import chromium
from tests.browser.crowd import fill
from tests.browser.hospital import Hospital, Station
from tests.postgres import Databases
from xinglin.operations.hospital import furnish
from xinglin.operations.simulated import payments
from xinglin.platform.migrations import migrate
from xinglin.platform.settings import Settings
from xinglin.server import create_app, run_worker
from xinglin.server.app import create_application

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"1366x768": (1366, 768), "1920x1080": (1920, 1080)}
MORNING = 9


def morning_zone() -> str:
    """A time zone in which it is now between nine and ten in the morning, so that clinics have places whenever the
    tests run. (Names of the `Etc` area have the sign turned round.)"""
    ahead = (MORNING - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Loop:
    """An event loop in a thread of its own: Playwright's synchronous interface occupies this one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="hospital", daemon=True)
        self._thread.start()

    def run(self, work: object) -> object:
        """Runs a coroutine there and gives its result here."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stops the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture(scope="session")
def hospital(empty_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """A running hospital: migrated, furnished, server and worker started."""
    frontend = Path(os.environ.get("XINGLIN_FRONTEND", ROOT / "node_modules"))
    port, provider = free_port(), free_port()
    settings = Settings(
        database_url=empty_databases.create(),
        frontend=frontend,
        home=tmp_path_factory.mktemp("home"),
        port=port,
        timezone=morning_zone(),
        locale="zh_CN",
        mfa_roles="custodian",
        secret_key=base64.b64encode(bytes(32)).decode(),
        delivery_networks="127.0.0.0/8",
        payment_url=f"http://127.0.0.1:{provider}",
        payment_secret="shared-in-the-tests",
    )
    loop = Loop()
    server, stop, work = loop.run(_start(settings))  # type: ignore[misc]
    try:
        yield Hospital(f"http://127.0.0.1:{port}", settings, loop.run)
    finally:
        loop.run(_stop(server, stop, work))
        loop.close()


async def _start(settings: Settings) -> tuple[uvicorn.Server, asyncio.Event, "list[asyncio.Task[None]]"]:
    application = create_application(settings, "xinglin-tests")
    async with await psycopg.AsyncConnection.connect(str(settings.database_url)) as connection:
        await migrate(connection)
    await application.database.open()
    await furnish(application)
    await application.database.close()
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), host="127.0.0.1", port=settings.port, log_level="warning", lifespan="on")
    )
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    stop = asyncio.Event()
    work = [
        asyncio.create_task(server.serve()),
        asyncio.create_task(run_worker(settings, stop)),
        asyncio.create_task(payments.run(settings, stop)),
    ]
    while not server.started:
        await asyncio.sleep(0.05)
        for task in work:
            if task.done():
                task.result()
    return server, stop, work


async def _stop(server: uvicorn.Server, stop: asyncio.Event, work: "list[asyncio.Task[None]]") -> None:
    server.should_exit = True
    stop.set()
    await asyncio.wait_for(asyncio.gather(*work), 30)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright, whose driver is a process of its own."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """A headless Chromium. Without one the tests fail where `CI` is set, and are skipped elsewhere."""
    try:
        found = chromium.find()
    except chromium.NoBrowser as error:
        if os.environ.get("CI"):
            pytest.fail(f"no browser: {error}")
        pytest.skip(f"no browser: {error}")
    opened = playwright_driver.chromium.launch(
        executable_path=found.executable, env=dict(found.environment), args=list(chromium.FLAGS), headless=True
    )
    yield opened
    opened.close()


@pytest.fixture
def station(hospital: Hospital, browser: Browser) -> Iterator[Callable[..., Station]]:
    """Opens a window of its own for a person of staff, signed in by the form: `station("doctor")`."""
    with ExitStack() as windows:

        def open_station(
            login: str = "", *, locale: str = "zh_CN", size: str = "1366x768", dark: bool = False
        ) -> Station:
            width, height = SIZES[size]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                locale="zh-CN" if locale == "zh_CN" else "en-GB",
            )
            windows.callback(context.close)
            opened = Station(hospital, context.new_page(), login)
            windows.callback(opened.no_faults)
            if login:
                opened.sign_in(locale)
            return opened

        yield open_station


@pytest.fixture(scope="session")
def visit(hospital: Hospital) -> dict[str, str]:
    """A morning's patients; addresses of pages with one of them, by station."""
    return fill(hospital)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: into the documentation when `XINGLIN_SCREENSHOTS=1`, else into a temporary folder."""
    if os.environ.get("XINGLIN_SCREENSHOTS") == "1":
        folder = ROOT / "docs" / "screens"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    return tmp_path_factory.mktemp("screens")


__all__ = ["Page"]
