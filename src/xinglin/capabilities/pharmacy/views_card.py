"""The stock card of a medicine: every movement, as the books have it."""

from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.pharmacy import batches
from xinglin.capabilities.pharmacy.views_stock import OfPlace, plain
from xinglin.fhir import build
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page, Row, view


class OfCard(OfPlace):
    """A medicine at a place."""

    medicine: str = Field(title=N_("Medicine"), max_length=64)


class CardRow(Row):
    """A movement of a medicine at a place; `total` is what all batches held after it."""

    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    what: str = Field(title=N_("Movement"), json_schema_extra={"kind": "code"})
    reference: str = Field(title=N_("Document"))
    lot: str = Field(title=N_("Batch"))
    amount: Decimal = Field(title=N_("Packs"), json_schema_extra={"kind": "number"})
    balance: Decimal = Field(title=N_("Batch holds"), json_schema_extra={"kind": "number"})
    total: Decimal = Field(title=N_("In all"), json_schema_extra={"kind": "number"})


@view(
    "pharmacy.card",
    title=N_("Stock card"),
    permission="pharmacy.stock",
    row=CardRow,
    empty=N_("Nothing has moved"),
)
async def card(context: Context, filter: OfCard) -> Page[CardRow]:
    """Every movement of a medicine at a place, the newest first, as the books have it."""
    account = batches.stock_account(filter.place, filter.medicine)
    total = sum((await context.books.holdings([account])).values(), Decimal(0))
    before = int(filter.cursor) if filter.cursor and filter.cursor.isdecimal() else None
    moves = await context.books.movements(account, before=before, limit=filter.limit)
    if before is not None:
        newer = await context.books.movements(account, limit=100_000)
        total -= sum((each.line.amount for each in newer if each.line.id >= before), Decimal(0))
    rows = []
    for move in moves:
        line = move.line
        rows.append(
            CardRow(
                key=str(line.id),
                at=build.instant(line.at.astimezone(context.zone)),
                what=line.memo,
                reference=line.reference,
                lot=batches.parse(move.account).lot or "—",
                amount=plain(line.amount),
                balance=plain(line.balance),
                total=plain(total),
            )
        )
        total -= line.amount
    return Page(rows, str(moves[-1].line.id) if len(moves) == filter.limit else None)
