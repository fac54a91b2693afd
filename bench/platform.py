"""What the platform's guarantees cost: the same server with one of them and without.

No setting of the product turns any of them off. The server without is put together here.

`audit_overhead_pct`: how much longer the median read takes at 1,000 requests/s over 16 connections when each is on
record before it is answered, and sealed meanwhile by the worker. The two servers take turns.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from starlette.applications import Starlette

from bench.fhir import PORT, SHARED, Server, load, prepare
from bench.fhir_requests import rows, searches
from bench.load import drive
from bench.report import Row, report
from bench.steady import Steady, steady
from xinglin.kernel.application import Application
from xinglin.platform.audit import Entry, Recorder
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings, load_settings
from xinglin.server import create_app
from xinglin.server.app import create_application

RATE = 1000
SECONDS = 8.0
TURNS = 5
FILES = 9
"""The smallest bundles, some 3,600 resources."""


class Forgetful(Recorder):
    """A recorder that writes nothing."""

    async def record(self, entry: Entry) -> None:
        """Forgets the entry."""


def unrecorded() -> Starlette:
    """The server without the audit of reads."""
    settings = load_settings()
    made = create_application(settings, "xinglin-server")
    recorder = Forgetful(made.database)
    return create_app(settings, Application(made.registry, made.database, zone=made.zone, recorder=recorder))


@contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """A worker, which seals what is recorded."""
    environment = {**os.environ, "XINGLIN_DATABASE_URL": str(settings.database_url), "XINGLIN_HOME": str(settings.home)}
    command = [sys.executable, "-m", "xinglin.operations.child", "worker", "xinglin.server:run_worker"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env={**environment, "XINGLIN_LOG_LEVEL": "WARNING"})
    try:
        yield
    finally:
        process.communicate()


def audit(settings: Settings) -> list[Row]:
    """Reads with their record and without."""
    requests = searches(str(settings.database_url))["read"]
    paths = [request.path for request in requests]
    found: dict[str, list[Steady]] = {"with": [], "without": []}
    rates: dict[str, list[float]] = {"with": [], "without": []}
    with Server(settings) as one, Server(settings, "bench.platform:unrecorded", PORT + 1) as other, worker(settings):
        servers = {"with": one, "without": other}
        for server in servers.values():
            steady(server.base, server.token, paths, RATE, 2)
        for _ in range(TURNS):
            for name, server in servers.items():
                found[name].append(steady(server.base, server.token, paths, RATE, SECONDS))
        for _ in range(TURNS):
            for name, server in servers.items():
                rates[name].append(drive(server.base, server.token, requests, 3).rate)
    median = {name: statistics.median(each.p50 for each in turns) for name, turns in found.items()}
    for name, turns in found.items():
        p95 = statistics.median(each.p95 for each in turns)
        full = statistics.median(rates[name])
        print(f"{name:8} record: p50 {median[name]:6.2f} ms  p95 {p95:6.2f} ms at {RATE}/s; at most {full:7,.0f}/s")
    ((written, sealed),) = rows(
        str(settings.database_url),
        "SELECT (SELECT count(*) FROM audit_event), (SELECT count(*) FROM audit_seal)",
    )
    print(f"{written:,} entries in {sealed:,} seals")
    lost = (1 - statistics.median(rates["with"]) / statistics.median(rates["without"])) * 100
    return [
        Row("audit_overhead_pct", (median["with"] / median["without"] - 1) * 100, "%", 5, at_most=True),
        Row("audit_throughput_lost_pct", lost, "%"),
    ]


def main() -> int:
    """Runs everything and prints the table; 1 where a goal is missed, 2 where the data are absent."""
    if not (SHARED / "synthea").is_dir():
        print(f"no Synthea bundles in {SHARED}; set XINGLIN_SHARED_DATA")
        return 2
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xinglin-bench-")))
        home.chmod(0o711)
        conninfo = stack.enter_context(EmbeddedPostgres(home)).conninfo
        settings = prepare(conninfo, home / "files")
        files = sorted((SHARED / "synthea").glob("*.json.gz"), key=lambda file: file.stat().st_size)
        load(conninfo, files[:FILES], 1)
        return report("platform", audit(settings))
