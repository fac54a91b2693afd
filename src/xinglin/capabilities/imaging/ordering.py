"""The doctor's part of an examination: order, take back, issue."""

from typing import Literal

from pydantic import Field

from xinglin.capabilities.imaging import resources, rules
from xinglin.capabilities.imaging.catalogue import read_study
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued, ordering_visit
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

ANSWERS = (("no", N_("No")), ("yes", N_("Yes")), ("unknown", N_("Unknown")))


class OrderExamination(Input):
    """One examination for the open visit. The side, and the questions of safety, are asked where they matter."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    study: str = Field(
        title=N_("Examination"), json_schema_extra={"widget": "search", "source": "imaging.study_search"}
    )
    side: Literal["left", "right", "both"] | None = Field(
        None,
        title=N_("Side"),
        json_schema_extra=select((name, word) for name, (_code, word) in resources.SIDES.items()),
    )
    urgency: Literal["routine", "urgent", "stat"] = Field("routine", title=N_("Urgency"))
    indication: str | None = Field(None, title=N_("Indication"), max_length=200)
    question: str | None = Field(None, title=N_("Question to the examiner"), max_length=300)
    pregnant: Literal["no", "yes", "unknown"] | None = Field(
        None, title=N_("Pregnant?"), json_schema_extra=select(ANSWERS)
    )
    implants: Literal["no", "yes", "unknown"] | None = Field(
        None, title=N_("Pacemaker, metal?"), json_schema_extra=select(ANSWERS)
    )
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "imaging.order",
    title=N_("Add examination"),
    permission="imaging.order",
    done=N_("Examination added"),
    tone="primary",
)
async def order(context: Context, input: OrderExamination) -> Resource:
    """Adds an examination to the visit's drafts after asking and checking what may harm.

    Rays in women of childbearing age need the answer whether she may be pregnant, magnets the one for pacemakers and
    metal, some examinations a side. Warnings (pregnancy, metal, allergy to contrast, poor or unknown kidney function,
    the same examination a few days ago) ask for a reason; a severe allergy and the other sex block.
    """
    encounter = await in_consultation(context, input.visit)
    study = await read_study(context, input.study)
    asked = rules.Asked(input.side, input.pregnant, input.implants)
    alerts = demand_reason(await rules.check(context, encounter, study, asked), input.reason)
    diagnoses = listed(
        str(entry["condition"]["display"])
        for entry in encounter.get("diagnosis") or ()
        if "display" in entry["condition"]
    )
    indication = input.indication or diagnoses
    request = resources.order(encounter, study, input, indication=indication, alerts=alerts, context=context)
    return await context.create(context.moved("examination", request))


async def in_consultation(context: Context, visit: str) -> Resource:
    """The visit, locked, if the signed-in doctor attends it and it is in consultation."""
    return await ordering_visit(context, visit, _("Examinations are ordered while the visit is in consultation"))


class OneOrder(Input):
    """One examination that was ordered."""

    order: str = Field(title=N_("Examination"), pattern=r"^ServiceRequest/", json_schema_extra={"widget": "hidden"})


@command("imaging.withdraw", title=N_("Remove"), permission="imaging.order", done=N_("Examination removed"))
async def withdraw(context: Context, input: OneOrder) -> Resource:
    """Takes an examination off the drafts."""
    request = await context.read(input.order, lock=True)
    await in_consultation(context, request["encounter"]["reference"])
    state = context.registry.tables["examination"].of(request)
    if state is None or state.code != "DRAFT":
        raise Refused(
            _("The examination is in state '{state}'; only a draft is removed").format(
                state=_(state.title) if state else "—"
            )
        )
    await context.delete(request)
    return request


class Cancel(OneOrder):
    """An examination that is not needed any more."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "imaging.cancel",
    title=N_("Cancel examination"),
    permission="imaging.order",
    done=N_("Cancelled; what was paid waits at the cashier"),
    tone="danger",
)
async def cancel(context: Context, input: Cancel) -> Resource:
    """Cancels an issued examination of which nothing was done yet, with its charge: what is unpaid is voided, what was
    paid waits at the cashier as a refund."""
    request = await context.read(input.order)
    visit = request["encounter"]["reference"]
    await in_consultation(context, visit)
    request = await context.move("examination", await context.read(input.order, lock=True))
    await context.call("billing.void", visit=visit, service=input.order, reason=input.reason)
    return request


class IssueDrafts(Input):
    """The visit whose drafts become orders."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@command("imaging.issue", title=N_("Issue examinations"), permission="imaging.order", done=N_("Examinations issued"))
async def issue(context: Context, input: IssueDrafts) -> Resource:
    """Issues all drafts of a visit under one number, gives each an accession number, and charges them.

    What comes of it is a Bundle of the orders, or an OperationOutcome that says that there was none.
    """
    await in_consultation(context, input.visit)
    table = context.registry.tables["examination"]
    query = [("encounter", input.visit), ("_tag", table.tag("DRAFT")), ("_sort", "_id"), ("_count", "100")]
    drafts = (await context.search("ServiceRequest", query)).resources
    if not drafts:
        return operation_outcome([Issue("information", "informational", _("There is no draft"))])
    day = context.today.strftime("%y%m%d")
    number = f"EX{day}{await next_number(context.connection, f'imaging-order-{day}'):04d}"
    written = []
    for draft in drafts:
        request = context.moved("examination", draft)
        accession = f"{day}{await next_number(context.connection, f'imaging-accession-{day}'):04d}"
        request["requisition"] = build.identifier(resources.ORDER_NUMBER, number)
        request["identifier"] = [build.identifier(resources.ACCESSION, accession)]
        request["authoredOn"] = build.instant(context.now)
        request = await context.update(request)
        item = resources.study_code(request)
        await context.call("billing.charge", visit=input.visit, item=item, quantity=1, service=reference(request))
        written.append(request)
    return issued(written)
