"""How searches grow with the hospital: the same searches among 150 thousand and among ten million resources.

Copies of the Synthea bundles become rows as the store itself would write them (see `multiply`); a name is borne by one
in 24 patients at every size. For the load, the indexes that are not needed to write are made afterwards. Then each
search is made through `Repository` over one connection, one after the other, twice, since the first time reads from the
disk, and the median of the second time is compared. Needs about 3 kB of disk for each resource;
`XINGLIN_BENCH_RESOURCES` says how many there are to be.
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench.fhir import SHARED, prepare, size
from bench.fhir_requests import SEARCHES, searches
from bench.multiply import multiply
from bench.report import Row, report
from xinglin.platform.database import Database
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.store.repository import Repository

RESOURCES = int(os.environ.get("XINGLIN_BENCH_RESOURCES", "10000000"))
PROCESSES = os.cpu_count() or 1
EACH = 400
GOAL = 1.5
_AFTERWARDS = ("resource_terms", "resource_updated", "resource_changed", "resource_name")


@dataclass(frozen=True)
class Medians:
    """Milliseconds of each kind of search: when it was asked for the first time, and again."""

    cold: dict[str, float]
    warm: dict[str, float]


async def medians(conninfo: str, known: dict[str, list[tuple[str, str]]], later: timedelta) -> Medians:
    """The medians over one connection. `later`: so much later than it is, so that statistics are read again."""
    database = Database(conninfo, max_size=2, statement_timeout=timedelta(minutes=10))
    await database.open()
    found = Medians({}, {})
    async with database.reading() as connection:
        repository = Repository(connection, now=datetime.now(UTC) + later)
        for name, several in known.items():
            for taken in (found.cold, found.warm):
                taken[name] = statistics.median([await _milliseconds(repository, name, one) for one in several])
    await database.close()
    return found


async def _milliseconds(repository: Repository, name: str, asked: tuple[str, str]) -> float:
    type, query = asked
    started = time.perf_counter()
    await (repository.read_raw(type, query) if name == "read" else repository.search(type, query))
    return (time.perf_counter() - started) * 1000


def questions(conninfo: str) -> dict[str, list[tuple[str, str]]]:
    """(type, id or query) for each kind of search, drawn from what is stored."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, requests in searches(conninfo).items():
        several = [request.path.removeprefix("/fhir/") for request in requests]
        several = random.Random(7).sample(several, EACH)
        marks = "/" if name == "read" else "?"
        found[name] = [(path.partition(marks)[0], path.partition(marks)[2]) for path in several]
    return found


def fill(conninfo: str, files: Sequence[Path], first: int, last: int) -> float:
    """Writes copies `first` to `last` in several processes; resources per second, indexes not counted."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        query = "SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)"
        found = connection.execute(query, (list(_AFTERWARDS),)).fetchall()
        definitions = [str(definition).replace(" ON ONLY ", " ON ") for (definition,) in found]
        connection.execute(f"DROP INDEX {', '.join(_AFTERWARDS)}")  # type: ignore[arg-type]
        started = time.perf_counter()
        with ProcessPoolExecutor(PROCESSES) as pool:
            parts = [pool.submit(multiply, conninfo, files, first + p, last, PROCESSES) for p in range(PROCESSES)]
            done = sum(part.result() for part in parts)
        rate = done / (time.perf_counter() - started)
        print(f"{done:,} resources written, {rate:,.0f}/s", flush=True)
        connection.execute("SET maintenance_work_mem = '2GB'")
        for definition in definitions:
            started = time.perf_counter()
            connection.execute(definition)  # type: ignore[call-overload]
            print(f"{time.perf_counter() - started:7.0f} s  {definition}", flush=True)
        connection.execute("VACUUM ANALYZE")
    return rate


def main() -> int:
    """Runs everything and prints the table; 1 where a goal is missed, 2 where the data are absent."""
    if not (SHARED / "synthea").is_dir():
        print(f"no Synthea bundles in {SHARED}; set XINGLIN_SHARED_DATA")
        return 2
    files = sorted((SHARED / "synthea").glob("*.json.gz"))
    with ExitStack() as stack:
        home = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="xinglin-growth-", dir=os.environ.get("TMPDIR")))
        )
        home.chmod(0o711)
        conninfo = stack.enter_context(EmbeddedPostgres(home)).conninfo
        prepare(conninfo)
        copies = -(-RESOURCES // 8842)
        fill(conninfo, files, 0, copies // 64)
        small = asyncio.run(medians(conninfo, questions(conninfo), timedelta(hours=1)))
        print(small, flush=True)
        fill(conninfo, files, copies // 64, copies)
        large = asyncio.run(medians(conninfo, questions(conninfo), timedelta(hours=2)))
        print(large, flush=True)
        rows = [Row("resources", float(_count(conninfo)), "resources")]
        rows += [Row(f"{name}_cold_p50", large.cold[name], "ms") for name in SEARCHES]
        rows += [Row(f"{name}_p50", large.warm[name], "ms") for name in SEARCHES]
        rows += [Row(f"{name}_growth", large.warm[name] / small.warm[name], "times", GOAL, True) for name in SEARCHES]
        rows.append(Row("bytes_per_resource", size(conninfo), "bytes", 3000, True))
    return report("growth", rows)


def _count(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM resource").fetchone()
    return int(row[0]) if row else 0
