"""The command line, as a person runs it."""

import re
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.operations.conftest import xinglin
from tests.postgres import Databases, administer
from xinglin.platform.postgres import EmbeddedPostgres


def test_help_is_quick_and_names_every_command(environment: dict[str, str]) -> None:
    times = []
    for _ in range(3):
        begun = time.monotonic()
        done = xinglin(environment, "--help")
        times.append(time.monotonic() - begun)
    assert done.returncode == 0
    for command in (
        "demo",
        "serve",
        "worker",
        "migrate",
        "load",
        "audit",
        "backup",
        "restore",
        "administrator",
        "status",
        "XINGLIN_DATABASE_URL",
    ):
        assert command in done.stdout
    assert min(times) < 0.5


@pytest.mark.parametrize("command", ["demo", "serve", "worker", "migrate", "load", "administrator", "status"])
def test_every_command_has_help(environment: dict[str, str], command: str) -> None:
    done = xinglin(environment, command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4


def test_help_imports_nothing_heavy(environment: dict[str, str]) -> None:
    heavy = ("psycopg", "pydantic", "fastapi", "procrastinate", "babel")
    code = f"import sys, xinglin.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_bad_settings_are_named(environment: dict[str, str]) -> None:
    done = xinglin(environment | {"XINGLIN_PORT": "http", "XINGLIN_LOCALE": "tlh"}, "status")
    assert done.returncode == 1
    assert "XINGLIN_PORT" in done.stderr
    assert "'zh_CN' or 'en'" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_and_status_on_the_embedded_database(environment: dict[str, str], home: Path) -> None:
    before = xinglin(environment, "status")
    assert before.returncode == 3
    assert "is not running" in before.stdout
    assert not (home / "database").exists()  # looking starts nothing
    missing = xinglin(environment, "migrate", "--check")
    assert missing.returncode == 3
    assert re.search(r"missing +xinglin.ledger +0001_books.sql", missing.stdout)
    first = xinglin(environment, "migrate")
    assert first.returncode == 0
    assert re.search(r"applied +xinglin.platform +0001_foundation.sql", first.stdout)
    second = xinglin(environment, "migrate")
    assert second.stdout == "The schema is up to date.\n"
    assert xinglin(environment, "migrate", "--check").returncode == 0
    with EmbeddedPostgres(home):
        after = xinglin(environment, "status")
    assert re.search(r"database +embedded PostgreSQL \d+\.\d+, \d+ kB", after.stdout) or "MB" in after.stdout
    assert re.search(r"schema +\d+ migrations applied$", after.stdout, re.MULTILINE)
    assert re.search(r"events +0 wait$", after.stdout, re.MULTILINE)
    assert re.search(r"worker +0 connected$", after.stdout, re.MULTILINE)
    assert re.search(r"deliveries +no channel is held$", after.stdout, re.MULTILINE)
    assert after.returncode == 3  # neither server nor worker run


def test_a_given_database(environment: dict[str, str], empty_databases: Databases, home: Path) -> None:
    given = environment | {"XINGLIN_DATABASE_URL": empty_databases.create()}
    assert "migrations applied, " not in xinglin(given, "status").stdout.replace("0 migrations applied, ", "")
    assert xinglin(given, "migrate").returncode == 0
    assert "The schema is up to date." in xinglin(given, "migrate").stdout
    with psycopg.connect(given["XINGLIN_DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO migration (owner, name, digest) VALUES ('xinglin.ledger', '9999_later.sql', '')"
        )
    newer = xinglin(given, "migrate")
    assert newer.returncode == 1
    assert "xinglin: The database is newer than this code" in newer.stderr
    assert "newer than this code" in xinglin(given, "status").stdout
    assert not (home / "database").exists()


@pytest.mark.parametrize("url", ["host=/there-is-nothing-here", "postgresql://me:hunter2@127.0.0.1:1/db"])
def test_an_unreachable_database_is_told(environment: dict[str, str], url: str) -> None:
    done = xinglin(environment | {"XINGLIN_DATABASE_URL": url}, "migrate")
    assert done.returncode == 1
    assert "xinglin: The database cannot be reached" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_in_another_encoding_is_told(environment: dict[str, str], empty_databases: Databases) -> None:
    administer(empty_databases.postgres, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'LATIN1'", "test_cli_latin1")
    empty_databases.made.append("test_cli_latin1")
    url = make_conninfo(empty_databases.postgres, dbname="test_cli_latin1")
    done = xinglin(environment | {"XINGLIN_DATABASE_URL": url}, "migrate")
    assert (done.returncode, "must be in UTF8" in done.stderr) == (1, True)
