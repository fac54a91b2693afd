"""What runs in a child process: `python -m xinglin.operations.child server module:function`, or `worker ...`.

The functions are named, not imported, since they stand on a higher floor: the server's makes the ASGI application, the
worker's is `async (settings, stop) -> None`.

A child is tethered: its standard input is a pipe from its parent, and when that ends, for whatever reason, the child
stops in order. So no kill of the parent leaves a server behind that holds the port.
"""

import asyncio
import os
import pkgutil
import shutil
import signal
import sys
import threading

from xinglin.platform import logging
from xinglin.platform.settings import Settings, load_settings

GRACE = 10
"""Seconds that requests in hand get when the server stops."""


def tether() -> None:
    """Stops this process in order when its standard input ends."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="tether", daemon=True).start()


def serve(settings: Settings, entry: str) -> None:
    """Runs the server until it is told to stop."""
    import uvicorn

    if settings.metrics_token is not None:
        share_metrics(settings)
    uvicorn.run(
        entry,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=logging.configuration(settings.log_level, settings.log_format),
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


def share_metrics(settings: Settings) -> None:
    """Gives the processes of the server an empty folder by which they count together."""
    folder = settings.home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


async def work(settings: Settings, entry: str) -> None:
    """Runs the worker until it is told to stop; what it has in hand it finishes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await pkgutil.resolve_name(entry)(settings, stop)


def main() -> None:
    """Runs the part that the arguments name."""
    part, entry = sys.argv[1:]
    settings = load_settings()
    logging.configure(settings.log_level, settings.log_format)
    tether()
    if part == "server":
        serve(settings, entry)
    else:
        asyncio.run(work(settings, entry))


if __name__ == "__main__":
    main()
