"""A small server and worker for the supervisor's trials."""

import asyncio
import os
import sys
from typing import Any

import psycopg

from xinglin.platform.database import Database
from xinglin.platform.settings import Settings, load_settings


def create_app() -> Any:
    """Answers with its process number; dies at `/die`; says at `/database` whether it reaches the database."""
    settings = load_settings()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/die":
            os._exit(7)
        text = str(os.getpid())
        if scope["path"] == "/database":
            assert settings.database_url is not None
            database = Database(settings.database_url, min_size=1, max_size=1)
            await database.open()
            async with database.transaction() as connection:
                row = await (await connection.execute("SELECT count(*) FROM account")).fetchone()
            await database.close()
            text = f"{row[0] if row else None} accounts"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": text.encode()})

    return app


def broken_app() -> Any:
    """Fails at start."""
    print("the reason why", file=sys.stderr)
    raise SystemExit(5)


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Writes down when it begins and ends."""
    log = settings.home / "worker-was-here"
    with log.open("a") as file:
        file.write(f"begun {os.getpid()}\n")
    await stop.wait()
    with log.open("a") as file:
        file.write("ended\n")


async def fragile_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Ends with an error as soon as the database is away; a pool would wait until it is back."""
    assert settings.database_url is not None
    async with await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True) as connection:
        with (settings.home / "worker-was-here").open("a") as file:
            file.write("begun\n")
        while not stop.is_set():
            await connection.execute("SELECT 1")
            await asyncio.sleep(0.05)


async def broken_worker(_settings: Settings, _stop: asyncio.Event) -> None:
    """Crashes always."""
    raise ValueError
