"""The outpatient hospital at work: complete visits by HTTP through two server workers, and pages that must be quick.

`./run bench outpatient [SECONDS] [PATIENTS]`. The synthetic hospital is made first, with accounts for some of its staff
and places until midnight. Then visits go from the desk to the pharmacy's window, as many at once as `AT_ONCE`; every
answer is timed: `commands_per_s` and `command_p95_ms`. In the evening nobody may wait whose visit did not end in a
refusal that is told, and cash and stock must be what invoices and dispensings say. Afterwards `worklist_p95_ms` is the
page of a doctor for whom 300 wait, `chart_p95_ms` the first byte of the page of a patient with 500 resources.

The reference is pgbench on the same database: `raw_writes_per_s` versions are written there by SQL alone, of like
resources with their terms and dates; `writes_per_s` are those of the commands.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.fhir import Server
from bench.fhir_requests import rows
from bench.outpatient import evening, pages, visits
from bench.outpatient.client import Times
from bench.outpatient.place import Place, furnish
from bench.platform import worker
from bench.raw import Raw
from bench.report import Row, report
from xinglin.platform.postgres import EmbeddedPostgres

SECONDS = 300.0
PATIENTS = 6_000
AT_ONCE = 16


async def work(base: str, place: Place, seconds: float) -> list[Row]:
    """Visits for some seconds."""
    times = Times()
    ward = await visits.open_ward(base, place, times, 1)
    before = versions(place)
    begun = time.perf_counter()

    async def one_after_another() -> None:
        while time.perf_counter() - begun < seconds and ward.waiting:
            await visits.visit(ward)

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    lasted = time.perf_counter() - begun
    await visits.close_ward(ward)
    show(times)
    for reason, count in ward.refused.most_common(5):
        print(f"refused {count} times: {reason}")
    written = versions(place) - before
    commands = sorted(each for several in times.commands.values() for each in several)
    looks = sum(map(len, times.views.values()))
    return [
        Row("commands_per_s", len(commands) / lasted, "/s", 150),
        Row("command_p95_ms", commands[len(commands) * 95 // 100] * 1000, "ms", 300, at_most=True),
        Row("views_per_s", looks / lasted, "/s"),
        Row("writes_per_s", written / lasted, "/s"),
        Row("visits", ward.done, "visits"),
        Row("refused", sum(ward.refused.values()), "visits"),
    ]


def versions(place: Place) -> int:
    """How many versions of resources there are."""
    query = "SELECT (SELECT count(*) FROM resource) + (SELECT count(*) FROM resource_history)"
    ((count,),) = rows(str(place.settings.database_url), query)
    return int(count)


def raw(place: Place) -> list[Row]:
    """What the database writes by itself, of charges, places in queues and prescriptions."""
    conninfo = str(place.settings.database_url)
    types = ("ChargeItem", "Task", "MedicationRequest")
    held = [rows(conninfo, f"SELECT type, id FROM resource WHERE type = '{type}' LIMIT 300") for type in types]
    reference = Raw(conninfo)
    reference.remember("create", [[(each[0], each[1])] for several in held for each in several])
    return [Row("raw_writes_per_s", reference.rate("create"), "/s")]


def show(times: Times) -> None:
    """Prints how often each command and view was asked for, its median and its 95th percentile in ms."""
    for name, taken in {**times.commands, **times.views}.items():
        ordered = sorted(taken)
        half, most = (ordered[len(ordered) * share // 100] * 1000 for share in (50, 95))
        print(f"{name:34} {len(ordered):7,} times  p50 {half:7.1f} ms  p95 {most:7.1f} ms")


def main() -> int:
    """Makes the hospital in a database of its own, works in it and prints the figures."""
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    patients = int(sys.argv[3]) if len(sys.argv) > 3 else PATIENTS
    home = Path(tempfile.mkdtemp(prefix="xinglin-bench-"))
    home.chmod(0o711)  # the server may run as another user
    try:
        with EmbeddedPostgres(home) as database:
            place = furnish(database.conninfo, home, patients)
            os.environ |= {"XINGLIN_TIMEZONE": place.settings.timezone, "XINGLIN_PASSWORD_DAYS": "0"}
            clerk = place.staff["registrar"][0].id
            with Server(place.settings, login=clerk) as server, worker(place.settings):
                found = asyncio.run(work(server.base, place, seconds))
                found += asyncio.run(evening.look(place, int(found[-1].value)))
                found += asyncio.run(pages.measure(server.base, place))
            found += raw(place)
    finally:
        shutil.rmtree(home)
    return report("outpatient", found)
