"""Giving money back: at once where nothing speaks against it, else once somebody else has approved it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.billing import intents, payments, resources, settling, shifts
from xinglin.capabilities.billing.payments import Payment
from xinglin.capabilities.billing.services import why_kept
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

FREE_AMOUNT = Decimal(500)
"""Up to so much a cashier refunds alone."""
FREE_DAYS = timedelta(days=7)
"""So long after the payment a cashier refunds alone."""
OPEN = ("REQUESTED", "APPROVED")


class Refund(Input):
    """Charges of an invoice to be refunded; none named means all that can still be."""

    invoice: str = Field(title=N_("Invoice"), pattern=r"^Invoice/", json_schema_extra={"widget": "hidden"})
    charges: list[str] = Field(
        default_factory=list, title=N_("Items"), json_schema_extra={"widget": "hidden"}, max_length=500
    )
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@dataclass(frozen=True)
class Return:
    """What goes back: charges of an invoice of a visit, by which payments, and why somebody has to approve it."""

    invoice: Resource
    visit: str
    charges: list[Resource]
    parts: list[Payment]
    approvals: list[str]


@command("billing.refund", title=N_("Refund"), permission="billing.refund", done=N_("Refunded"), tone="danger")
async def refund(context: Context, input: Refund) -> Resource:
    """Refunds charges of an invoice by the way they were paid, with an invoice of its own.

    Refused for what was refunded already, for what has been done and was not taken back (a medicine that was dispensed,
    a specimen that was collected, a consultation that has taken place), and for what somebody has to approve: more than
    500, more than a week after the payment, or cash of another day.
    """
    wanted = await _wanted(context, input.invoice, input.charges)
    if wanted.approvals:
        raise Refused(_("Somebody has to approve this: {why}").format(why=listed(wanted.approvals)))
    return await _give(context, wanted, input.reason)


async def _wanted(context: Context, invoice: str, named: Sequence[str], *, request: str | None = None) -> Return:
    """What is to be refunded, looked at and locked; `request` is the approved one, which does not stand in its own
    way."""
    paid = await context.read(invoice, lock=True)
    if resources.extension(paid, resources.REFUND_OF) or not payments.payments_of(paid):
        raise Refused(_("Only a payment can be refunded"), expression="invoice")
    items = [line["chargeItemReference"]["reference"] for line in paid.get("lineItem") or ()]
    unknown = sorted(set(named) - set(items))
    if unknown:
        raise Refused(_("The invoice does not hold {items}").format(items=listed(unknown)), expression="charges")
    table = context.registry.tables["charge"]
    visit = (await context.read(items[0]))["context"]["reference"]
    await context.read(visit, lock=True)
    charges = [await context.read(item, lock=True) for item in sorted(named or items)]
    if not named:
        charges = [item for item in charges if (state := table.of(item)) and state.code == "SETTLED"]
    if not charges:
        raise Refused(_("Everything on this invoice has been refunded already"))
    await _refuse_requested(context, visit, charges, request)
    for item in charges:
        if reason := await why_kept(context, item):
            raise Refused(reason, expression="charges")
    if any((state := table.of(item)) is None or state.code != "SETTLED" for item in charges):
        raise Refused(_("Some of these items have been refunded already"), expression="charges")
    returned = [part for credit in await credits_of(context, paid) for part in payments.payments_of(credit)]
    amount = resources.total(charges)
    parts = payments.give_back(amount, payments.payments_of(paid), returned)
    return Return(paid, visit, charges, parts, needed(paid, amount, parts, context.today))


def needed(paid: Resource, amount: Decimal, parts: Sequence[Payment], today: date) -> list[str]:
    """Why somebody has to approve a refund; nothing where a cashier may give it alone."""
    day = date.fromisoformat(str(paid["date"])[:10])
    found = []
    if amount > FREE_AMOUNT:
        found.append(_("more than {amount}").format(amount=f"¥ {FREE_AMOUNT:,.2f}"))
    if today - day > FREE_DAYS:
        found.append(_("paid more than {days} days ago").format(days=FREE_DAYS.days))
    if day != today and any(part.method == "cash" for part in parts):
        found.append(_("cash of another day"))
    return found


async def credits_of(context: Context, paid: Resource) -> list[Resource]:
    """The refunds of an invoice so far."""
    query = [("subject", paid["subject"]["reference"]), ("date", f"ge{str(paid['date'])[:10]}"), ("_count", "500")]
    found = await context.search("Invoice", query)
    own = f"Invoice/{paid['id']}"
    return [
        item
        for item in found.resources
        if resources.extension(item, resources.REFUND_OF).get("valueReference", {}).get("reference") == own
    ]


async def open_requests(context: Context, visit: str) -> list[Resource]:
    """Refunds of a visit that are asked for, or approved and not given yet."""
    table = context.registry.tables["refund"]
    tags = ",".join(table.tag(code) for code in OPEN)
    return (await context.search("Task", [("encounter", visit), ("_tag", tags), ("_count", "100")])).resources


async def _refuse_requested(context: Context, visit: str, charges: Sequence[Resource], request: str | None) -> None:
    wanted = {f"ChargeItem/{item['id']}" for item in charges}
    for task in await open_requests(context, visit):
        if f"Task/{task['id']}" != request and wanted & set(_named(task)):
            raise Refused(_("A refund of these items is being decided already"), expression="charges")


def _named(task: Resource) -> list[str]:
    return [part["valueReference"]["reference"] for part in task.get("input") or () if "valueReference" in part]


async def _give(context: Context, wanted: Return, reason: str) -> Resource:
    """Moves the charges to refunded, writes the credit, and gives the money back."""
    shift = await shifts.working(context)
    taker = settling.Taker(shifts.cashier_of(context), context.actor.name, shift)
    refunded = [await context.move("charge", item) for item in wanted.charges]
    number = await settling.invoice_number(context)
    original = {"url": resources.REFUND_OF, "valueReference": build.reference(wanted.invoice)}
    extensions = [*settling.invoice_extensions(wanted.parts), original]
    credit = resources.invoice(number, refunded, context, sign=-1, extensions=extensions, note=reason)
    stored = await context.create(settling.taken_by(credit, taker))
    await payments.book(context, number, wanted.parts, taker.cashier)
    for part in wanted.parts:
        if part.intent:
            await intents.request_payout(context, await context.read(part.intent), -part.amount, stored)
    context.emit("billing.refunded", stored, key=wanted.visit, services=resources.services(refunded))
    return stored


@command(
    "billing.request_refund",
    title=N_("Ask for approval"),
    permission="billing.refund",
    done=N_("Handed in; somebody else approves it"),
    tone="primary",
)
async def request_refund(context: Context, input: Refund) -> Resource:
    """Asks for approval of a refund that a cashier may not give alone; what can't be refunded is refused at once."""
    wanted = await _wanted(context, input.invoice, input.charges)
    if not wanted.approvals:
        raise Refused(_("Nobody has to approve this; refund it"))
    return await _hand_in(context, wanted, input.reason, listed(wanted.approvals))


