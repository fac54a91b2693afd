"""The store on the Synthea bundles, beside PostgreSQL doing the same row access in the same run.

Every figure of the store is taken through `Repository` as a caller uses it, in transactions of its own: from the JSON
text of a bundle to the commit, from the call to the parsed resources. The raw figure beside it sends the same
statements with the same values over one psycopg connection, without parsing, checking or indexing anything.
One connection, one process, fsync on.
"""

import asyncio
import gzip
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.report import Row, report
from xinglin.fhir import json
from xinglin.fhir.search import parse_query
from xinglin.platform.database import Database
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.store import statements
from xinglin.store.cursors import of_type, queries
from xinglin.store.repository import Repository
from xinglin.store.rows import stamped
from xinglin.store.statistics import statistics

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent
SECONDS = 3.0
COPIES = 3
"""How often the bundles are loaded, each time as new resources."""

TABLES = ("resource", "search_date", "search_string", "search_number")

Step = Callable[[int], Awaitable[Any]]


async def rate(step: Step, seconds: float = SECONDS) -> float:
    """How often per second a step can be done, one after the other."""
    for number in range(20):
        await step(number)
    started, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds:
        await step(done)
        done += 1
    return done / passed


async def rates(ours: Step, raw: Step) -> tuple[float, float]:
    """Both rates, in alternating turns, so that a busy machine slows both."""
    turns = [(await rate(ours, SECONDS / 3), await rate(raw, SECONDS / 3)) for _ in range(3)]
    return sorted(o for o, _ in turns)[1], sorted(r for _, r in turns)[1]


def compared(name: str, ours: float, raw: float, unit: str, goal: float) -> list[Row]:
    """Three rows: ours, raw, and their ratio, which has the goal."""
    return [Row(name, ours, unit), Row(f"{name}_raw", raw, unit), Row(f"{name}_ratio", ours / raw, "of raw", goal)]


