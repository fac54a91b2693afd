"""`xinglin audit`, as a person runs it."""

import re
from pathlib import Path

import psycopg
import pytest

from tests.operations.conftest import xinglin
from tests.platform.audit.helpers import KEY, make_chain
from tests.postgres import Databases
from xinglin.platform.database import Database


@pytest.fixture
async def sealed(
    environment: dict[str, str], home: Path, empty_databases: Databases, migrated_template: str
) -> dict[str, str]:
    """The environment of an installation whose audit has three seals of four rows."""
    database = Database(empty_databases.create(migrated_template), min_size=1)
    await database.open()
    heads = await make_chain(database, 3, 4)
    await database.close()
    (home / "audit.key").write_text(f"{KEY.secret.hex()}\n")
    (home / "audit.head").write_text(f"{heads[-1]}\n")
    return {**environment, "XINGLIN_DATABASE_URL": database.conninfo}


def forbidden(environment: dict[str, str], statement: str) -> None:
    """Does what the schema forbids, as somebody can who owns the tables."""
    with psycopg.connect(environment["XINGLIN_DATABASE_URL"]) as connection:
        for table in ("audit_event", "audit_seal"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(statement)  # type: ignore[call-overload]


def test_what_was_checked_is_told_and_the_head_can_be_kept(sealed: dict[str, str]) -> None:
    head = xinglin(sealed, "audit", "head").stdout.strip()
    assert re.fullmatch(r"3:[0-9a-f]{64}", head)
    done = xinglin(sealed, "audit", "verify", "--head", head)
    assert done.returncode == 0, done.stderr
    assert "checked: 3 seals with 12 rows, 2 heads" in done.stdout
    assert done.stdout.endswith(f"head: {head}\nNothing is wrong.\n")


def test_wrong_rows_are_named_with_status_3(sealed: dict[str, str]) -> None:
    forbidden(sealed, "UPDATE audit_event SET name = '林' WHERE id IN (2, 9)")
    done = xinglin(sealed, "audit", "verify")
    assert done.returncode == 3
    assert "wrong: row 2, seal 1: changed\nwrong: row 9, seal 3: changed\n" in done.stdout
    assert done.stdout.endswith("2 faults; the first: row 2, seal 1: changed\n")


def test_the_head_in_the_home_tells_that_the_end_was_cut_off(sealed: dict[str, str]) -> None:
    forbidden(sealed, "DELETE FROM audit_seal WHERE number = 3; DELETE FROM audit_event WHERE id > 8")
    done = xinglin(sealed, "audit", "verify")
    assert done.returncode == 3
    assert "the chain ends at seal 2, but seal 3 was known: cut off" in done.stdout


def test_keys_and_heads_that_are_none_are_named(sealed: dict[str, str], home: Path) -> None:
    done = xinglin(sealed, "audit", "verify", "--head", "12")
    assert (done.returncode, "is no head" in done.stderr) == (1, True)
    (home / "audit.key").unlink()
    done = xinglin(sealed, "audit", "verify")
    assert (done.returncode, "audit.key" in done.stderr) == (1, True)
    done = xinglin(sealed, "audit", "verify", "--without-key")
    assert (done.returncode, "not checked: the HMACs" in done.stdout) == (0, True)
