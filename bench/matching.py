"""Second registrations of synthetic patients: how many of them the list of possible duplicates holds, and what else.

`./run bench matching [PATIENTS]`. Only the patients of a synthetic hospital are made, one in twenty of them a second
time with mistakes, and all records are compared as the medical records office has it done. fsync on.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench.report import Row, report
from xinglin.kernel.application import Application
from xinglin.kernel.capability import Registry
from xinglin.kernel.context import as_system
from xinglin.operations.hospital import furnish
from xinglin.platform import outbox
from xinglin.platform.database import Database
from xinglin.platform.identity import at_work, find_account
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.synthetic.charting import chart
from xinglin.synthetic.duplicates import second_registration
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.timeline import History, histories

PATIENTS = 5_000
SHARE = 0.05
PRECISION, RECALL = 0.99, 0.95
BATCH = 200

Pair = frozenset[str]


async def register(application: Application, plan: Plan) -> dict[Pair, tuple[str, ...]]:
    """Writes all patients and second registrations, and tells which pairs are one person, with the mistakes."""
    truth: dict[Pair, tuple[str, ...]] = {}
    people = list(histories(plan))
    for start in range(0, len(people), BATCH):
        async with application.database.transaction() as connection:
            context = application.context(connection, as_system("zh_CN"), step="bench")
            for history in people[start : start + BATCH]:
                first = chart(plan, History(**{**vars(history), "visits": ()}))[0]
                await context.create(first, id=first["id"])
                if second := second_registration(plan, history.number, first):
                    await context.create(second.patient, id=second.patient["id"])
                    truth[frozenset((f"Patient/{second.first}", f"Patient/{second.patient['id']}"))] = second.mistakes
    return truth


async def compare(application: Application) -> tuple[set[Pair], float]:
    """Has all records compared; the pairs on the list, and the seconds that it took."""
    async with application.database.transaction() as connection:
        account = await find_account(connection, "records")
        assert account is not None
        actor = await at_work(connection, account, application.clock())
    begun = time.perf_counter()
    await application.execute("patients.compare_all", {}, actor)
    while await outbox.deliver(
        application.database, application.outbox_handlers(), now=application.clock() + timedelta(hours=1)
    ):
        pass
    seconds = time.perf_counter() - begun
    found: set[Pair] = set()
    cursor: str | None = None
    while True:
        page = await application.view("patients.duplicates", {"limit": 500, "cursor": cursor}, actor)
        found |= {frozenset((row.patient, row.other)) for row in page.rows}
        cursor = page.next
        if cursor is None:
            return found, seconds


async def measure(conninfo: str, plan: Plan) -> tuple[dict[Pair, tuple[str, ...]], set[Pair], float]:
    """The pairs that are one person, those on the list, and the seconds of the comparison."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    database = Database(conninfo, min_size=1, max_size=4, application="bench")
    await database.open()
    try:
        application = Application(Registry.discover(), database, clock=lambda: datetime.now(UTC))
        await furnish(application)
        truth = await register(application, plan)
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            await connection.execute("ANALYZE")
        return truth, *await compare(application)
    finally:
        await database.close()


def main() -> int:
    """Makes the patients in a database of its own and prints the figures."""
    plan = Plan(patients=int(sys.argv[2]) if len(sys.argv) > 2 else PATIENTS, duplicates=SHARE)
    home = Path(tempfile.mkdtemp(prefix="xinglin-bench-"))
    home.chmod(0o711)  # the server may run as another user
    try:
        with EmbeddedPostgres(home) as server:
            truth, found, seconds = asyncio.run(measure(server.conninfo, plan))
    finally:
        shutil.rmtree(home)
    right = len(found & truth.keys())
    for pair in sorted(truth.keys() - found, key=sorted):
        print("missed:", " ".join(sorted(pair)), *truth[pair])
    for pair in sorted(found - truth.keys(), key=sorted):
        print("wrong:", " ".join(sorted(pair)))
    rows = [
        Row("patients", plan.patients + len(truth), "records"),
        Row("duplicates", len(truth), "pairs"),
        Row("precision", right / max(1, len(found)), "", PRECISION),
        Row("recall", right / max(1, len(truth)), "", RECALL),
        Row("compared_per_s", (plan.patients + len(truth)) / seconds, "records/s"),
    ]
    return report("matching", rows)


if __name__ == "__main__":
    sys.exit(main())
