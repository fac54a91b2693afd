"""Finding diagnoses and procedures among the Chinese national lists, as a doctor types: the slowest text counts.

Beside each is PostgreSQL fetching the same concepts by their keys over the same connection.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.report import Row, report
from xinglin.platform.database import Database
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.store.repository import Repository
from xinglin.terminology.finding import find
from xinglin.terminology.importers import KINDS
from xinglin.terminology.importing import import_code_system
from xinglin.terminology.index import CodeSystem, code_system

ROOT = Path(__file__).resolve().parent.parent
LISTS = Path(os.environ.get("XINGLIN_SHARED_DATA", ROOT.parent / "shared" / "data")) / "terminology"
FILES = {"icd10-clinical": "icd10-cn.txt", "icd9cm3-clinical": "icd9cm3-cn.txt"}
TEXTS = (
    *(
        "I10",
        "gxy",
        "高血压",
        "yuanfaxinggaoxueya",
        "tnb",
        "糖尿病",
        "骨折",
        "liangxing",
        "良性",
        "ang",
        "an",
        "a",
        "x",
    ),
    *("性", "ngan", "急性阑尾炎", "jxlwy", "elevator"),
)
TIMES = 30


async def median(step: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds of one step."""
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        await step()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


async def fill(database: Database) -> tuple[CodeSystem, int, float]:
    """Imports the lists; the diagnoses, how many concepts there are, and how many were imported a second."""
    started, count = time.perf_counter(), 0
    async with database.transaction() as connection:
        repository = Repository(connection, now=datetime.now(UTC))
        for kind, file in FILES.items():
            count += (await import_code_system(repository, KINDS[kind], LISTS / file))[1]
        system = await code_system(repository, KINDS["icd10-clinical"].url)
    assert system is not None
    return system, count, count / (time.perf_counter() - started)


async def measure(conninfo: str) -> list[Row]:
    """All rows of the table."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    database = Database(conninfo, max_size=2)
    await database.open()
    system, count, rate = await fill(database)
    found: dict[str, float] = {}
    raw: dict[str, float] = {}
    async with database.reading() as connection:
        query = b"SELECT code, display FROM concept WHERE system = %s AND code = ANY(%s)"
        for text in TEXTS:
            codes = [concept.code for concept in await find(connection, system, text, 20)]
            found[text] = await median(lambda text=text: find(connection, system, text, 20))  # type: ignore[misc]
            raw[text] = await median(lambda codes=codes: connection.execute(query, (system.number, codes)))  # type: ignore[misc]
            print(f"{text:24} {found[text]:7.2f} ms   by key {raw[text]:6.2f} ms   {len(codes)} found", flush=True)
    await database.close()
    slowest = max(found, key=lambda text: found[text])
    return [
        Row("concepts", count, "concepts"),
        Row("import", rate, "concepts/s"),
        Row("find_median", statistics.median(found.values()), "ms", 20, True),
        Row("find_slowest", found[slowest], "ms", 20, True),
        Row("find_of_raw", statistics.median(found[text] / raw[text] for text in TEXTS), "times"),
    ]


def main() -> int:
    """Runs everything and prints the table; 1 where a goal is missed, 2 where the lists are absent."""
    if not LISTS.is_dir():
        print(f"no lists in {LISTS}; set XINGLIN_SHARED_DATA")
        return 2
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xinglin-bench-")))
        home.chmod(0o711)
        return report("terminology", asyncio.run(measure(stack.enter_context(EmbeddedPostgres(home)).conninfo)))
