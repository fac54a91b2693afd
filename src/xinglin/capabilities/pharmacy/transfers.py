"""Stock that goes from one place to another: on the way until somebody at the other end has looked at it."""

from decimal import Decimal

from pydantic import Field, model_validator

from xinglin.capabilities.pharmacy import batches, supplies
from xinglin.capabilities.pharmacy.batches import PLACES
from xinglin.capabilities.pharmacy.commands import read_medicine
from xinglin.capabilities.pharmacy.stock import AtPlace
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class Transfer(AtPlace):
    """Packs that go from `place` to `to`; a batch may be named, else those go that expire first."""

    to: str = Field("window", title=N_("To"), json_schema_extra=select(PLACES.items()))
    packs: int = Field(title=N_("Packs"), ge=1, le=100000)
    batch: str | None = Field(None, title=N_("Batch"), max_length=40)

    @model_validator(mode="after")
    def _elsewhere(self) -> "Transfer":
        if self.to == self.place or self.to not in PLACES:
            raise ValueError(_("Choose two different places"))
        return self


@command("pharmacy.transfer", title=N_("Transfer stock"), permission="pharmacy.stock", done=N_("Sent"))
async def transfer(context: Context, input: Transfer) -> Resource:
    """Sends packs from one place to another; they are on the way until the other place confirms them."""
    medicine = await read_medicine(context, input.medicine)
    await batches.lock(context, input.place, [medicine.code])
    there = (await batches.held(context, input.place, [medicine.code])).get(medicine.code, [])
    if input.batch:
        there = [each for each in there if each.lot == input.batch]
    picked = batches.pick(there, Decimal(input.packs), context.today)
    if not picked:
        held = int(batches.usable(there, context.today))
        text = _("{medicine}: {wanted} needed, {held} in stock").format(
            medicine=medicine.name, wanted=input.packs, held=held
        )
        raise Refused(text, expression="packs")
    sent = await context.create(
        context.moved("transfer", supplies.delivery("transfer", medicine, picked, input.to, context))
    )
    await batches.move(context, reference(sent), picked, batches.TRANSIT, "transfer")
    return sent


class OfTransfer(Input):
    """A transfer that is on the way."""

    transfer: str = Field(title=N_("Transfer"), pattern=r"^SupplyDelivery/", json_schema_extra={"widget": "hidden"})


@command(
    "pharmacy.confirm_transfer",
    title=N_("Confirm"),
    permission="pharmacy.stock",
    done=N_("Received"),
    tone="primary",
)
async def confirm_transfer(context: Context, input: OfTransfer) -> Resource:
    """Confirms that a transfer has come and is right; by another person than who sent it."""
    sent = await context.read(input.transfer, lock=True)
    _refuse_sender(context, sent)
    moved = context.moved("transfer", sent)
    await _arrive(context, sent, supplies.place_of(sent["destination"]))
    receiver = build.reference(str(context.actor.practitioner), context.actor.name)
    return await context.update({**moved, "receiver": [receiver]})


class RefuseTransfer(OfTransfer):
    """Why a transfer goes back."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "pharmacy.refuse_transfer",
    title=N_("Send back"),
    permission="pharmacy.stock",
    done=N_("Sent back"),
    tone="danger",
)
async def refuse_transfer(context: Context, input: RefuseTransfer) -> Resource:
    """Sends a transfer back to where it came from."""
    sent = await context.read(input.transfer, lock=True)
    moved = context.moved("transfer", sent)
    await _arrive(context, sent, supplies.from_place(sent))
    context.because(input.reason)
    return await context.update(moved)


def _refuse_sender(context: Context, sent: Resource) -> None:
    if (sent.get("supplier") or {}).get("reference") == context.actor.practitioner:
        raise Refused(_("You have sent it; another person confirms that it has come"))


async def _arrive(context: Context, sent: Resource, place: str) -> None:
    way = await batches.moved_to(context, reference(sent), batches.TRANSIT)
    await batches.move(context, reference(sent), way, place, "transfer")
