"""Lists of the cashier's desk: payments on their way, refunds to approve, shifts, and the day in figures."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.capabilities.billing import gateway, intents, payments, resources, settling, shifts
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform.access.grants import CAMPUS
from xinglin.platform.identity.posts import ROLE

HIDDEN: JsonDict = {"hidden": True}
ASKED_AFTER = timedelta(hours=24)
"""So long after its cancellation a payment is still asked for, should it have succeeded all the same."""


class AskRow(Row):
    """A payment without an end, by its number; `old`: what the gateway does not know by now is lost."""

    old: bool = Field(title=N_("Old"))


@view("billing.payments_to_ask", title=N_("Payments to ask for"), permission="billing.gateway", row=AskRow)
async def payments_to_ask(context: Context, filter: Filter) -> Page[AskRow]:
    """Payments that have no end yet, and those that were cancelled lately."""
    table = context.registry.tables["payment"]
    since = build.instant(context.now - ASKED_AFTER)
    query = [
        ("_tag", ",".join(table.tag(code) for code in (*settling.UNDER_WAY, "CANCELLED"))),
        ("_lastUpdated", f"ge{since}"),
        ("_count", str(filter.limit)),
    ]
    open_ones = [("_tag", ",".join(table.tag(code) for code in settling.UNDER_WAY)), ("_count", str(filter.limit))]
    found = {task["id"]: task for part in (query, open_ones) for task in (await context.search("Task", part)).resources}
    rows = []
    for task in found.values():
        begun = datetime.fromisoformat(task["authoredOn"])
        number = build.find_identifier(task, settling.PAYMENT_NUMBER) or ""
        rows.append(AskRow(key=number, old=context.now - begun > gateway.PATIENCE))
    return Page(rows[: filter.limit])


async def payment_of(context: Context, visit: str) -> dict[str, Any] | None:
    """The last payment through the gateway that was begun for a visit, for the cashier's screen."""
    kind = f"{intents.TASK_CODE}|payment"
    query = [("encounter", visit), ("code", kind), ("_sort", "-_lastUpdated"), ("_count", "1")]
    found = (await context.search("Task", query)).resources
    if not found:
        return None
    task = found[0]
    state = context.registry.tables["payment"].of(task)
    code = state.code if state else ""
    return {
        "number": build.find_identifier(task, settling.PAYMENT_NUMBER),
        "state": code,
        "amount": intents.amount_of(task),
        "at": task["authoredOn"],
        "reason": build.concept_text(task.get("statusReason")),
        "under_way": code in settling.UNDER_WAY,
    }


class RequestRow(Row):
    """A refund that was asked for."""

    patient_name: str = Field(title=N_("Patient"))
    amount: Decimal = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    reason: str = Field(title=N_("Reason"))
    why: str = Field(title=N_("To be approved because"))
    by: str = Field(title=N_("Asked by"))
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "refund"})
    decided: str = Field(title=N_("Decided by"))
    invoice: str = Field(title=N_("Invoice"), json_schema_extra=HIDDEN)
    patient: str = Field(title=N_("Patient"), json_schema_extra=HIDDEN)


REQUESTED, OPEN = frozenset({"REQUESTED"}), frozenset({"REQUESTED", "APPROVED"})


@view(
    "billing.refund_requests",
    title=N_("Refunds to approve"),
    permission="billing.read",
    row=RequestRow,
    actions=(
        RowAction("billing.approve_refund", {"request": "key"}, REQUESTED),
        RowAction("billing.reject_refund", {"request": "key"}, REQUESTED),
        RowAction("billing.pay_refund", {"request": "key"}, frozenset({"APPROVED"})),
        RowAction("billing.withdraw_refund", {"request": "key"}, OPEN),
    ),
    empty=N_("No refund waits for anybody"),
)
async def refund_requests(context: Context, filter: Filter) -> Page[RequestRow]:
    """Refunds that wait for an approval, or were approved and wait for the cashier."""
    return await _requests(context, sorted(OPEN), filter)


@view(
    "billing.refunds_decided",
    title=N_("Refunds decided"),
    permission="billing.read",
    row=RequestRow,
    empty=N_("None yet"),
)
async def refunds_decided(context: Context, filter: Filter) -> Page[RequestRow]:
    """Refunds that were given, rejected or withdrawn, the newest first."""
    return await _requests(context, ["DONE", "REJECTED", "WITHDRAWN"], filter)


