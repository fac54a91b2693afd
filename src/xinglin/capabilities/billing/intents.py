"""Payments through the gateway: begun here, answered sometime, settled once whatever the network does.

A payment is a Task with a number of our own, under which the gateway takes it once however often it is sent. It holds
its charges until it has an end. A success that comes after the cancellation, or after a failure was told, goes back by
itself.
"""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from xinglin.capabilities.billing import gateway, payments, resources, shifts
from xinglin.capabilities.billing.payments import Payment
from xinglin.capabilities.billing.settling import (
    PAYMENT_NUMBER,
    UNDER_WAY,
    Bill,
    Taker,
    check_amounts,
    chosen_charges,
    conclude,
    gateway_there,
)
from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform import jobs
from xinglin.platform.access import Unlimited
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

TASK_CODE = "urn:xinglin:code:task"
PART = "urn:xinglin:code:payment-part"
PAYOUT_NUMBER = "urn:xinglin:id:payout"
NUMBER = r"^[A-Z]{3}[0-9]{8,}$"


class BeginPayment(Bill):
    """Charges that are paid by the code on the patient's telephone, in whole or beside cash and card."""

    code: str = Field(title=N_("Payment code"), pattern=r"^[0-9]{6,32}$")


@command(
    "billing.begin_payment",
    title=N_("Take by code"),
    permission="billing.settle",
    done=N_("Payment is on its way"),
    tone="primary",
)
async def begin_payment(context: Context, input: BeginPayment) -> Resource:
    """Begins a payment through the gateway; the charges are settled when it succeeds, and held until it ends."""
    if not gateway_there(context):
        raise Refused(_("No payment gateway is connected; use the terminal and settle"), expression="code")
    check_amounts(input, "qr")
    chosen = await chosen_charges(context, input.visit, input.charges, input.total)
    parts = payments.split(input.total, "qr", input.given)
    await shifts.working(context)
    day = context.today.strftime("%y%m%d")
    number = f"PAY{day}{await next_number(context.connection, f'payment-{day}'):06d}"
    references = [{"type": {"text": "charge"}, "valueReference": build.reference(item)} for item in chosen]
    amounts = [{"type": build.concept(PART, part.method), "valueMoney": build.money(part.amount)} for part in parts]
    task = {
        "resourceType": "Task",
        "identifier": [build.identifier(PAYMENT_NUMBER, number)],
        "intent": "order",
        "code": build.concept(TASK_CODE, "payment", "扫码支付"),
        "for": chosen[0]["subject"],
        "encounter": build.reference(input.visit),
        "authoredOn": build.instant(context.now),
        "lastModified": build.instant(context.now),
        "requester": build.reference(shifts.cashier_of(context), context.actor.name),
        "input": [*references, *amounts],
    }
    stored = await context.create(context.moved("payment", task))
    amount = str(amount_of(stored))
    await jobs.enqueue(context.connection, gateway.pay, number=number, amount=amount, code=input.code)
    return stored


def parts_of(task: Resource) -> list[Payment]:
    """The ways by which a payment is taken when it succeeds."""
    found = []
    for part in task.get("input") or ():
        if "valueMoney" in part:
            method = build.first_code(part["type"], PART) or ""
            found.append(
                Payment(method, build.amount(part["valueMoney"]), f"Task/{task['id']}" if method == "qr" else None)
            )
    return found


def amount_of(task: Resource) -> Decimal:
    """What goes through the gateway."""
    return sum((part.amount for part in parts_of(task) if part.method == "qr"), Decimal(0))


async def find_task(context: Context, system: str, number: str) -> Resource:
    """A payment or payout by its number, locked behind its visit. Raises `NotFound`."""
    found = await context.search("Task", [("identifier", f"{system}|{number}"), ("_count", "1")])
    if not found.resources:
        raise NotFound(_("There is no payment {number}").format(number=number))
    # Whoever settles or refunds holds the visit first.
    visit = await context.read(found.resources[0]["encounter"]["reference"], lock=True)
    if context.repository.access is None:
        # What the system writes here belongs to the campus of the visit, so that its cashiers see it.
        context.repository.access = Unlimited.of(context.actor.account_id, visit)
    return await context.read(f"Task/{found.resources[0]['id']}", lock=True)


