"""Brings a database to the schema of this code: numbered plain SQL, owned by the packages whose tables it makes.

Each owner has `migrations/0001_name.sql`, `0002_...`, and `schema.sql` with its whole schema on one page; a test
proves that both give the same catalogue. procrastinate brings its own files and is an owner like the others.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

from xinglin.platform import stepping
from xinglin.store.sql import load_queries

OWNERS = ("xinglin.store", "xinglin.terminology", "xinglin.ledger", "xinglin.platform")
JOBS = "procrastinate"
_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_LOCK = 0x58_494E_474C_494E
"""Key of the advisory lock: 'XINGLIN' in ASCII."""

queries = load_queries("xinglin.platform")


class MigrationError(Exception):
    """The database and this code do not fit together; nothing was changed by the step that failed."""


@dataclass(frozen=True)
class Migration:
    """One step of one owner. `digest` is SHA-256 of its text."""

    owner: str
    name: str
    text: LiteralString
    fixed: bool = True
    """Whether a change of the text after it was applied is a fault; not for files of others."""

    @property
    def digest(self) -> str:
        """What the database remembers of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def _read(file: Traversable) -> LiteralString:
    # Files of installed packages, never a text from outside: as good as a literal in the source.
    return file.read_text(encoding="utf-8").replace("\r\n", "\n")


def _files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)


def migrations_of(owner: str) -> list[Migration]:
    """The steps of one owner, in order. Raises `MigrationError` where numbers repeat or leave a gap."""
    files = _files(resources.files(owner).joinpath("migrations"))
    for position, file in enumerate(files, 1):
        found = _FILE.fullmatch(file.name)
        if not found or int(found[1]) != position:
            raise MigrationError(f"{owner}/migrations/{file.name}: expected {position:04d}_some_name.sql")
    return [Migration(owner, file.name, _read(file)) for file in files]


def schema_of(owner: str) -> LiteralString:
    """The whole schema of one owner; empty where it has none."""
    file = resources.files("procrastinate.sql" if owner == JOBS else owner).joinpath("schema.sql")
    return _read(file) if file.is_file() else ""


def _jobs(applied: dict[str, str]) -> Iterator[Migration]:
    """procrastinate's steps: its whole schema in a new database, later what newer versions add."""
    folder = resources.files("procrastinate.sql")
    steps = _files(folder.joinpath("migrations"))
    if applied:
        yield from (Migration(JOBS, file.name, _read(file), fixed=False) for file in steps)
        return
    yield Migration(JOBS, "schema.sql", _read(folder.joinpath("schema.sql")), fixed=False)
    # The schema already contains them: remember their names, execute nothing.
    yield from (Migration(JOBS, file.name, "", fixed=False) for file in steps)


def _pending(owner: str, steps: Sequence[Migration], applied: dict[str, str]) -> list[Migration]:
    """Steps still to do. Raises `MigrationError` where the database knows more than, or other than, this code."""
    names = {step.name for step in steps} | {"schema.sql" if owner == JOBS else ""}
    unknown = sorted(set(applied) - names)
    if unknown:
        raise MigrationError(
            f"The database is newer than this code: {owner} has {', '.join(unknown)} applied, which is unknown here. "
            f"Use the version of Xinglin that migrated it, or a newer one."
        )
    for step in steps:
        if step.fixed and applied.get(step.name, step.digest) != step.digest:
            raise MigrationError(
                f"{owner}/migrations/{step.name} was changed after it had been applied to this database. "
                f"Restore its text and put the change into a new migration."
            )
    pending = [step for step in steps if step.name not in applied]
    done = [step.name for step in steps if step.name in applied]
    if pending and done and owner != JOBS and pending[0].name < done[-1]:
        raise MigrationError(f"{owner}/migrations/{pending[0].name} comes before {done[-1]}, which is already applied.")
    return pending


async def applied_migrations(connection: psycopg.AsyncConnection[Any]) -> list[tuple[str, str, str]]:
    """What was applied to the database, as (owner, name, digest) in order; empty for a database without our tables."""
    found = await (await connection.execute(queries.migration_table_exists)).fetchone()
    if not found or not found[0]:
        return []
    rows = await connection.execute(queries.applied_migrations)
    return [(owner, name, digest) async for owner, name, digest in rows]


def _plan(rows: Sequence[tuple[str, str, str]], owners: Sequence[str]) -> list[Migration]:
    applied: dict[str, dict[str, str]] = {}
    for owner, name, digest in rows:
        applied.setdefault(owner, {})[name] = digest
    strangers = sorted(set(applied) - {*owners, JOBS})
    if strangers:
        raise MigrationError(f"The database is newer than this code: it has tables of {', '.join(strangers)}.")
    plan = [step for owner in owners for step in _pending(owner, migrations_of(owner), applied.get(owner, {}))]
    return plan + _pending(JOBS, list(_jobs(applied.get(JOBS, {}))), applied.get(JOBS, {}))


async def pending_migrations(
    connection: psycopg.AsyncConnection[Any], owners: Sequence[str] = OWNERS
) -> list[tuple[str, str]]:
    """What `migrate` would apply, as (owner, name). Raises `MigrationError` as it does."""
    return [(step.owner, step.name) for step in _plan(await applied_migrations(connection), owners)]


async def migrate(connection: psycopg.AsyncConnection[Any], owners: Sequence[str] = OWNERS) -> list[tuple[str, str]]:
    """Applies what is missing and returns it as (owner, name); each step commits on its own, beside servers that go on
    (`platform.stepping`).

    The connection must not be in a transaction. Migrators that run at once wait for each other. Raises
    `MigrationError` before anything is changed where the database is newer, or an applied step was edited.
    """
    async with _alone(connection):
        await connection.execute(queries.make_migration_table)
        plan = _plan(await applied_migrations(connection), owners)
        for step in plan:
            noting = partial(connection.execute, queries.note_migration, (step.owner, step.name, step.digest))
            try:
                await stepping.apply(connection, step.text, noting)
            except (psycopg.Error, stepping.StillLocked, ValueError) as error:
                raise MigrationError(f"{step.owner}/migrations/{step.name} failed: {error}") from error
    return [(step.owner, step.name) for step in plan if step.text]


@asynccontextmanager
async def _alone(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Autocommit, no time limit, and the advisory lock, for as long as the block lasts."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise MigrationError("The connection is in a transaction; migrations commit on their own.")
    before = connection.autocommit
    await connection.set_autocommit(True)
    try:
        await connection.execute(queries.no_time_limit)
        await stepping.alone(connection, _LOCK)
        try:
            yield
        finally:
            await connection.execute(queries.unlock_migrations, (_LOCK,))
    finally:
        if not connection.closed:
            await connection.execute(queries.usual_time_limit)
            await connection.set_autocommit(before)
