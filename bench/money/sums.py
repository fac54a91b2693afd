"""The sums that must hold: invoices against the ledger, charges against invoices, stock against zero."""

from collections import defaultdict
from decimal import Decimal

from xinglin.capabilities.billing import desk_views, payments, resources
from xinglin.fhir import build
from xinglin.kernel.application import Application
from xinglin.kernel.context import Context, as_system


async def packs(application: Application, medicine: str) -> Decimal:
    """What the window holds of a medicine, all batches together."""
    async with application.reading(as_system("zh_CN")) as context:
        return sum((await context.books.holdings([f"stock:window:{medicine}"])).values(), Decimal(0))


async def wrong_sums(application: Application) -> list[str]:
    """What does not add up, one line each; empty where every cent is where it should be."""
    async with application.reading(as_system("zh_CN")) as context:
        found = await context.books.faults()
        invoices = await desk_views.invoices_of(context, [])
        came: dict[str, Decimal] = defaultdict(Decimal)
        income = Decimal(0)
        settled: dict[str, int] = defaultdict(int)
        for invoice in invoices:
            total = build.amount(invoice["totalGross"])
            parts = payments.payments_of(invoice)
            if sum((part.amount for part in parts), Decimal(0)) != total:
                found.append(f"Invoice/{invoice['id']}: its payments do not come to its total")
            income += total
            for part in parts:
                came[part.method] += part.amount
            for line in invoice["lineItem"]:
                settled[line["chargeItemReference"]["reference"]] += 1 if total > 0 else -1
        found += await _accounts(context, came, income)
        found += await _charges(context, settled)
        query = "SELECT unit, sum(balance) FROM ledger_account GROUP BY kind, unit HAVING sum(balance) <> 0"
        found += [
            f"{unit} does not sum to nothing: {rest}" async for unit, rest in await context.connection.execute(query)
        ]
    return found


async def _accounts(context: Context, came: dict[str, Decimal], income: Decimal) -> list[str]:
    """Every account of the ledger against what the invoices say."""
    balances: dict[str, Decimal] = {}
    for code in (resources.INCOME, "money:card", "money:qr", payments.OWED, "rounding:outpatient"):
        balances |= await context.books.balances([code])
    query = "SELECT coalesce(sum(balance), 0) FROM ledger_account WHERE code LIKE 'cash:%%'"
    row = await (await context.connection.execute(query)).fetchone()
    assert row is not None
    wanted = {
        "income": (-balances.get(resources.INCOME, Decimal(0)), income),
        "card": (balances.get("money:card", Decimal(0)), came["card"]),
        "rounding": (balances.get("rounding:outpatient", Decimal(0)), came["rounding"]),
        "qr": (balances.get("money:qr", Decimal(0)) + balances.get(payments.OWED, Decimal(0)), came["qr"]),
        # Drawers, the safe, and what was too much or too little, together.
        "cash": (row[0], came["cash"]),
    }
    return [
        f"{name}: the ledger holds {held}, the invoices say {said}"
        for name, (held, said) in wanted.items()
        if held != said
    ]


async def _charges(context: Context, settled: dict[str, int]) -> list[str]:
    """Every charge is paid as often as its state says: once where it is settled, never else."""
    table = context.registry.tables["charge"]
    held = await context.read_many(settled)
    found = []
    for reference, times in settled.items():
        state = table.of(held[reference])
        wanted = 1 if state and state.code == "SETTLED" else 0
        if times != wanted:
            found.append(f"{reference} is {state.code if state else '?'} and was paid {times} times")
    return found
