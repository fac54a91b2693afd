"""Reading from a real standby of PostgreSQL, made by pg_basebackup, until it is killed."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.platform.postgres.conftest import Spawn, folder, spawn  # noqa: F401  (fixtures)
from xinglin.platform.database import Database
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.postgres.processes import wait_until

pytestmark = pytest.mark.asyncio


@pytest.fixture
def primary() -> Iterator[EmbeddedPostgres]:
    """A server of its own, since it is to have a standby."""
    home = Path(tempfile.mkdtemp(prefix="xinglin-primary-"))
    home.chmod(0o711)
    with EmbeddedPostgres(home) as server:
        yield server
    shutil.rmtree(home)


@pytest.fixture
def standby(primary: EmbeddedPostgres) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Conninfo and process of a streaming standby."""
    account, installation = primary._prepare()
    place = Path(tempfile.mkdtemp(prefix="xinglin-standby-"))
    place.chmod(0o711)
    account.make_folder(place / "data")
    known = conninfo_to_dict(primary.conninfo)
    password = Path(str(known.pop("passfile"))).read_text(encoding="utf-8").strip().rpartition(":")[2]
    source = make_conninfo(**{**known, "password": password})
    programs = [installation.program("pg_basebackup"), "-D", str(place / "data"), "-R", "-X", "stream", "-c", "fast"]
    account.run([*programs, "-d", source])
    account.write(place / "data" / "conf.d" / "90-standby.conf", "log_directory = 'log'\n")
    command = [installation.program("postgres"), "-D", str(place / "data"), "-k", str(place / "data"), "-p", "5433"]
    process = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL, **account.identity())
    conninfo = make_conninfo(**{**known, "password": password, "host": str(place / "data"), "port": "5433"})
    assert wait_until(lambda: answers(conninfo), 20)
    yield conninfo, process
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    shutil.rmtree(place)


def answers(conninfo: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(conninfo, connect_timeout=2):
        return True
    return False


async def asked(database: Database) -> tuple[bool, int]:
    """Whether a reader's server is a standby, and what it sees."""
    async with database.reading() as connection:
        row = await (await connection.execute("SELECT pg_is_in_recovery(), (SELECT count(*) FROM note)")).fetchone()
        assert row is not None
        return row[0], row[1]


async def test_readers_go_to_the_standby_until_it_is_gone(
    primary: EmbeddedPostgres, standby: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    conninfo, process = standby
    with psycopg.connect(primary.conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE note (text text)")
    database = Database(primary.conninfo, replica=conninfo, max_size=4)
    await database.open()
    try:
        await follow(database)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        seen = []
        for _ in range(3):
            with contextlib.suppress(psycopg.OperationalError):  # the connection that was open meets its end
                seen.append(await asked(database))
        assert seen[-1] == (False, 1)
        async with database.transaction() as writer:
            await writer.execute("INSERT INTO note VALUES ('after')")
        assert await asked(database) == (False, 2)
    finally:
        await database.close()


async def follow(database: Database) -> None:
    """What is written on the primary is soon read from the standby."""
    async with database.transaction() as writer:
        await writer.execute("INSERT INTO note VALUES ('before')")
    for _ in range(200):
        with contextlib.suppress(psycopg.errors.UndefinedTable):  # the standby is still behind
            if await asked(database) == (True, 1):
                return
        await asyncio.sleep(0.02)
    pytest.fail("the standby does not show what was written")
