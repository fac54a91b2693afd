"""What is counted and what is lost: reported by one person, approved by another, and only then booked."""

from dataclasses import replace
from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.pharmacy import batches, supplies
from xinglin.capabilities.pharmacy.batches import PLACES, Batch
from xinglin.capabilities.pharmacy.commands import one_of, read_medicine
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class OfBatch(Input):
    """A batch at a place, as `medicine:expiry:lot`, the expiry as YYYYMMDD."""

    place: str = Field(title=N_("Storeroom"), json_schema_extra=select(PLACES.items()))
    batch: str = Field(title=N_("Batch"), max_length=120, json_schema_extra={"widget": "hidden"})

    @field_validator("place")
    @classmethod
    def _place(cls, value: str) -> str:
        return one_of(value, dict(PLACES))


class Count(OfBatch):
    """How many packs of a batch were found."""

    counted: Decimal = Field(title=N_("Counted, packs"), ge=0, le=1000000, decimal_places=2)


@command("pharmacy.count", title=N_("Count"), permission="pharmacy.stock", done=N_("Counted"))
async def count(context: Context, input: Count) -> Resource:
    """Writes down how many packs of a batch were counted. The counter does not see what the books say.

    Where both agree it is done; a difference is booked when another person approves it.
    """
    batch, book = await _batch(context, input)
    counted = supplies.adjustment("count", batch, input.counted, book, "", context)
    state = "AGREES" if input.counted == book else "TO_APPROVE"
    return await context.create(context.moved("adjustment", counted, to=state))


class ReportLoss(OfBatch):
    """Packs that broke, got lost or have expired."""

    packs: Decimal = Field(title=N_("Packs"), gt=0, le=1000000, decimal_places=2)
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "pharmacy.report_loss", title=N_("Report loss"), permission="pharmacy.stock", done=N_("Reported"), tone="danger"
)
async def report_loss(context: Context, input: ReportLoss) -> Resource:
    """Reports packs of a batch as broken, lost or expired; they are written off when another person approves it."""
    batch, book = await _batch(context, input)
    if input.packs > book:
        text = _("{wanted} packs can't be lost where there are {held}").format(
            wanted=f"{input.packs.normalize():f}", held=f"{book.normalize():f}"
        )
        raise Refused(text, expression="packs")
    lost = supplies.adjustment("loss", batch, input.packs, book, input.reason, context)
    return await context.create(context.moved("adjustment", lost))


async def _batch(context: Context, input: OfBatch) -> tuple[Batch, Decimal]:
    batch = batches.parse_key(input.place, input.batch)
    await read_medicine(context, batch.code)
    await batches.lock(context, input.place, [batch.code])
    held = (await context.books.balances([batch.account])).get(batch.account, Decimal(0))
    return batch, held


class Adjustment(Input):
    """A count with a difference, or a loss."""

    adjustment: str = Field(title=N_("Adjustment"), pattern=r"^Task/", json_schema_extra={"widget": "hidden"})


@command(
    "pharmacy.approve_adjustment",
    title=N_("Approve"),
    permission="pharmacy.stock",
    done=N_("Approved and booked"),
    tone="primary",
)
async def approve_adjustment(context: Context, input: Adjustment) -> Resource:
    """Books a difference that was counted, or a loss, by another person than who reported it.

    Of a count it books the difference to the books of that moment, so what was moved meanwhile stays right.
    """
    task = await context.read(input.adjustment, lock=True)
    if (task.get("requester") or {}).get("reference") == context.actor.practitioner:
        raise Refused(_("You have reported it; another person approves it"))
    moved = context.moved("adjustment", task)
    batch, packs, book = supplies.adjusted(task)
    if task["code"]["coding"][0]["code"] == "loss":
        await batches.move(context, reference(task), [replace(batch, packs=packs)], batches.LOSS, "loss")
    elif packs < book:
        missing = replace(batch, packs=book - packs)
        await batches.move(context, reference(task), [missing], batches.DIFFERENCE, "count")
    else:
        surplus = replace(batch, packs=packs - book).at(batches.DIFFERENCE)
        await batches.move(context, reference(task), [surplus], batch.place, "count")
    owner = {"reference": str(context.actor.practitioner), "display": context.actor.name}
    return await context.update({**moved, "owner": owner})


@command(
    "pharmacy.refuse_adjustment",
    title=N_("Refuse"),
    permission="pharmacy.stock",
    done=N_("Refused; count again"),
    tone="danger",
)
async def refuse_adjustment(context: Context, input: Adjustment) -> Resource:
    """Refuses a count or a loss; nothing is booked."""
    task = context.moved("adjustment", await context.read(input.adjustment, lock=True))
    owner = {"reference": str(context.actor.practitioner), "display": context.actor.name}
    return await context.update({**task, "owner": owner})
