"""What every command needs: its settings, progress, an end by signals, and errors that a person can act on."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from xinglin.platform.settings import Settings

_BEGUN = time.monotonic()


def say(text: str) -> None:
    """Progress goes to standard error, so that the output of a command stays clean."""
    typer.echo(f"· {text} ({time.monotonic() - _BEGUN:.1f} s)", err=True)


def settings_of(port: int | None) -> "Settings":
    """The settings of this installation; a mistake in them ends the command with its message."""
    from xinglin.platform.settings import SettingsError, load_settings

    try:
        return load_settings(**({"port": port} if port else {}))
    except SettingsError as error:
        fail(str(error))


def fail(text: str) -> NoReturn:
    """Ends the command with a message and exit status 1."""
    typer.echo(f"xinglin: {text}", err=True)
    raise typer.Exit(1)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set. A second Ctrl-C changes nothing: the stop is under way."""
    import signal

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def carry_out(main: Callable[[], Awaitable[None]]) -> None:
    """Runs a command and turns the errors that a person can do something about into a message and exit status 1."""
    from xinglin.operations.backup.manifest import BackupError
    from xinglin.operations.supervisor import ServiceError
    from xinglin.platform.audit.chain import AlgorithmError, HeadError
    from xinglin.platform.audit.keys import AuditKeyError
    from xinglin.platform.database import DatabaseError
    from xinglin.platform.migrations import MigrationError
    from xinglin.platform.postgres import PostgresError

    async def awaited() -> None:
        await main()

    try:
        asyncio.run(awaited())
    except (
        AlgorithmError, AuditKeyError, BackupError, DatabaseError, FileNotFoundError, HeadError, MigrationError,
        PostgresError, ServiceError,
    ) as error:  # fmt: skip
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