class NotePayment(Input):
    """What the gateway says of a payment."""

    number: str = Field(title=N_("Number"), pattern=NUMBER)
    status: Literal["sent", "pending", "succeeded", "failed", "unknown"] = Field(title=N_("State"))
    amount: Decimal | None = Field(None, title=N_("Amount"), ge=0, decimal_places=2)
    transaction: str | None = Field(None, title=N_("Transaction of the gateway"), max_length=64)
    reason: str | None = Field(None, title=N_("Reason"), max_length=200)


@command(
    "billing.note_payment",
    title=N_("Note a payment's state"),
    permission="billing.gateway",
    done=N_("Noted"),
)
async def note_payment(context: Context, input: NotePayment) -> Resource:
    """Takes over what the gateway says of a payment; the same twice changes nothing.

    A success settles the charges. One that comes too late, or over another amount, is given back by itself.
    """
    task = await find_task(context, PAYMENT_NUMBER, input.number)
    state = context.registry.tables["payment"].of(task)
    assert state is not None
    if input.status == "succeeded":
        return await _succeeded(context, task, state.code, input)
    target = {"sent": "PENDING", "pending": "PENDING", "failed": "FAILED", "unknown": "UNKNOWN"}[input.status]
    if state.code not in UNDER_WAY or target == state.code or (input.status == "sent" and state.code != "CREATED"):
        return task
    return await context.update(_noted(context, context.moved("payment", task, to=target), input))


def _noted(context: Context, task: Resource, input: NotePayment) -> Resource:
    changed = {**task, "lastModified": build.instant(context.now)}
    if input.transaction:
        changed["output"] = [{"type": {"text": "transaction"}, "valueString": input.transaction}]
    if input.reason:
        changed["statusReason"] = {"text": input.reason}
    return changed


async def _succeeded(context: Context, task: Resource, state: str, input: NotePayment) -> Resource:
    if state in ("SUCCEEDED", "REVERSED"):
        return task
    wanted = amount_of(task)
    charges = await _charges(context, task)
    if state not in UNDER_WAY or charges is None or input.amount not in (None, wanted):
        moved = await context.update(_noted(context, context.moved("payment", task, to="REVERSED"), input))
        await request_payout(context, moved, input.amount or wanted, invoice=None)
        return moved
    done = await context.update(_noted(context, context.moved("payment", task, to="SUCCEEDED"), input))
    cashier = task["requester"]["reference"]
    shift = await shifts.current(context, cashier, lock=True)
    taker = Taker(cashier, str(task["requester"].get("display", "")), shift)
    await conclude(context, task["encounter"]["reference"], charges, parts_of(task), taker)
    return done


async def _charges(context: Context, task: Resource) -> list[Resource] | None:
    """The charges that a payment is for, locked; None where one of them is not open any more."""
    table = context.registry.tables["charge"]
    references = [part["valueReference"]["reference"] for part in task["input"] if "valueReference" in part]
    held = [await context.read(reference, lock=True) for reference in sorted(references)]
    states = {state.code if (state := table.of(item)) else "" for item in held}
    return held if states == {"PENDING"} and resources.total(held) == _due(task) else None


def _due(task: Resource) -> Decimal:
    return sum((part.amount for part in parts_of(task)), Decimal(0))


class OfPayment(Input):
    """A payment through the gateway."""

    number: str = Field(title=N_("Number"), pattern=NUMBER, json_schema_extra={"widget": "hidden"})


