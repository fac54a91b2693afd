"""A synthetic hospital, from nothing to a database that can be searched: patients a second, and what 20,000 would take.

`./run bench hospital [PATIENTS]`. Master data and analysis of the tables are in the time. fsync on.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.report import Row, report
from xinglin.platform.database import Database
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.writing import write_hospital

PATIENTS = 2_000
WHOLE = 20_000
GOAL = 300.0
"""Seconds for the whole."""


async def measure(conninfo: str, plan: Plan) -> tuple[float, float, int, int]:
    """Seconds until the master data were there, and until all was; resources, and bytes of the database."""
    told: list[float] = []

    def echo(text: str) -> None:
        told.append(time.perf_counter())
        print(text)

    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    database = Database(conninfo, min_size=1, max_size=2, application="bench")
    await database.open()
    try:
        begun = time.perf_counter()
        count = await write_hospital(plan, database.transaction, lambda: datetime.now(UTC), echo)
        seconds = time.perf_counter() - begun
        async with database.transaction() as connection:
            found = await (await connection.execute("SELECT pg_database_size(current_database())")).fetchone()
    finally:
        await database.close()
    assert found is not None
    return told[0] - begun, seconds, count, found[0]


def main() -> int:
    """Makes the hospital in a database of its own and prints the figures."""
    plan = Plan(patients=int(sys.argv[2]) if len(sys.argv) > 2 else PATIENTS)
    home = Path(tempfile.mkdtemp(prefix="xinglin-bench-"))
    home.chmod(0o711)  # the server may run as another user
    try:
        with EmbeddedPostgres(home) as server:
            first, seconds, count, size = asyncio.run(measure(server.conninfo, plan))
    finally:
        shutil.rmtree(home)
    rows = [
        Row("patients_per_s", plan.patients / seconds, "patients/s"),
        Row("seconds_20000", first + (seconds - first) / plan.patients * WHOLE, "s", GOAL, at_most=True),
        Row("resources", count, "resources"),
        Row("resources_per_s", count / seconds, "resources/s"),
        Row("bytes_per_resource", size / count, "bytes"),
    ]
    return report("hospital", rows)


if __name__ == "__main__":
    sys.exit(main())
