"""Lists of treatments, for the doctor and the treatment room."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.treatments import resources
from xinglin.capabilities.treatments.catalogue import TREATMENTS, read_treatments
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.printout import time_text
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

CATEGORY = f"{resources.SNOMED}|{resources.THERAPEUTIC}"


class TreatmentRow(Row):
    """A treatment of the catalogue."""

    name: str = Field(title=N_("Treatment"))
    price: Decimal | None = Field(title=N_("Price"), json_schema_extra={"kind": "money"})


@view(
    "treatments.treatment_search",
    title=N_("Treatments"),
    permission="treatments.read",
    row=TreatmentRow,
    empty=N_("No treatment fits"),
)
async def treatment_search(context: Context, filter: SearchText) -> Page[TreatmentRow]:
    """Treatments by characters, pinyin, initials or code, best fit first, with the price."""
    found = await (await catalogue(context.repository, TREATMENTS)).find(filter.text, filter.limit)
    held = await read_treatments(context, [concept.code for concept in found])
    prices = await context.read_many(f"ChargeItemDefinition/{code}" for code in held)
    rows = [
        TreatmentRow(key=each.code, name=each.name, price=price_of(prices.get(f"ChargeItemDefinition/{each.code}")))
        for concept in found
        if (each := held.get(concept.code))
    ]
    return Page(rows)


def price_of(definition: Resource | None) -> Decimal | None:
    """The base price in a ChargeItemDefinition; None where it has none."""
    for group in (definition or {}).get("propertyGroup") or ():
        for component in group.get("priceComponent") or ():
            if component.get("type") == "base":
                return build.amount(component.get("amount"))
    return None


class OfVisit(Filter):
    """A visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


class LineRow(Row):
    """A treatment of a visit, as the doctor's basket shows it."""

    headline: str = Field(title=N_("Treatment"))
    instruction: str = Field(title=N_("With what, where"))
    price: Decimal | None = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "treatment"})
    alerts: list[str] = Field(title=N_("Accepted warnings"), json_schema_extra={"hidden": True})
    returned: str = Field(default="", title=N_("Reason of return"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "treatments.lines",
    title=N_("Treatments"),
    permission="treatments.read",
    row=LineRow,
    actions=(
        RowAction("treatments.withdraw", {"order": "key"}, frozenset({"DRAFT"})),
        RowAction("treatments.cancel", {"order": "key"}, frozenset({"CREATED", "PAID"})),
    ),
    empty=N_("No treatment ordered yet"),
)
async def lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Treatments of a visit in the order in which they were entered; of skin tests the result."""
    query = [("encounter", filter.visit), ("category", CATEGORY), ("_sort", "_id"), ("_count", str(filter.limit))]
    found = await context.search("ServiceRequest", query)
    codes = [resources.treatment_code(item) for item in found.resources]
    prices = await context.read_many(f"ChargeItemDefinition/{code}" for code in codes if code)
    rows = []
    for item, code in zip(found.resources, codes, strict=True):
        rows.append(
            LineRow(
                key=reference(item),
                headline=build.concept_text(item.get("code")),
                instruction=" · ".join(
                    [_urgency(item), *map(str, _details(item)), await result_of(context, item)]
                ).strip(" ·"),
                price=price_of(prices.get(f"ChargeItemDefinition/{code}")),
                state=state_of(context, item),
                alerts=resources.accepted_alerts(item),
                patient=item["subject"]["reference"],
            )
        )
    return Page(rows, found.next, found.total)


def _details(item: Resource) -> list[str]:
    return [str(note["text"]) for note in item.get("note") or ()]


def _urgency(item: Resource) -> str:
    return {"urgent": _("Urgent"), "stat": _("At once")}.get(str(item.get("priority")), "")


async def result_of(context: Context, item: Resource) -> str:
    """The result of a skin test that has been read; blank for anything else."""
    if not resources.treatment_code(item).startswith("skin-test") or item["status"] != "completed":
        return ""
    found = await context.search("Observation", [("based-on", reference(item)), ("_count", "1")])
    return build.concept_text(found.resources[0].get("valueCodeableConcept")) if found.resources else ""


def state_of(context: Context, request: Resource) -> str:
    """The state of a treatment; blank for what is outside the workflow."""
    state = context.registry.tables["treatment"].of(request)
    return state.code if state else ""


class WorkRow(Row):
    """A treatment in the treatment room; of a skin test the minutes that it has been on."""

    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    name: str = Field(title=N_("Treatment"))
    detail: str = Field(title=N_("With what, where"))
    doctor: str = Field(title=N_("Doctor"))
    at: str = Field(title=N_("Ordered"))
    minutes: int | None = Field(title=N_("Minutes"), json_schema_extra={"kind": "number"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "treatment"})
    kind: str = Field(title=N_("Kind"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


ORDER = {"order": "key"}


@view(
    "treatments.to_do",
    title=N_("To be carried out"),
    permission="treatments.perform",
    row=WorkRow,
    empty=N_("Nothing is to be carried out"),
)
async def to_do(context: Context, filter: Filter) -> Page[WorkRow]:
    """Paid treatments that are not done yet: skin tests that are on, the oldest first, then the others, urgent ones
    first."""
    table = context.registry.tables["treatment"]
    tags = ",".join(table.tag(code) for code in ("PAID", "TESTING"))
    query = [("_tag", tags), ("_sort", "authored"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("ServiceRequest", query)
    people = await context.read_many(item["subject"]["reference"] for item in found.resources)
    treatments = await read_treatments(context, map(resources.treatment_code, found.resources))
    rows = []
    for item in found.resources:
        patient = people.get(item["subject"]["reference"])
        known = treatments.get(resources.treatment_code(item))
        begun = item.get("occurrenceDateTime")
        waited = context.now - datetime.fromisoformat(begun) if begun else None
        rows.append(
            WorkRow(
                key=reference(item),
                patient_name=build.person_name(patient),
                gender=str((patient or {}).get("gender", "unknown")),
                age=build.age_in_years((patient or {}).get("birthDate"), context.today),
                name=build.concept_text(item.get("code")),
                detail=" · ".join([_urgency(item), *_details(item)]).strip(" ·"),
                doctor=str((item.get("requester") or {}).get("display", "")),
                at=time_text(context, item["authoredOn"]),
                minutes=int(waited.total_seconds() // 60) if waited else None,
                state=state_of(context, item),
                kind="test" if known and known.allergen else "treatment",
                patient=item["subject"]["reference"],
            )
        )
    return Page(sorted(rows, key=lambda row: row.state != "TESTING"), found.next, found.total)