@command(
    "billing.cancel_payment",
    title=N_("Cancel payment"),
    permission="billing.settle",
    done=N_("Cancelled; should it succeed yet, it goes back by itself"),
    tone="danger",
)
async def cancel_payment(context: Context, input: OfPayment) -> Resource:
    """Gives up a payment that has no end yet, and asks the gateway to close it; the charges can be paid otherwise."""
    task = await find_task(context, PAYMENT_NUMBER, input.number)
    moved = context.moved("payment", task)
    stored = await context.update({**moved, "lastModified": build.instant(context.now)})
    await jobs.enqueue(context.connection, gateway.close, number=input.number)
    return stored


async def request_payout(context: Context, payment: Resource, amount: Decimal, invoice: Resource | None) -> Resource:
    """Asks the gateway to give back a part of a payment, under a number of its own; `invoice` is the refund's."""
    day = context.today.strftime("%y%m%d")
    number = f"OUT{day}{await next_number(context.connection, f'payout-{day}'):06d}"
    original = build.find_identifier(payment, PAYMENT_NUMBER) or ""
    task = build.without_empty(
        {
            "resourceType": "Task",
            "identifier": [build.identifier(PAYOUT_NUMBER, number)],
            "intent": "order",
            "code": build.concept(TASK_CODE, "payout", "原路退款"),
            "basedOn": [build.reference(payment)],
            "focus": build.reference(invoice) if invoice else {},
            "for": payment["for"],
            "encounter": payment["encounter"],
            "authoredOn": build.instant(context.now),
            "lastModified": build.instant(context.now),
            "requester": payment["requester"],
            "input": [{"type": build.concept(PART, "qr"), "valueMoney": build.money(amount)}],
        }
    )
    stored = await context.create(context.moved("payout", task))
    await jobs.enqueue(context.connection, gateway.pay_out, number=number, payment=original, amount=str(amount))
    return stored


class NotePayout(Input):
    """What the gateway says of money that goes back."""

    number: str = Field(title=N_("Number"), pattern=NUMBER)
    done: bool = Field(title=N_("Done"))
    reason: str | None = Field(None, title=N_("Reason"), max_length=200)


@command("billing.note_payout", title=N_("Note a payout's state"), permission="billing.gateway", done=N_("Noted"))
async def note_payout(context: Context, input: NotePayout) -> Resource:
    """Takes over what the gateway says of money that goes back; the same twice changes nothing.

    What was given back leaves the account on which it waited.
    """
    task = await find_task(context, PAYOUT_NUMBER, input.number)
    state = context.registry.tables["payout"].of(task)
    assert state is not None
    if state.code == "DONE" or (state.code == "FAILED" and not input.done):
        return task
    moved = context.moved("payout", task, to="DONE" if input.done else "FAILED")
    extra: dict[str, Any] = {"statusReason": {"text": input.reason}} if input.reason else {}
    stored = await context.update({**moved, **extra, "lastModified": build.instant(context.now)})
    if input.done and "focus" in task:
        amount = sum((part.amount for part in parts_of(task)), Decimal(0))
        accounts = (resources.method_account("qr"), payments.OWED)
        for code in accounts:
            await context.books.open_account(code, "money", "CNY")
        lines = [(accounts[0], -amount, "CNY"), (accounts[1], amount, "CNY")]
        await context.books.post(input.number, lines, memo="payout")
    return stored


@command(
    "billing.retry_payout",
    title=N_("Try again"),
    permission="billing.refund",
    done=N_("It is tried again"),
)
async def retry_payout(context: Context, input: OfPayment) -> Resource:
    """Asks the gateway again to give money back, under the same number, so that it is given once."""
    task = await find_task(context, PAYOUT_NUMBER, input.number)
    stored = await context.move("payout", task)
    payment = await context.read(task["basedOn"][0]["reference"])
    original = build.find_identifier(payment, PAYMENT_NUMBER) or ""
    amount = sum((part.amount for part in parts_of(task)), Decimal(0))
    await jobs.enqueue(context.connection, gateway.pay_out, number=input.number, payment=original, amount=str(amount))
    return stored
