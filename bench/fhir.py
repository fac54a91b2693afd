"""FHIR REST under load: 16 connections against two server workers over at least 200,000 resources.

Access checks and audit are in place, and every answer goes over HTTP. Beside each row, pgbench fetches or writes the
same rows by their keys over as many connections, without checking, indexing or searching anything: the ratio tells
what of the database's own speed is left.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import psycopg

from bench.bulk import import_rate, ndjson
from bench.fhir_requests import SEARCHES, answered, rows, searches, writes
from bench.load import Load, Request, drive
from bench.raw import Raw
from bench.report import Row, report
from xinglin.operations.hospital import PASSWORD, furnish
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings
from xinglin.server.app import create_application

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("XINGLIN_SHARED_DATA", ROOT.parent / "shared" / "data"))
RESOURCES = int(os.environ.get("XINGLIN_BENCH_RESOURCES", "200000"))
SECONDS = 6
PORT = 8765
GROWING = ("read", "search_patient_code", "search_name")
GOALS: dict[str, tuple[str, float, bool]] = {
    "transaction": ("resources/s", 3000, False),
    "import": ("resources/s", 8000, False),
    "create": ("/s", 1200, False),
    "read": ("/s", 3000, False),
    "search_token": ("/s", 1200, False),
    "search_patient_code": ("/s", 1500, False),
    "search_name": ("/s", 1000, False),
    "search_date_sort": ("/s", 1000, False),
    "search_chained": ("/s", 1000, False),
    "include": ("/s", 700, False),
    "p50_growth_64x": ("times", 1.5, True),
    "bytes_per_resource": ("bytes", 3000, True),
    "worker_memory_mb": ("MB", 120, True),
}
"""Unit, goal, and whether the goal is the most, in the order of the report."""


class Server:
    """Two server workers over a database."""

    def __init__(
        self,
        settings: Settings,
        entry: str = "xinglin.server:create_app",
        port: int = PORT,
        *,
        login: str = "integrator",
    ) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.environment = {
            "XINGLIN_DATABASE_URL": str(settings.database_url),
            "XINGLIN_FRONTEND": str(ROOT / "node_modules"),
            "XINGLIN_HOME": str(settings.home),
        }
        command = [sys.executable, "-m", "uvicorn", "--factory", entry, "--workers", "2"]
        command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self.environment})
        for _ in range(400):
            try:
                httpx.get(f"{self.base}/readyz", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        answer = httpx.post(f"{self.base}/api/session", json={"login": login, "password": PASSWORD}, timeout=20)
        self.token: str = answer.raise_for_status().json()["token"]

    def drive(self, requests: Sequence[Request], seconds: int = SECONDS) -> Load:
        """Sends requests for some seconds; errors end the measurement, since they are quick."""
        drive(self.base, self.token, requests, 1)
        load = drive(self.base, self.token, requests, seconds)
        if load.errors:
            raise RuntimeError(f"{load.errors} errors, first request {requests[0].method} {requests[0].path}")
        return load

    def memory(self) -> float:
        """The most that one worker holds, in MB (unique set size and its share of what is shared)."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        return max((worker.memory_full_info().pss / 1e6 for worker in workers), default=0.0)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def prepare(conninfo: str, home: Path | None = None) -> Settings:
    """Migrates, and makes the accounts."""
    settings = Settings(database_url=conninfo, frontend=ROOT / "node_modules", home=home or Path(tempfile.gettempdir()))

    async def work() -> None:
        async with await psycopg.AsyncConnection.connect(conninfo) as connection:
            await migrate(connection)
        application = create_application(settings, "bench")
        await application.database.open()
        await furnish(application)
        await application.database.close()

    asyncio.run(work())
    return settings


def count(conninfo: str) -> int:
    """How many resources there are."""
    return int(rows(conninfo, "SELECT count(*) FROM resource")[0][0])


def load(conninfo: str, files: Sequence[Path], copies: int) -> float:
    """Loads files `copies` times by the command line; resources per second."""
    environment = {**os.environ, "XINGLIN_DATABASE_URL": conninfo}
    before = count(conninfo)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(copies * len(files)):
            file = files[number % len(files)]
            (Path(folder) / f"{number}-{file.name}").symlink_to(file)
        started = time.perf_counter()
        command = [sys.executable, "-m", "xinglin", "load", folder]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        done = (count(conninfo) - before) / (time.perf_counter() - started)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return done


