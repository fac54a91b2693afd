"""Lists of the cashier."""

from decimal import Decimal
from typing import Any

from pydantic import Field

from xinglin.capabilities.billing import desk_views, payers, payments, refunds, resources, settling
from xinglin.capabilities.billing.price_words import PAYER_NAMES
from xinglin.capabilities.billing.services import why_kept
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _


class BillRow(Row):
    """A visit with open charges."""

    patient_name: str = Field(title=N_("Patient"))
    items: int = Field(title=N_("Items"), json_schema_extra={"kind": "number"})
    total: Decimal = Field(title=N_("Total"), json_schema_extra={"kind": "money"})
    since: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "billing.open_bills", title=N_("To be paid"), permission="billing.settle", row=BillRow, empty=N_("Nothing to pay")
)
async def open_bills(context: Context, filter: Filter) -> Page[BillRow]:
    """Visits with open charges, the oldest first."""
    table = context.registry.tables["charge"]
    found = await context.search(
        "ChargeItem", [("_tag", table.tag("PENDING")), ("_sort", "occurrence"), ("_count", "500")]
    )
    people = await context.read_many(item["subject"]["reference"] for item in found.resources)
    visits: dict[str, list[Resource]] = {}
    for item in found.resources:
        visits.setdefault(item["context"]["reference"], []).append(item)
    rows = [
        BillRow(
            key=visit,
            patient_name=build.person_name(people.get(items[0]["subject"]["reference"])),
            items=len(items),
            total=resources.total(items),
            since=items[0]["occurrenceDateTime"],
            patient=items[0]["subject"]["reference"],
        )
        for visit, items in visits.items()
    ]
    return Page(rows[: filter.limit], total=len(rows))


class ChargeRow(Row):
    """A charge."""

    name: str = Field(title=N_("Item"))
    quantity: int = Field(title=N_("Quantity"), json_schema_extra={"kind": "number"})
    unit_price: Decimal = Field(title=N_("Price"), json_schema_extra={"kind": "money"})
    total: Decimal = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "charge"})


def charge_row(context: Context, item: Resource) -> ChargeRow:
    """A ChargeItem as a row."""
    state = context.registry.tables["charge"].of(item)
    quantity, total = build.amount(item.get("quantity")), build.amount(item.get("priceOverride"))
    return ChargeRow(
        key=f"ChargeItem/{item['id']}",
        name=build.concept_text(item.get("code")),
        quantity=int(quantity),
        unit_price=(total / quantity).quantize(Decimal("0.01")) if quantity else total,
        total=total,
        state=state.code if state else "",
    )


GROUPS = {
    "Encounter": N_("Consultations"),
    "MedicationRequest": N_("Medicines"),
    "ServiceRequest": N_("Tests and treatments"),
}
"""How a bill is grouped, by what its charges are for; what is none of these is "other"."""


def grouped(context: Context, items: list[Resource]) -> list[tuple[str, list[ChargeRow]]]:
    """The charges of a bill by kind, each kind with its name."""
    held: dict[str, list[ChargeRow]] = {}
    for item in items:
        kind = next((service.partition("/")[0] for service in resources.services([item])), "")
        held.setdefault(kind if kind in GROUPS else "", []).append(charge_row(context, item))
    return [(_(GROUPS[kind]) if kind else _("Other"), held[kind]) for kind in (*GROUPS, "") if kind in held]