async def bench_load(database: Database, texts: Sequence[bytes]) -> list[Row]:
    """Transaction bundles from text to commit, beside COPY of the rows that they left, in alternating rounds."""
    async with database.transaction() as connection:
        await connection.execute("CREATE SCHEMA raw")
        for table in TABLES:
            await connection.execute(f"CREATE TABLE raw.{table} (LIKE public.{table} INCLUDING ALL)")
    rounds = []
    last = 0
    for _ in range(COPIES):
        done = 0
        started = time.perf_counter()
        for text in texts:
            async with database.transaction() as connection:
                done += len((await Repository(connection, now=NOW).transaction(json.loads(text)))["entry"])
        rounds.append((done / (time.perf_counter() - started), await raw_copy(database, last, done // len(texts))))
        last += done
    async with database.transaction() as connection:
        await connection.execute("ANALYZE")
    ours, raw = (sorted(figures)[COPIES // 2] for figures in zip(*rounds, strict=True))
    return compared("load", ours, raw, "resources/s", 0.1)


async def raw_copy(database: Database, after: int, size: int) -> float:
    """Rows per second when the rows behind a key are copied into tables with the same indexes, `size` at a time."""
    blocks: list[list[tuple[str, bytes]]] = []
    async with database.transaction() as connection:
        ((high,),) = await (await connection.execute("SELECT max(key) FROM resource")).fetchall()
        for first in range(after + 1, high + 1, size):
            keys = f"key BETWEEN {first} AND {first + size - 1}"
            block = []
            for table in TABLES:
                async with connection.cursor().copy(f"COPY (SELECT * FROM {table} WHERE {keys}) TO STDOUT") as copy:
                    block.append((table, b"".join([bytes(part) async for part in copy])))
            blocks.append(block)
    started = time.perf_counter()
    for block in blocks:
        async with database.transaction() as connection:
            for table, data in block:
                async with connection.cursor().copy(f"COPY raw.{table} FROM STDIN") as copy:
                    await copy.write(data)
    return (high - after) / (time.perf_counter() - started)


async def bench_create(database: Database, raw: psycopg.AsyncConnection[Any], texts: Sequence[bytes]) -> list[Row]:
    """One Observation in a transaction of its own."""
    entries = json.loads(texts[0])["entry"]
    observations = [e["resource"] for e in entries if e["resource"]["resourceType"] == "Observation"]
    rows = [stamped(o, "x", 1, NOW, UTC).parameters() for o in observations]

    async def ours(number: int) -> None:
        async with database.transaction() as connection:
            await Repository(connection, now=NOW).create(observations[number % len(observations)])

    async def plain(number: int) -> None:
        row = {**rows[number % len(rows)], "id": f"raw-{time.perf_counter_ns()}"}
        async with raw.transaction():
            await raw.execute(queries.create.encode(), row, prepare=True)

    return compared("create", *await rates(ours, plain), "/s", 0.5)


async def bench_read(database: Database, raw: psycopg.AsyncConnection[Any]) -> list[Row]:
    """One resource by type and id, as JSON text and as a parsed resource."""
    cursor = await raw.execute("SELECT type, id FROM resource ORDER BY random() LIMIT 5000")
    names = await cursor.fetchall()

    async def ours(number: int) -> None:
        async with database.transaction() as connection:
            await Repository(connection, now=NOW).read(*names[number % len(names)])

    async def plain(number: int) -> None:
        type, id = names[number % len(names)]
        async with raw.transaction():
            await (await raw.execute(of_type(queries.read, type).encode(), {"id": id}, prepare=True)).fetchone()

    return compared("read", *await rates(ours, plain), "/s", 0.5)


async def bench_search(
    database: Database, raw: psycopg.AsyncConnection[Any], name: str, type: str, texts: Sequence[str]
) -> list[Row]:
    """A search, beside its own SQL with the same values."""
    known = await statistics(raw, NOW)
    pages = [statements.page(parse_query(type, text, now=NOW, zone=UTC), known)[0] for text in texts]

    async def ours(number: int) -> None:
        async with database.transaction() as connection:
            await Repository(connection, now=NOW).search(type, texts[number % len(texts)])

    async def plain(number: int) -> None:
        page = pages[number % len(pages)]
        async with raw.transaction():
            await (await raw.execute(page.sql.encode(), page.parameters, prepare=page.reused)).fetchall()

    return compared(name, *await rates(ours, plain), "/s", 0.4)


async def bench_searches(database: Database, raw: psycopg.AsyncConnection[Any]) -> list[Row]:
    """The searches of a day, with values that are there."""
    cursor = await raw.execute("SELECT id, content->'name'->0->>'family' FROM resource WHERE type = 'Patient'")
    patients = await cursor.fetchall()
    loinc = "code=http://loinc.org|8302-2"
    token = await bench_search(database, raw, "search_token", "Observation", [f"{loinc}&_count=20"])
    texts = [f"patient={id}&{loinc}&_count=20" for id, _ in patients]
    both = await bench_search(database, raw, "search_patient_code", "Observation", texts)
    texts = [f"name={family[:4]}&_count=20" for _, family in patients]
    names = await bench_search(database, raw, "search_name", "Patient", texts)
    texts = [f"patient={id}&date=ge2015&_sort=-date&_count=20" for id, _ in patients]
    dates = await bench_search(database, raw, "search_date_sort", "Observation", texts)
    texts = [f"subject:Patient.name={family[:4]}&{loinc}&_count=20" for _, family in patients]
    chained = await bench_search(database, raw, "search_chained", "Observation", texts)
    texts = [f"patient={id}&{loinc}&_include=Observation:encounter&_count=20" for id, _ in patients]
    includes = await bench_search(database, raw, "include", "Observation", texts)
    texts = [f"code-value-quantity=http://loinc.org|8302-2$gt{150 + n}&_count=20" for n in range(40)]
    quantity = await bench_search(database, raw, "search_quantity", "Observation", texts)
    return [*token, *both, *names, *dates, *chained, *includes, *quantity]


async def bytes_per_resource(raw: psycopg.AsyncConnection[Any]) -> list[Row]:
    """Disk that a resource takes with everything it is found by."""
    tables = " + ".join(f"pg_total_relation_size('public.{t}')" for t in (*TABLES, "search_text", "resource_history"))
    cursor = await raw.execute(f"SELECT ({tables})::float / (SELECT count(*) FROM resource)")
    ((size,),) = await cursor.fetchall()
    return [Row("bytes_per_resource", size, "bytes", 5000, at_most=True)]


@asynccontextmanager
async def opened_database(conninfo: str) -> AsyncIterator[Database]:
    """The migrated database."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    database = Database(conninfo, min_size=1, max_size=2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def measure(conninfo: str, texts: Sequence[bytes]) -> list[Row]:
    """All rows."""
    async with opened_database(conninfo) as database:
        rows = await bench_load(database, texts)
        async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as raw:
            rows += await bytes_per_resource(raw)
            rows += await bench_create(database, raw, texts)
            rows += await bench_read(database, raw)
            rows += await bench_searches(database, raw)
    return rows


def main() -> int:
    """Measures the store."""
    folder = Path(os.environ.get("XINGLIN_SHARED_DATA", ROOT.parent / "shared" / "data")) / "synthea"
    files = sorted(folder.glob("*.json.gz"))
    if not files:
        print(f"No Synthea bundles in {folder}; set XINGLIN_SHARED_DATA")
        return 2

    texts = [gzip.decompress(file.read_bytes()) for file in files]
    home = Path(tempfile.mkdtemp(prefix="xinglin-bench-"))
    home.chmod(0o711)  # the server may run as another user
    try:
        with EmbeddedPostgres(home) as server:
            return report("store", asyncio.run(measure(server.conninfo, texts)))
    finally:
        shutil.rmtree(home)
