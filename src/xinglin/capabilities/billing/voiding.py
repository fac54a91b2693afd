"""What becomes of a visit's charges when it does not take place."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.billing import resources
from xinglin.capabilities.billing.services import why_kept
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _


class VoidCharges(Input):
    """A visit that does not take place."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command("billing.void", title=N_("Void charges"), permission="billing.refund", done=N_("Charges voided"))
async def void(context: Context, input: VoidCharges) -> Resource:
    """Voids what a visit owes. What was paid and has not been done is given back at once where the caller is a cashier
    and may do so alone; else it stands on the cashiers' list of what is to be given back."""
    await context.read(input.visit, lock=True)
    table = context.registry.tables["charge"]
    found = await context.search("ChargeItem", [("context", input.visit), ("_sort", "_id"), ("_count", "500")])
    charges = [await context.read(reference(item), lock=True) for item in found.resources]
    states = {reference(item): state.code for item in charges if (state := table.of(item))}
    for item in charges:
        if states.get(reference(item)) == "PENDING":
            await context.move("charge", item)
    settled = [
        item for item in charges if states.get(reference(item)) == "SETTLED" and not await why_kept(context, item)
    ]
    if settled and context.may("billing.refund"):
        await _give_back(context, settled, input.reason)
    return operation_outcome([Issue("information", "informational", _("Charges voided"))])


async def _give_back(context: Context, charges: list[Resource], reason: str) -> None:
    """Refunds paid charges, invoice by invoice; what needs an approval is left to the refund desk."""
    for invoice, items in (await _invoices(context, charges)).items():
        with suppress(Refused):
            await context.call("billing.refund", invoice=invoice, charges=items, reason=reason)


async def _invoices(context: Context, charges: list[Resource]) -> dict[str, list[str]]:
    """The invoices on which charges of one patient were paid, with those charges."""
    wanted = {reference(item) for item in charges}
    query = [("subject", charges[0]["subject"]["reference"]), ("_sort", "-date"), ("_count", "200")]
    found: dict[str, list[str]] = {}
    for invoice in (await context.search("Invoice", query)).resources:
        held = {line["chargeItemReference"]["reference"] for line in invoice.get("lineItem") or ()} & wanted
        if held and not resources.extension(invoice, resources.REFUND_OF):
            found[reference(invoice)] = sorted(held)
    return found


class GiveBackRow(Row):
    """A visit that was cancelled although something was paid for it."""

    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    patient_name: str = Field(title=N_("Patient"))
    what: str = Field(title=N_("Item"))
    total: Decimal = Field(title=N_("Total"), json_schema_extra={"kind": "money"})
    reason: str = Field(title=N_("Reason"))
    invoice: str = Field(title=N_("Invoice"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "billing.to_give_back",
    title=N_("Paid for cancelled visits"),
    permission="billing.read",
    row=GiveBackRow,
    empty=N_("Nothing is to be given back"),
)
async def to_give_back(context: Context, filter: Filter) -> Page[GiveBackRow]:
    """What was paid for visits that were cancelled since and has not been given back, the latest first; of the last 30
    days."""
    tag = context.registry.tables["charge"].tag("SETTLED")
    since = (context.today - timedelta(days=30)).isoformat()
    query = [("_tag", tag), ("context:Encounter.status", "cancelled"), ("occurrence", f"ge{since}")]
    found = await context.search("ChargeItem", [*query, ("_sort", "-occurrence"), ("_count", "500")])
    visits: dict[str, list[Resource]] = {}
    for item in found.resources:
        visits.setdefault(item["context"]["reference"], []).append(item)
    held = await context.read_many([*visits, *(items[0]["subject"]["reference"] for items in visits.values())])
    rows = []
    for visit, items in visits.items():
        subject = items[0]["subject"]["reference"]
        invoices = await _invoices(context, items)
        rows.append(
            GiveBackRow(
                key=visit,
                at=items[0]["occurrenceDateTime"],
                patient_name=build.person_name(held.get(subject)),
                what="、".join(build.concept_text(item["code"]) for item in items),
                total=resources.total(items),
                reason=build.concept_text((held.get(visit, {}).get("reasonCode") or [None])[0]),
                invoice=next(iter(invoices), ""),
                patient=subject,
            )
        )
    return Page(rows[: filter.limit], total=len(rows))
