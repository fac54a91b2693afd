"""The embedded database's trials: what crashes leave behind."""

import contextlib
import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.platform.postgres.conftest import Spawn, kill_everything
from tests.platform.postgres.test_launcher import notes, one, write_note
from xinglin.platform.postgres import EmbeddedPostgres, processes

START = """
import sys
from pathlib import Path
from xinglin.platform.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.read()
"""


def test_everything_killed(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    for number in range(3):
        write_note(server.conninfo, f"note {number}")
        assert len(kill_everything(server.places.data)) > 3
        assert not server.running
        server.start()
        assert server.owner
    assert notes(server.conninfo) == ["note 0", "note 1", "note 2"]
    server.stop()


def test_our_process_killed_leaves_a_server_that_the_next_one_owns(folder: Path, spawn: Spawn) -> None:
    first = spawn(START, folder)
    assert first.stdout is not None
    conninfo = first.stdout.readline().strip()
    write_note(conninfo, "kept")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    server = EmbeddedPostgres(folder)
    assert server.running
    pid = one(conninfo, "SELECT pg_postmaster_start_time()")
    assert server.start() == conninfo
    assert one(conninfo, "SELECT pg_postmaster_start_time()") == pid
    assert server.owner
    server.stop()
    assert not server.running


def test_a_living_owner_stays_the_owner(folder: Path, spawn: Spawn) -> None:
    first = spawn(START, folder)
    assert first.stdout is not None
    first.stdout.readline()
    with EmbeddedPostgres(folder) as guest:
        assert not guest.owner
    assert guest.running
    kill_everything(guest.places.data)


def test_postmaster_killed_beside_a_busy_backend(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    conninfo = server.start()
    with contextlib.closing(psycopg.connect(conninfo, autocommit=True)) as connection:
        connection.execute("SET statement_timeout = '60s'")
        pid = connection.info.backend_pid
        # Spins inside PL/pgSQL, where a backend does not notice that its postmaster is gone.
        connection.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        connection.pgconn.flush()
        alive = processes.postmaster(server.places.data)
        assert alive is not None
        os.kill(alive.pid, signal.SIGKILL)
        assert processes.wait_until(lambda: not server.running, 5)
        assert processes._serves(pid, server.places.data)
        server.start()
        assert not processes._serves(pid, server.places.data)
        assert one(server.conninfo, "SELECT 1") == 1
        server.stop()


def test_leftover_lock_file_of_a_dead_process(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        text = (server.places.data / "postmaster.pid").read_text()
    dead = subprocess.Popen(["true"])
    dead.wait()
    lines = text.splitlines()
    account = server.places.data.stat()
    leave(server.places.data / "postmaster.pid", "\n".join([str(dead.pid), *lines[1:]]) + "\n", account)
    with server:
        assert one(server.conninfo, "SELECT 1") == 1


@pytest.mark.parametrize("cut", [False, True])
def test_leftover_lock_file_whose_number_belongs_to_another_process(folder: Path, cut: bool) -> None:
    with EmbeddedPostgres(folder) as server:
        lines = (server.places.data / "postmaster.pid").read_text().splitlines()
    account = server.places.data.stat()
    switch = {"user": account.st_uid, "group": account.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["sleep", "60"], **switch)  # type: ignore[call-overload]
    try:
        rest = [] if cut else lines[1:]
        leave(server.places.data / "postmaster.pid", "\n".join([str(other.pid), *rest]) + "\n", account)
        assert not server.running
        with server:
            assert one(server.conninfo, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def leave(path: Path, text: str, owner: os.stat_result) -> None:
    """Writes a file as if the server had left it."""
    path.write_text(text)
    path.chmod(0o600)
    os.chown(path, owner.st_uid, owner.st_gid)


def made_since(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_ctime > moment
    except FileNotFoundError:
        return False


def test_killed_while_making_the_cluster(folder: Path, spawn: Spawn) -> None:
    server = EmbeddedPostgres(folder)
    for delay in (0.0, 0.1, 0.2):
        begun = time.time()
        starter = spawn(START, folder)
        # Its own one, not what was left by the one before, which it first takes away.
        assert processes.wait_until(partial(made_since, server.places.unfinished / "PG_VERSION", begun), 20)
        time.sleep(delay)
        os.killpg(starter.pid, signal.SIGKILL)
        starter.wait()
        if server.places.data.exists():
            break
        assert server.places.unfinished.exists()
    with server:
        assert one(server.conninfo, "SELECT 1") == 1
    assert not server.places.unfinished.exists()


def test_lost_socket_folder(folder: Path) -> None:
    """A cleaner of temporary folders took the socket: the server lives, but nobody can reach it."""
    server = EmbeddedPostgres(folder)
    server.start()
    alive = processes.postmaster(server.places.data)
    assert alive is not None
    assert alive.socket is not None
    for file in alive.socket.iterdir():
        file.unlink()
    said: list[str] = []
    second = EmbeddedPostgres(folder, report=said.append)
    second.start()
    assert any("lost its socket" in line for line in said)
    assert one(second.conninfo, "SELECT 1") == 1
    server.stop()
    second.stop()
    assert not second.running
