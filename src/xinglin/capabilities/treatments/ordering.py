"""The doctor's part of a treatment: order, take back, issue."""

from typing import Literal

from pydantic import Field

from xinglin.capabilities.treatments import resources
from xinglin.capabilities.treatments.catalogue import ALLERGEN, Treatment, read_treatment
from xinglin.capabilities.treatments.states import OPEN
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued, ordering_visit
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number


class OrderTreatment(Input):
    """One treatment for the open visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    treatment: str = Field(
        title=N_("Treatment"), json_schema_extra={"widget": "search", "source": "treatments.treatment_search"}
    )
    detail: str | None = Field(None, title=N_("With what, where"), max_length=200)
    urgency: Literal["routine", "urgent", "stat"] = Field("routine", title=N_("Urgency"))
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "treatments.order",
    title=N_("Add treatment"),
    permission="treatments.order",
    done=N_("Treatment added"),
    tone="primary",
)
async def order(context: Context, input: OrderTreatment) -> Resource:
    """Adds a treatment to the visit's drafts. The same one twice in a visit needs a reason; a skin test for a known
    allergy is blocked after a severe reaction and needs a reason otherwise."""
    encounter = await in_consultation(context, input.visit)
    treatment = await read_treatment(context, input.treatment)
    alerts = demand_reason(await _check(context, encounter, treatment), input.reason)
    request = resources.order(
        encounter,
        treatment,
        detail=input.detail,
        urgency=input.urgency,
        alerts=alerts,
        reason=input.reason,
        context=context,
    )
    return await context.create(context.moved("treatment", request))


async def _check(context: Context, encounter: Resource, treatment: Treatment) -> list[Alert]:
    found = []
    table = context.registry.tables["treatment"]
    tags = ",".join(table.tag(code) for code in OPEN)
    query = [("encounter", reference(encounter)), ("_tag", tags), ("_count", "100")]
    for item in (await context.search("ServiceRequest", query)).resources:
        if resources.treatment_code(item) == treatment.code:
            text = _("{treatment} is ordered in this visit already").format(treatment=treatment.name)
            found.append(Alert("warning", "duplicate", text, "treatment", reference(item)))
    if treatment.allergen:
        wanted = f"{ALLERGEN}|{treatment.allergen}"
        about = [("patient", encounter["subject"]["reference"]), ("clinical-status", "active"), ("code", wanted)]
        for item in (await context.search("AllergyIntolerance", about)).resources:
            text = _("The patient is allergic to {allergen}").format(allergen=build.concept_text(item.get("code")))
            high = item.get("criticality") == "high"
            found.append(Alert("block" if high else "warning", "allergy", text, "treatment", reference(item)))
    return found


async def in_consultation(context: Context, visit: str) -> Resource:
    """The visit, locked, if the signed-in doctor attends it and it is in consultation."""
    return await ordering_visit(context, visit, _("Treatments are ordered while the visit is in consultation"))


class OneOrder(Input):
    """One treatment that was ordered."""

    order: str = Field(title=N_("Treatment"), pattern=r"^ServiceRequest/", json_schema_extra={"widget": "hidden"})


@command("treatments.withdraw", title=N_("Remove"), permission="treatments.order", done=N_("Treatment removed"))
async def withdraw(context: Context, input: OneOrder) -> Resource:
    """Takes a treatment off the drafts."""
    request = await context.read(input.order, lock=True)
    await in_consultation(context, request["encounter"]["reference"])
    state = context.registry.tables["treatment"].of(request)
    if state is None or state.code != "DRAFT":
        raise Refused(
            _("The treatment is in state '{state}'; only a draft is removed").format(
                state=_(state.title) if state else "—"
            )
        )
    await context.delete(request)
    return request


class Cancel(OneOrder):
    """A treatment that is not needed any more."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "treatments.cancel",
    title=N_("Cancel treatment"),
    permission="treatments.order",
    done=N_("Cancelled; what was paid waits at the cashier"),
    tone="danger",
)
async def cancel(context: Context, input: Cancel) -> Resource:
    """Cancels an issued treatment of which nothing was done yet, with its charge: what is unpaid is voided, what was
    paid waits at the cashier as a refund."""
    request = await context.read(input.order)
    visit = request["encounter"]["reference"]
    await in_consultation(context, visit)
    request = await context.move("treatment", await context.read(input.order, lock=True))
    await context.call("billing.void", visit=visit, service=input.order, reason=input.reason)
    return request


class IssueDrafts(Input):
    """The visit whose drafts become orders."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@command("treatments.issue", title=N_("Issue treatments"), permission="treatments.order", done=N_("Treatments issued"))
async def issue(context: Context, input: IssueDrafts) -> Resource:
    """Issues all drafts of a visit under one number and charges them.

    What comes of it is a Bundle of the orders, or an OperationOutcome that says that there was none.
    """
    await in_consultation(context, input.visit)
    table = context.registry.tables["treatment"]
    query = [("encounter", input.visit), ("_tag", table.tag("DRAFT")), ("_sort", "_id"), ("_count", "100")]
    drafts = (await context.search("ServiceRequest", query)).resources
    if not drafts:
        return operation_outcome([Issue("information", "informational", _("There is no draft"))])
    day = context.today.strftime("%y%m%d")
    number = f"TR{day}{await next_number(context.connection, f'treatment-order-{day}'):04d}"
    written = []
    for position, draft in enumerate(drafts, 1):
        request = context.moved("treatment", draft)
        request["requisition"] = build.identifier(resources.ORDER_NUMBER, number)
        request["identifier"] = [build.identifier(resources.ORDER_NUMBER, f"{number}-{position:02d}")]
        request["authoredOn"] = build.instant(context.now)
        request = await context.update(request)
        item = resources.treatment_code(request)
        await context.call("billing.charge", visit=input.visit, item=item, quantity=1, service=reference(request))
        written.append(request)
    return issued(written)