class InvoiceRow(Row):
    """An invoice; refunds have a negative total."""

    number: str = Field(title=N_("Invoice"))
    patient_name: str = Field(title=N_("Patient"))
    total: Decimal = Field(title=N_("Total"), json_schema_extra={"kind": "money"})
    method: str = Field(title=N_("Payment method"), json_schema_extra={"kind": "code"})
    cashier: str = Field(title=N_("Cashier"))
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "billing.invoices",
    title=N_("Invoices of today"),
    permission="billing.read",
    row=InvoiceRow,
    empty=N_("No invoice yet"),
)
async def invoices(context: Context, filter: Filter) -> Page[InvoiceRow]:
    """Today's payments and refunds, the newest first."""
    query = [*context.on_day("date", context.today), ("_sort", "-date"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Invoice", query)
    people = await context.read_many(item["subject"]["reference"] for item in found.resources)
    rows = [
        InvoiceRow(
            key=f"Invoice/{item['id']}",
            number=build.find_identifier(item, resources.INVOICE_NUMBER) or "",
            patient_name=build.person_name(people.get(item["subject"]["reference"])),
            total=build.amount(item["totalGross"]),
            method=str(resources.extension(item, resources.PAYMENT_METHOD).get("valueCode", "")),
            cashier=str(item["participant"][0]["actor"].get("display", "")),
            at=item["date"],
            patient=item["subject"]["reference"],
        )
        for item in found.resources
    ]
    return Page(rows, found.next)


async def bill(context: Context, visit: str) -> dict[str, Any]:
    """The open charges of a visit for the cashier's screen."""
    table = context.registry.tables["charge"]
    found = await context.search(
        "ChargeItem", [("context", visit), ("_tag", table.tag("PENDING")), ("_sort", "_id"), ("_count", "500")]
    )
    encounter = await context.read(visit)
    coverage = await payers.coverage_of(context, visit)
    return {
        "visit": visit,
        "number": next((item["value"] for item in encounter.get("identifier") or ()), ""),
        "patient": await context.read(encounter["subject"]["reference"]),
        "patient_reference": encounter["subject"]["reference"],
        "charges": [charge_row(context, item) for item in found.resources],
        "groups": grouped(context, found.resources),
        "total": resources.total(found.resources),
        "payment": await desk_views.payment_of(context, visit),
        "gateway": settling.gateway_there(context),
        "payer": PAYER_NAMES[payers.kind(coverage)],
        "insured": str((coverage or {}).get("subscriberId", "")),
    }


async def receipt(context: Context, invoice: str) -> dict[str, Any]:
    """An invoice with the present state of its charges, for the screen and the printout; `kept` tells for which of them
    nothing is given back, and why."""
    held = await context.read(invoice)
    references = [line["chargeItemReference"]["reference"] for line in held.get("lineItem") or ()]
    charges = await context.read_many(references)
    tendered = resources.extension(held, resources.TENDERED).get("valueMoney")
    total = build.amount(held["totalGross"])
    kept = {key: reason for key, item in charges.items() if (reason := await why_kept(context, item))}
    parts = payments.payments_of(held)
    approvals, requests = await _refundable(context, held, charges, kept)
    return {
        "reference": invoice,
        "invoice": held,
        "number": build.find_identifier(held, resources.INVOICE_NUMBER),
        "patient": await context.read(held["subject"]["reference"]),
        "patient_reference": held["subject"]["reference"],
        "charges": [charge_row(context, charges[reference]) for reference in references if reference in charges],
        "total": total,
        "method": resources.extension(held, resources.PAYMENT_METHOD).get("valueCode"),
        "tendered": build.amount(tendered) if tendered else None,
        "change": build.amount(tendered) - total if tendered else None,
        "kept": kept,
        "refund": bool(resources.extension(held, resources.REFUND_OF)),
        "payments": [part for part in parts if part.amount],
        "approvals": approvals,
        "requests": requests,
        "reason": "; ".join(note["text"] for note in held.get("note") or ()),
    }


async def _refundable(
    context: Context, held: Resource, charges: dict[str, Resource], kept: dict[str, str]
) -> tuple[list[str], list[dict[str, str]]]:
    """Why a refund of all that can be refunded needs an approval, and the requests that are open for the invoice."""
    table = context.registry.tables["charge"]
    free = [
        item
        for key, item in charges.items()
        if key not in kept and (state := table.of(item)) and state.code == "SETTLED"
    ]
    parts = payments.payments_of(held)
    approvals = refunds.needed(held, resources.total(free), parts, context.today) if free else []
    visit = next((item["context"]["reference"] for item in charges.values()), "Encounter/none")
    states = context.registry.tables["refund"]
    requests = [
        {"key": f"Task/{task['id']}", "state": state.code if (state := states.of(task)) else ""}
        for task in await refunds.open_requests(context, visit)
        if task["focus"]["reference"] == f"Invoice/{held['id']}"
    ]
    return approvals, requests


async def found(context: Context, text: str) -> dict[str, str]:
    """What a number that was typed or scanned opens: an invoice, or the bill of a visit or of a patient's last one."""
    number = text.strip()
    if not number or not number.isascii():
        return {}
    held = await context.search("Invoice", [("identifier", f"{resources.INVOICE_NUMBER}|{number}"), ("_count", "1")])
    if held.resources:
        return {"invoice": f"Invoice/{held.resources[0]['id']}", "visit": ""}
    held = await context.search("Encounter", [("identifier", number), ("_count", "1")])
    if not held.resources:
        query = [("patient.identifier", number), ("_sort", "-_id"), ("_count", "1")]
        held = await context.search("Encounter", query)
    return {"visit": f"Encounter/{held.resources[0]['id']}", "invoice": ""} if held.resources else {}
