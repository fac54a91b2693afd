"""What the platform's guarantees cost: the same server with one of them and without.

No setting of the product turns any of them off. The server without is put together here.

`audit_overhead_pct`: how much longer the median read takes at 1,000 requests/s over 16 connections when each is on
record before it is answered, and sealed meanwhile by the worker. `policy_overhead_pct`: the same for what a doctor of a
campus reads, by the rules of access and without; `policy_search_...`: for searches by patient and code. The two servers
take turns.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from starlette.applications import Starlette

from bench.fhir import PORT, SHARED, Server, load, prepare
from bench.fhir_requests import rows, searches
from bench.load import Request, drive
from bench.report import Row, report
from bench.steady import Steady, steady
from xinglin.fhir import json
from xinglin.kernel.application import Application
from xinglin.platform.access import ALL, Grant, Rule
from xinglin.platform.access.grants import CAMPUS
from xinglin.platform.audit import Entry, Recorder
from xinglin.platform.identity import Actor
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings, load_settings
from xinglin.server import create_app
from xinglin.server.app import create_application
from xinglin.store.loading import read_document

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


class Unlimited(Application):
    """An installation in which everybody may see everything, so that no condition is put into any statement."""

    def grant(self, actor: Actor, *, trusted: bool = False) -> Grant | None:
        """One rule for all, and no post."""
        return super().grant(replace(actor, roles=("everybody",), post=None), trusted=trusted)


def unlimited() -> Starlette:
    """The server without rules of access."""
    settings = load_settings()
    made = create_application(settings, "xinglin-server", journal=True)
    made.registry.policies["everybody"] = (Rule(("*",), ALL, labels=("*",)),)
    return create_app(settings, Unlimited(made.registry, made.database, zone=made.zone, recorder=made.recorder))


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


def compared(what: str, one: Server, other: Server, requests: Sequence[Request]) -> tuple[float, float]:
    """How much longer the median takes on `one` at a steady rate, and how much less it can do at most, in percent."""
    servers = {"with": one, "without": other}
    paths = [request.path for request in requests]
    found: dict[str, list[Steady]] = {name: [] for name in servers}
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for server in servers.values():
        steady(server.base, server.token, paths, RATE, 2)
    for _ in range(TURNS):
        for name, server in servers.items():
            found[name].append(steady(server.base, server.token, paths, RATE, SECONDS))
    for _ in range(TURNS):
        for name, server in servers.items():
            rates[name].append(drive(server.base, server.token, requests, 3).rate)
    median = {name: statistics.median(each.p50 for each in turns) for name, turns in found.items()}
    most = {name: statistics.median(each) for name, each in rates.items()}
    for name, turns in found.items():
        p95 = statistics.median(each.p95 for each in turns)
        print(
            f"{what}, {name:8} p50 {median[name]:6.2f} ms  p95 {p95:6.2f} ms at {RATE}/s; at most {most[name]:7,.0f}/s",
            flush=True,
        )
    return (median["with"] / median["without"] - 1) * 100, (1 - most["with"] / most["without"]) * 100


def audit(settings: Settings) -> list[Row]:
    """Reads with their record and without."""
    requests = searches(str(settings.database_url))["read"]
    with Server(settings) as one, Server(settings, "bench.platform:unrecorded", PORT + 1) as other, worker(settings):
        longer, lost = compared("read, record", one, other, requests)
    ((written, sealed),) = rows(
        str(settings.database_url),
        "SELECT (SELECT count(*) FROM audit_event), (SELECT count(*) FROM audit_seal)",
    )
    print(f"{written:,} entries in {sealed:,} seals")
    return [
        Row("audit_overhead_pct", longer, "%", 5, at_most=True),
        Row("audit_throughput_lost_pct", lost, "%"),
    ]


def policy(settings: Settings) -> list[Row]:
    """What a doctor of a campus asks for, by the rules and without them."""
    kinds = searches(str(settings.database_url))
    with (
        Server(settings, login="doctor2") as one,
        Server(settings, "bench.platform:unlimited", PORT + 1, login="doctor2") as other,
        httpx.Client(base_url=one.base, headers={"Authorization": f"Bearer {one.token}"}) as client,
    ):
        seen = [request for request in kinds["read"][:2000] if client.get(request.path).is_success]
        print(f"a doctor sees {len(seen):,} of 2,000 resources")
        longer, lost = compared("read, rules", one, other, seen)
        further = compared("patient + code, rules", one, other, kinds["search_patient_code"])
    return [
        Row("policy_overhead_pct", longer, "%"),
        Row("policy_throughput_lost_pct", lost, "%"),
        Row("policy_search_overhead_pct", further[0], "%"),
        Row("policy_search_throughput_lost_pct", further[1], "%"),
    ]


def of_campus(files: Sequence[Path], folder: Path) -> list[Path]:
    """The bundles as a campus of the hospital would have written them."""
    made = []
    for file in files:
        bundle = read_document(file)
        for entry in bundle["entry"]:
            entry["resource"] = {**entry["resource"], "meta": {"tag": [{"system": CAMPUS, "code": "main"}]}}
        made.append(folder / file.name.removesuffix(".gz"))
        made[-1].write_bytes(json.dumps(bundle))
    return made


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
        load(conninfo, of_campus(files[:FILES], home), 1)
        return report("platform", [*policy(settings), *audit(settings)])
