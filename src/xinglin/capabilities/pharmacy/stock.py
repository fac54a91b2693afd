"""The stock of medicines: accounts of the ledger, one for each place and medicine, counted in packs."""

from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.pharmacy.commands import read_medicine
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.platform.numbers import next_number

WINDOW, DISPENSED, SUPPLIER = "window", "dispensed", "supplier"


def stock_account(place: str, code: str) -> str:
    """The ledger account of a medicine at a place."""
    return f"stock:{place}:{code}"


async def open_accounts(context: Context, code: str) -> None:
    """Opens a medicine's accounts; only the window may never hold less than nothing."""
    await context.books.open_account(stock_account(WINDOW, code), "stock", code, floor_zero=True)
    for place in (DISPENSED, SUPPLIER):
        await context.books.open_account(stock_account(place, code), "stock", code)


class ReceiveStock(Input):
    """Packs that came from a supplier."""

    medicine: str = Field(
        title=N_("Medicine"), json_schema_extra={"widget": "search", "source": "pharmacy.formulary_search"}
    )
    packs: int = Field(title=N_("Packs"), ge=1, le=100000)
    batch: str = Field(title=N_("Batch"), min_length=1, max_length=40)


@command("pharmacy.receive_stock", title=N_("Receive stock"), permission="pharmacy.stock", done=N_("Stock received"))
async def receive_stock(context: Context, input: ReceiveStock) -> Resource:
    """Receives packs of a medicine into the window's stock."""
    medicine = await read_medicine(context, input.medicine)
    code = medicine.code
    await open_accounts(context, code)
    number = f"GR{await next_number(context.connection, 'goods-receipt'):08d}"
    await context.books.post(
        number,
        [
            (stock_account(SUPPLIER, code), Decimal(-input.packs), code),
            (stock_account(WINDOW, code), Decimal(input.packs), code),
        ],
        memo=f"batch {input.batch}",
    )
    return medicine.to_resource()