async def owe(context: Context, invoice: str, charges: Sequence[str], reason: str) -> Resource:
    """Hands in a refund that the house owes, since it does not do what was paid; the cashier gives it without further
    approval."""
    return await _hand_in(context, await _wanted(context, invoice, charges), reason, _("The visit does not take place"))


async def _hand_in(context: Context, wanted: Return, reason: str, why: str) -> Resource:
    names = [{"type": {"text": "charge"}, "valueReference": build.reference(item)} for item in wanted.charges]
    amount = {"type": {"text": "amount"}, "valueMoney": build.money(resources.total(wanted.charges))}
    task = {
        "resourceType": "Task",
        "intent": "order",
        "code": build.concept(intents.TASK_CODE, "refund", "退费申请"),
        "focus": build.reference(f"Invoice/{wanted.invoice['id']}"),
        "for": wanted.invoice["subject"],
        "encounter": build.reference(wanted.visit),
        "authoredOn": build.instant(context.now),
        "lastModified": build.instant(context.now),
        "requester": resources.actor(context),
        "reasonCode": {"text": reason},
        "description": why,
        "input": [*names, amount],
    }
    return await context.create(context.moved("refund", task))


class OfRequest(Input):
    """A refund that was asked for."""

    request: str = Field(title=N_("Refund request"), pattern=r"^Task/", json_schema_extra={"widget": "hidden"})


class RejectRefund(OfRequest):
    """A refund that is not approved."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "billing.approve_refund",
    title=N_("Approve"),
    permission="billing.approve_refunds",
    done=N_("Approved; the cashier can give it"),
    tone="primary",
)
async def approve_refund(context: Context, input: OfRequest) -> Resource:
    """Approves a refund; whoever asked for it can't."""
    return await _decide(context, input.request, None)


@command(
    "billing.reject_refund",
    title=N_("Reject"),
    permission="billing.approve_refunds",
    done=N_("Rejected"),
    tone="danger",
)
async def reject_refund(context: Context, input: RejectRefund) -> Resource:
    """Rejects a refund with a reason; the charges stay paid."""
    return await _decide(context, input.request, input.reason)


async def _decide(context: Context, request: str, reason: str | None) -> Resource:
    task = await context.read(request, lock=True)
    if task["requester"].get("reference") == context.actor.practitioner:
        raise NotPermitted(_("Whoever asked for a refund can't decide it"))
    decided = {
        **context.moved("refund", task),
        "owner": build.reference(str(context.actor.practitioner), context.actor.name),
        "lastModified": build.instant(context.now),
        **({"statusReason": {"text": reason}} if reason else {}),
    }
    return await context.update(decided)


@command(
    "billing.withdraw_refund",
    title=N_("Withdraw"),
    permission="billing.refund",
    done=N_("Withdrawn"),
)
async def withdraw_refund(context: Context, input: OfRequest) -> Resource:
    """Withdraws a refund that was asked for and not given; the charges stay paid."""
    return await context.move("refund", await context.read(input.request, lock=True))


@command(
    "billing.pay_refund",
    title=N_("Give back"),
    permission="billing.refund",
    done=N_("Refunded"),
    tone="danger",
    confirm=N_("Give the money back now?"),
)
async def pay_refund(context: Context, input: OfRequest) -> Resource:
    """Gives an approved refund, by the way it was paid; refused where it can't be given any more."""
    task = await context.read(input.request)
    wanted = await _wanted(context, task["focus"]["reference"], _named(task), request=input.request)
    task = await context.read(input.request, lock=True)
    await context.move("refund", task)
    return await _give(context, wanted, str(task["reasonCode"]["text"]))
