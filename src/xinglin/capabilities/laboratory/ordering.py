"""The doctor's part of a test: order, take back, issue."""

from pydantic import Field, field_validator

from xinglin.capabilities.laboratory import resources, rules
from xinglin.capabilities.laboratory.catalogue import read_analytes, read_panel
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

URGENCIES = {"routine": N_("Routine"), "urgent": N_("Urgent"), "stat": N_("At once")}
"""R4 request-priority, as far as outpatients need it."""


class OrderTest(Input):
    """One test for the open visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    test: str = Field(title=N_("Test"), json_schema_extra={"widget": "search", "source": "laboratory.test_search"})
    urgency: str = Field("routine", title=N_("Urgency"), json_schema_extra=select(URGENCIES.items()))
    indication: str | None = Field(None, title=N_("Indication"), max_length=200)
    note: str | None = Field(None, title=N_("Note for the laboratory"), max_length=200)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )

    @field_validator("urgency")
    @classmethod
    def _urgency(cls, value: str) -> str:
        if value not in URGENCIES:
            raise ValueError(_("must be one of {expected}").format(expected=listed(URGENCIES)))
        return value


@command(
    "laboratory.order",
    title=N_("Add test"),
    permission="laboratory.order",
    done=N_("Test added"),
    tone="primary",
)
async def order(context: Context, input: OrderTest) -> Resource:
    """Adds a test to the visit's drafts after checking whether it fits the patient and was not done already.

    The indication is that of the visit's diagnoses where none is given. A block refuses it; a warning, such as the same
    test a few days ago, asks for a reason, which is kept with the order.
    """
    encounter = await in_consultation(context, input.visit)
    panel = await read_panel(context, input.test)
    analytes = await read_analytes(context, panel)
    alerts = demand_reason(await rules.check(context, encounter, panel, analytes.values()), input.reason)
    request = resources.order(
        encounter,
        panel,
        urgency=input.urgency,
        indication=input.indication or diagnoses(encounter),
        note=input.note,
        alerts=alerts,
        reason=input.reason,
        context=context,
    )
    return await context.create(context.moved("test", request))


def diagnoses(encounter: Resource) -> str:
    """The diagnoses of a visit in a line."""
    names = (entry["condition"].get("display") for entry in encounter.get("diagnosis") or ())
    return listed(str(name) for name in names if name)


async def in_consultation(context: Context, visit: str) -> Resource:
    """The visit, locked, if the signed-in doctor attends it and it is in consultation."""
    return await ordering_visit(context, visit, _("Tests are ordered while the visit is in consultation"))


class OneOrder(Input):
    """One test that was ordered."""

    order: str = Field(title=N_("Test"), pattern=r"^ServiceRequest/", json_schema_extra={"widget": "hidden"})


@command("laboratory.withdraw", title=N_("Remove"), permission="laboratory.order", done=N_("Test removed"))
async def withdraw(context: Context, input: OneOrder) -> Resource:
    """Takes a test off the drafts."""
    request = await context.read(input.order, lock=True)
    await in_consultation(context, request["encounter"]["reference"])
    state = context.registry.tables["test"].of(request)
    if state is None or state.code != "DRAFT":
        raise Refused(
            _("The test is in state '{state}'; only a draft is removed").format(state=_(state.title) if state else "—")
        )
    await context.delete(request)
    return request


class Cancel(OneOrder):
    """A test that is not needed any more."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "laboratory.cancel",
    title=N_("Cancel test"),
    permission="laboratory.order",
    done=N_("Cancelled; what was paid waits at the cashier"),
    tone="danger",
)
async def cancel(context: Context, input: Cancel) -> Resource:
    """Cancels an issued test of which nothing was done yet, with its charge: what is unpaid is voided, what was paid
    waits at the cashier as a refund."""
    request = await context.read(input.order)
    visit = request["encounter"]["reference"]
    await in_consultation(context, visit)
    request = await context.move("test", await context.read(input.order, lock=True))
    await context.call("billing.void", visit=visit, service=input.order, reason=input.reason)
    return request


class IssueDrafts(Input):
    """The visit whose drafts become orders."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@command("laboratory.issue", title=N_("Issue tests"), permission="laboratory.order", done=N_("Tests issued"))
async def issue(context: Context, input: IssueDrafts) -> Resource:
    """Issues all drafts of a visit under one number and charges them at the price of now; without drafts it does
    nothing.

    What comes of it is a Bundle of the orders, or an OperationOutcome that says that there was none.
    """
    await in_consultation(context, input.visit)
    table = context.registry.tables["test"]
    query = [("encounter", input.visit), ("_tag", table.tag("DRAFT")), ("_sort", "_id"), ("_count", "100")]
    drafts = (await context.search("ServiceRequest", query)).resources
    if not drafts:
        return operation_outcome([Issue("information", "informational", _("There is no draft"))])
    day = context.today.strftime("%y%m%d")
    number = f"LB{day}{await next_number(context.connection, f'laboratory-order-{day}'):04d}"
    written = []
    for position, draft in enumerate(drafts, 1):
        request = context.moved("test", draft)
        request["requisition"] = build.identifier(resources.ORDER_NUMBER, number)
        request["identifier"] = [build.identifier(resources.ORDER_NUMBER, f"{number}-{position:02d}")]
        request["authoredOn"] = build.instant(context.now)
        request = await context.update(request)
        item = resources.test_code(request)
        await context.call("billing.charge", visit=input.visit, item=item, quantity=1, service=reference(request))
        written.append(request)
    return issued(written)