async def _requests(context: Context, states: Iterable[str], filter: Filter) -> Page[RequestRow]:
    table = context.registry.tables["refund"]
    query = [("_tag", ",".join(map(table.tag, states))), ("_sort", "-_lastUpdated"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Task", query)
    people = await context.read_many(task["for"]["reference"] for task in found.resources)
    rows = []
    for task in found.resources:
        state = table.of(task)
        amount = next((part["valueMoney"] for part in task["input"] if "valueMoney" in part), None)
        refused = build.concept_text(task.get("statusReason"))
        rows.append(
            RequestRow(
                key=f"Task/{task['id']}",
                patient_name=build.person_name(people.get(task["for"]["reference"])),
                amount=build.amount(amount),
                reason=build.concept_text(task.get("reasonCode")),
                why=str(task.get("description", "")),
                by=str(task["requester"].get("display", "")),
                at=task["authoredOn"],
                state=state.code if state else "",
                decided=" · ".join(filter_texts([task.get("owner", {}).get("display"), refused])),
                invoice=task["focus"]["reference"],
                patient=task["for"]["reference"],
            )
        )
    return Page(rows, found.next)


def filter_texts(texts: Iterable[str | None]) -> list[str]:
    """Those that say anything."""
    return [text for text in texts if text]


class PayoutRow(Row):
    """Money that the gateway gives back."""

    patient_name: str = Field(title=N_("Patient"))
    amount: Decimal = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "payout"})
    reason: str = Field(title=N_("Reason"))
    patient: str = Field(title=N_("Patient"), json_schema_extra=HIDDEN)


@view(
    "billing.payouts",
    title=N_("Money on its way back"),
    permission="billing.read",
    row=PayoutRow,
    actions=(RowAction("billing.retry_payout", {"number": "key"}, frozenset({"FAILED"})),),
    empty=N_("No money is on its way back"),
)
async def payouts(context: Context, filter: Filter) -> Page[PayoutRow]:
    """What the gateway was asked to give back and has not given, those that failed first."""
    table = context.registry.tables["payout"]
    tags = f"{table.tag('REQUESTED')},{table.tag('FAILED')}"
    found = await context.search("Task", [("_tag", tags), ("_sort", "-_lastUpdated"), ("_count", str(filter.limit))])
    people = await context.read_many(task["for"]["reference"] for task in found.resources)
    rows = [
        PayoutRow(
            key=build.find_identifier(task, intents.PAYOUT_NUMBER) or "",
            patient_name=build.person_name(people.get(task["for"]["reference"])),
            amount=sum((part.amount for part in intents.parts_of(task)), Decimal(0)),
            at=task["authoredOn"],
            state=state.code if (state := table.of(task)) else "",
            reason=build.concept_text(task.get("statusReason")),
            patient=task["for"]["reference"],
        )
        for task in found.resources
    ]
    return Page(sorted(rows, key=lambda row: row.state != "FAILED"))


class CashierRow(Row):
    """A cashier."""

    name: str = Field(title=N_("Cashier"))


@view("billing.cashiers", title=N_("Cashiers"), permission="billing.settle", row=CashierRow)
async def cashiers(context: Context, filter: Filter) -> Page[CashierRow]:
    """Colleagues to whom a shift can be handed over."""
    query = [("role", f"{ROLE}|cashier"), ("active", "true"), ("_count", str(filter.limit))]
    found = (await context.search("PractitionerRole", query)).resources
    people = {post["practitioner"]["reference"]: str(post["practitioner"].get("display", "")) for post in found}
    people.pop(context.actor.practitioner or "", None)
    return Page([CashierRow(key=who, name=name) for who, name in sorted(people.items(), key=lambda pair: pair[1])])


class ShiftRow(Row):
    """A cashier's shift."""

    number: str = Field(title=N_("Shift"))
    cashier: str = Field(title=N_("Cashier"))
    since: str = Field(title=N_("Begin"), json_schema_extra={"kind": "datetime"})
    until: str = Field(title=N_("End"), json_schema_extra={"kind": "datetime"})
    float: Decimal = Field(title=N_("Change money"), json_schema_extra={"kind": "money"})
    counted: Decimal | None = Field(title=N_("Counted"), json_schema_extra={"kind": "money"})
    difference: Decimal | None = Field(title=N_("Difference"), json_schema_extra={"kind": "money"})
    explanation: str = Field(title=N_("Explanation"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "shift"})


