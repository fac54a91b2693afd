"""In the evening: does anybody still wait, is the money where the invoices say, is the stock what was handed out?

Everything is read from the database and not from what the visits counted.
"""

import asyncio
import time
from decimal import Decimal
from typing import Any

from bench.outpatient.place import Place
from bench.report import Row
from xinglin.capabilities.billing.resources import INCOME
from xinglin.capabilities.pharmacy.batches import DISPENSED, stock_account
from xinglin.kernel.application import Application
from xinglin.kernel.context import Context, as_system
from xinglin.platform.outbox import lag
from xinglin.server.app import create_application

PATIENCE = 120.0
"""Seconds that the worker gets for what it still has to do."""

OVER = ("SERVED", "LEFT")
INVOICED = "SELECT coalesce(sum((content->'totalGross'->>'value')::numeric), 0) FROM resource WHERE type = 'Invoice'"
HANDED_OUT = """SELECT coalesce(sum((content->'quantity'->>'value')::numeric), 0) FROM resource
WHERE type = 'MedicationDispense' AND content->>'status' = 'completed'"""
IN_BOOKS = "SELECT coalesce(sum(balance), 0) FROM ledger_account WHERE code LIKE %s"


async def look(place: Place, unfinished: int) -> list[Row]:
    """What is wrong after the visits; `unfinished` are those that were refused on their way, with the reasons told."""
    application = create_application(place.settings, "bench")
    await application.database.open()
    try:
        await _quiet(application)
        async with application.reading(as_system("zh_CN")) as context:
            waiting = await _waiting(context)
            income = -await context.books.balance(INCOME)
            invoiced, handed = await _number(context, INVOICED), await _number(context, HANDED_OUT)
            dispensed = await _number(context, IN_BOOKS, f"{stock_account(DISPENSED, '')}%")
            faults = await context.books.faults()
    finally:
        await application.database.close()
    for fault in faults:
        print(fault)
    return [
        Row("waiting_unexplained", max(0, waiting - unfinished), "visits", 0, at_most=True),
        Row("cash_difference", float(abs(income - invoiced)), "CNY", 0, at_most=True),
        Row("stock_difference", float(abs(dispensed - handed)), "packs", 0, at_most=True),
        Row("ledger_faults", len(faults), "accounts", 0, at_most=True),
    ]


async def _quiet(application: Application) -> None:
    """Waits until the worker has delivered every event."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        async with application.reading(as_system("zh_CN")) as context:
            if not (await lag(context.connection)).waiting:
                return
        await asyncio.sleep(0.5)
    print(f"The worker has not delivered everything within {PATIENCE:.0f} s")


async def _waiting(context: Context) -> int:
    table = context.registry.tables["queue"]
    open_states = ",".join(table.tag(state.code) for state in table.states if state.code not in OVER)
    found = await context.search("Task", [("_tag", open_states), ("_total", "accurate"), ("_count", "1")])
    return found.total or 0


async def _number(context: Context, query: str, *values: Any) -> Decimal:
    row = await (await context.connection.execute(query, values or None)).fetchone()
    return Decimal(row[0]) if row else Decimal(0)
