"""Random histories of charges, payments, refunds, shifts and stock: does every sum hold whatever happens?

`./run bench ledger [HISTORIES]`, 10,000 without a number. Several go on at once, over the same drawers and the same
income; now and then a request is sent twice under one key. The sums are taken every thousand histories.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psycopg

from bench.money import MEDICINE, Counts, History, Staff, packs, wrong_sums
from bench.money.history import PRICED
from bench.report import Row, report
from xinglin.kernel.application import Application
from xinglin.kernel.capability import Registry
from xinglin.kernel.context import as_system
from xinglin.operations.hospital import furnish
from xinglin.platform.database import Database
from xinglin.platform.identity import at_work, find_account
from xinglin.platform.migrations import migrate
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings

HISTORIES = 10_000
AT_ONCE = 4
ROUND = 1_000
SEED = 20261125


async def staff_of(application: Application) -> Staff:
    """The people of the demonstration, with three cashiers more."""
    people = {}
    async with application.database.transaction() as connection:
        for login in ("cashier", "accountant", "pharmacist"):
            account = await find_account(connection, login)
            assert account is not None
            people[login] = await at_work(connection, account, datetime.now(UTC))
    first = people["cashier"]
    others = [replace(first, practitioner=f"Practitioner/cashier-{number}") for number in range(3)]
    return Staff((first, *others), people["accountant"], people["pharmacist"])


async def carry_out(application: Application, staff: Staff, histories: int, seed: int, counts: Counts) -> None:
    """Carries histories out, several at once, and takes the sums after each round."""
    numbers = iter(range(histories))

    async def worker() -> None:
        for number in numbers:
            await History(application, staff, Random(f"{seed}-{number}"), counts).run()

    before = await packs(application, MEDICINE)
    while counts.histories < histories:
        numbers = iter(range(counts.histories, min(counts.histories + ROUND, histories)))
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        counts.wrong += await wrong_sums(application)
        if await packs(application, MEDICINE) != before + counts.received:
            counts.wrong.append("the window does not hold what was received")
        print(f"{counts.histories:>7,} histories, {counts.commands:,} commands, {len(counts.wrong)} wrong sums")


async def measure(conninfo: str, histories: int) -> list[Row]:
    """Furnishes a hospital and carries the histories out."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await migrate(connection)
    database = Database(conninfo, min_size=1, max_size=AT_ONCE + 2, application="bench")
    await database.open()
    # The address is never called: what a gateway says is part of the history.
    settings = Settings(payment_url="http://127.0.0.1:9", payment_secret="shared-in-the-bench")  # noqa: S106
    application = Application(Registry.discover(), database, settings=settings)
    await furnish(application)
    for item, price in PRICED.items():
        values = {"item": item, "name": item, "price": price}
        await application.execute("billing.set_price", values, as_system("zh_CN"))
    counts, begun = Counts(), time.perf_counter()
    await carry_out(application, await staff_of(application), histories, SEED, counts)
    seconds = time.perf_counter() - begun
    await database.close()
    print("\n".join(counts.wrong[:20]))
    return [
        Row("histories", counts.histories, "", goal=histories),
        Row("commands", counts.commands, ""),
        Row("refused", counts.refused, ""),
        Row("repeated", counts.repeated, ""),
        Row("commands/s", counts.commands / seconds, "/s"),
        Row("wrong_sums", len(counts.wrong), "", goal=0, at_most=True),
    ]


def main() -> int:
    """Runs the measurement in a database of its own."""
    histories = int(sys.argv[2]) if len(sys.argv) > 2 else HISTORIES
    home = Path(tempfile.mkdtemp(prefix="xinglin-bench-"))
    server = EmbeddedPostgres(home)
    try:
        rows = asyncio.run(measure(server.start(), histories))
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    return report("ledger", rows)