@view(
    "billing.shifts",
    title=N_("Shifts"),
    permission="billing.read",
    row=ShiftRow,
    empty=N_("No shift yet"),
)
async def shift_rows(context: Context, filter: Filter) -> Page[ShiftRow]:
    """Shifts of all cashiers, the newest first."""
    query = [("type", f"{shifts.ACCOUNT_TYPE}|shift"), ("_sort", "-period"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Account", query)
    return Page([_shift_row(context, shift) for shift in found.resources], found.next)


def _shift_row(context: Context, shift: Resource) -> ShiftRow:
    state = context.registry.tables["shift"].of(shift)
    count = shifts.count_of(shift)
    return ShiftRow(
        key=f"Account/{shift['id']}",
        number=shifts.number_of(shift),
        cashier=str(shift["subject"][0].get("display", "")),
        since=shift["servicePeriod"]["start"],
        until=shift["servicePeriod"].get("end", ""),
        float=shifts.float_of(shift),
        counted=count.get("counted"),
        difference=count["counted"] - count["expected"] if count else None,
        explanation=str(count.get("explanation", "")),
        state=state.code if state else "",
    )


class OfDay(Filter):
    """A day, today where none is named, at one campus or all."""

    day: date | None = Field(None, title=N_("Day"))
    campus: str | None = Field(None, title=N_("Campus"), pattern=r"^Location/")


class TakingRow(Row):
    """What one cashier took and gave back by one way."""

    cashier: str = Field(title=N_("Cashier"))
    method: str = Field(title=N_("Payment method"), json_schema_extra={"kind": "code"})
    count: int = Field(title=N_("Payments"), json_schema_extra={"kind": "number"})
    taken: Decimal = Field(title=N_("Taken"), json_schema_extra={"kind": "money"})
    refunds: int = Field(title=N_("Refunds"), json_schema_extra={"kind": "number"})
    returned: Decimal = Field(title=N_("Given back"), json_schema_extra={"kind": "money"})
    net: Decimal = Field(title=N_("Net"), json_schema_extra={"kind": "money"})


@view(
    "billing.day_report",
    title=N_("Report of the day"),
    permission="billing.read",
    row=TakingRow,
    empty=N_("Nothing was taken on this day"),
)
async def day_report(context: Context, filter: OfDay) -> Page[TakingRow]:
    """What was taken and given back on a day, by cashier and way of payment."""
    place = [("_tag", f"{CAMPUS}|{filter.campus.partition('/')[2]}")] if filter.campus else []
    rows = takings(await invoices_of(context, [*context.on_day("date", filter.day or context.today), *place]))
    return Page(rows, total=len(rows))


async def invoices_of(context: Context, query: list[tuple[str, str]]) -> list[Resource]:
    """All invoices that a search finds."""
    found: list[Resource] = []
    cursor: str | None = None
    while True:
        page = await context.search(
            "Invoice", [*query, ("_sort", "_id"), ("_count", "1000"), *([("_cursor", cursor)] if cursor else [])]
        )
        found += page.resources
        cursor = page.next
        if cursor is None:
            return found


def takings(invoices: Iterable[Resource]) -> list[TakingRow]:
    """Sums of invoices by cashier and way of payment."""
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for invoice in invoices:
        actor = (invoice.get("participant") or [{}])[0].get("actor", {})
        cashier = str(actor.get("display", "") or actor.get("reference", ""))
        back = bool(resources.extension(invoice, resources.REFUND_OF))
        for part in payments.payments_of(invoice):
            held = sums[cashier, part.method]
            held[2 if back else 0] += 1
            held[3 if back else 1] += part.amount
    return [
        TakingRow(
            key=f"{cashier}/{method}",
            cashier=cashier,
            method=method,
            count=int(count),
            taken=taken,
            refunds=int(refunds),
            returned=returned,
            net=taken + returned,
        )
        for (cashier, method), (count, taken, refunds, returned) in sorted(sums.items())
    ]


async def shift_report(context: Context, shift: Resource) -> dict[str, Any]:
    """A shift in figures: what came by each way, and what the drawer holds by the ledger."""
    rows = takings(await invoices_of(context, [("account", f"Account/{shift['id']}")]))
    row = _shift_row(context, shift)
    cashier = shift["subject"][0]["reference"]
    cash = next((one.net for one in rows if one.method == "cash"), Decimal(0))
    return {
        "row": row,
        "takings": rows,
        "cash": cash,
        "expected": await shifts.in_drawer(context, cashier) if row.state == "OPEN" else row.float + cash,
        "count": shifts.count_of(shift),
        "notes": shifts.NOTES,
    }