def size(conninfo: str) -> float:
    """Bytes on disk for each resource, with history and indexes."""
    owned = "relkind = 'r' AND (relname LIKE 'resource%' OR relname LIKE 'search\\_%')"
    query = f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {owned}"
    return float(rows(conninfo, query)[0][0]) / count(conninfo)


def growing_load(server: Server, conninfo: str) -> dict[str, Load]:
    """Drives the reads whose growth is measured, with pages of the same size: among few, a name has one bearer."""
    wanted = searches(conninfo)
    wanted["search_name"] = [Request(r.path.replace("_count=20", "_count=1")) for r in wanted["search_name"]]
    return {name: server.drive(wanted[name]) for name in GROWING}


def reads(server: Server, conninfo: str, raw: Raw, found: dict[str, float]) -> None:
    """All reads at full size, each beside the raw fetch of the same rows."""
    wanted = searches(conninfo)
    for name in SEARCHES:
        raw.remember(name, answered(server.base, server.token, wanted[name][:200]))
        load = server.drive(wanted[name])
        tell(name, load, raw.rate(name))
        found[name] = load.rate


def write_load(server: Server, conninfo: str, raw: Raw, found: dict[str, float]) -> None:
    """Creates and transaction bundles."""
    creates, bundles, entries = writes(SHARED / "synthea")
    some = rows(conninfo, "SELECT id FROM resource WHERE type = 'Observation' LIMIT 500")
    raw.remember("create", [[("Observation", id)] for (id,) in some])
    load = server.drive(creates)
    tell("create", load, raw.rate("create"))
    found["create"] = load.rate
    load = server.drive(bundles)
    tell("transaction", load, None)
    found["transaction"] = load.rate * entries
    body = ndjson(sorted((SHARED / "synthea").glob("*.json.gz")), 10)
    rate = import_rate(server.base, server.token, server.environment, body)
    print(f"{'load':22} {found['import']:8,.0f} resources/s\n{'$import':22} {rate:8,.0f} resources/s", flush=True)
    found["import"] = min(found["import"], rate)  # the goal is set for both ways


def tell(name: str, load: Load, raw: float | None) -> None:
    """One line of what the table has no room for."""
    beside = f"{load.rate / raw:6.2f} of raw {raw:,.0f}/s" if raw else ""
    print(f"{name:22} {load.rate:8,.0f}/s  p50 {load.p50:7.2f} ms  p95 {load.p95:7.2f} ms  {beside}", flush=True)


def main() -> int:
    """Runs everything and prints the table; 1 where a goal is missed, 2 where the data are absent."""
    if not (SHARED / "synthea").is_dir():
        print(f"no Synthea bundles in {SHARED}; set XINGLIN_SHARED_DATA")
        return 2
    found: dict[str, float] = {}
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xinglin-bench-")))
        home.chmod(0o711)
        conninfo = stack.enter_context(EmbeddedPostgres(home)).conninfo
        settings = prepare(conninfo, home / "files")
        files = sorted((SHARED / "synthea").glob("*.json.gz"), key=lambda file: file.stat().st_size)
        load(conninfo, files[:9], max(1, round(RESOURCES / 64 / 2300)))
        print(f"{count(conninfo):,} resources")
        with Server(settings) as server:
            found["worker_memory_mb"] = server.memory()
            small = growing_load(server, conninfo)
        found["import"] = load(conninfo, files, max(2, -(-RESOURCES // 8842)))
        print(f"{count(conninfo):,} resources")
        found["bytes_per_resource"] = size(conninfo)
        raw = Raw(conninfo)
        # Anew, since a server looks at the statistics of the database only every few minutes.
        server = stack.enter_context(Server(settings))
        reads(server, conninfo, raw, found)
        large = growing_load(server, conninfo)
        write_load(server, conninfo, raw, found)
        growth = {name: large[name].p50 / small[name].p50 for name in GROWING}
        print("growth of p50:", ", ".join(f"{name} {times:.2f}" for name, times in growth.items()))
        found["p50_growth_64x"] = max(growth.values())
    return report("fhir", [Row(name, found[name], *goal) for name, goal in GOALS.items()])
