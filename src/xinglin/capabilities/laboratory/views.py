"""Lists of tests and specimens, for the doctor, the collection room and the laboratory."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.laboratory import resources, specimens
from xinglin.capabilities.laboratory.catalogue import TESTS, Panel, Tube, read_panels, read_tubes
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.printout import time_text, usual
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

LONGEST = 500
CATEGORY = f"{resources.SNOMED}|{resources.LABORATORY}"


class TestRow(Row):
    """A test of the catalogue."""

    name: str = Field(title=N_("Test"))
    tube: str = Field(title=N_("Specimen"))
    price: Decimal | None = Field(title=N_("Price"), json_schema_extra={"kind": "money"})


@view("laboratory.test_search", title=N_("Tests"), permission="laboratory.read", row=TestRow, empty=N_("No test fits"))
async def test_search(context: Context, filter: SearchText) -> Page[TestRow]:
    """Tests by characters, pinyin, initials or code, best fit first, with tube and price."""
    found = await (await catalogue(context.repository, TESTS)).find(filter.text, filter.limit)
    panels = await read_panels(context, [concept.code for concept in found])
    tubes = await read_tubes(context, {panel.tube for panel in panels.values()})
    prices = await context.read_many(f"ChargeItemDefinition/{code}" for code in panels)
    rows = [
        TestRow(
            key=concept.code,
            name=panel.name,
            tube=_tube_text(panel, tubes),
            price=price_of(prices.get(f"ChargeItemDefinition/{concept.code}")),
        )
        for concept in found
        if (panel := panels.get(concept.code))
    ]
    return Page(rows)


def _tube_text(panel: Panel, tubes: dict[str, Tube]) -> str:
    tube = tubes.get(panel.tube)
    parts = [tube.material if tube else "", _("Fasting") if panel.fasting else ""]
    return " · ".join(part for part in parts if part)


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
    """A test of a visit, as the doctor's basket shows it."""

    headline: str = Field(title=N_("Test"))
    instruction: str = Field(title=N_("Specimen"))
    price: Decimal | None = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "test"})
    alerts: list[str] = Field(title=N_("Accepted warnings"), json_schema_extra={"hidden": True})
    returned: str = Field(title=N_("Why it was rejected"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    again: dict[str, str] | None = Field(None, title=N_("To order again"), json_schema_extra={"hidden": True})


@view(
    "laboratory.lines",
    title=N_("Tests"),
    permission="laboratory.read",
    row=LineRow,
    actions=(
        RowAction("laboratory.withdraw", {"order": "key"}, frozenset({"DRAFT"})),
        RowAction("laboratory.cancel", {"order": "key"}, frozenset({"CREATED", "PAID", "REJECTED"})),
    ),
    empty=N_("No test ordered yet"),
)
async def lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Tests of a visit in the order in which they were entered."""
    query = [("encounter", filter.visit), ("category", CATEGORY), ("_sort", "_id"), ("_count", str(filter.limit))]
    found = await context.search("ServiceRequest", query)
    codes = [resources.test_code(item) for item in found.resources]
    panels = await read_panels(context, codes)
    tubes = await read_tubes(context, {panel.tube for panel in panels.values()})
    prices = await context.read_many(f"ChargeItemDefinition/{code}" for code in codes if code)
    rows = [
        LineRow(
            key=reference(item),
            headline=build.concept_text(item.get("code")),
            instruction=_instruction(item, panels.get(code), tubes),
            price=price_of(prices.get(f"ChargeItemDefinition/{code}")),
            state=state_of(context, item),
            alerts=resources.accepted_alerts(item),
            returned=rejected_for(item),
            patient=item["subject"]["reference"],
            again={"test": code} if code else None,
        )
        for item, code in zip(found.resources, codes, strict=True)
    ]
    return Page(rows, found.next, found.total)


def _instruction(item: Resource, panel: Panel | None, tubes: dict[str, Tube]) -> str:
    urgency = {"urgent": _("Urgent"), "stat": _("At once")}.get(str(item.get("priority")), "")
    parts = [urgency, _tube_text(panel, tubes) if panel else "", *(note["text"] for note in item.get("note") or ())]
    return " · ".join(part for part in parts if part)


def state_of(context: Context, request: Resource) -> str:
    """The state of a test; blank for what is outside the workflow."""
    state = context.registry.tables["test"].of(request)
    return state.code if state else ""


def rejected_for(holder: Resource) -> str:
    """Why the last specimen of a test, or a specimen, was rejected; blank where it was not."""
    return build.concept_text(resources.extension(holder, resources.REJECTED_FOR).get("valueCodeableConcept"))


class CollectRow(Row):
    """A visit of which tubes are to be filled."""

    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    record: str = Field(title=N_("Record number"))
    tests: str = Field(title=N_("Tests"))
    since: str = Field(title=N_("Ordered"))
    urgent: bool = Field(title=N_("Urgent"), json_schema_extra={"kind": "flag"})
    again: bool = Field(title=N_("Collect again"), json_schema_extra={"kind": "flag"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


class Named(Filter):
    """Whom to show, by a name or a record number; everybody where it is blank."""

    text: str = Field("", title=N_("Name or record number"), max_length=60)


@view(
    "laboratory.to_collect",
    title=N_("To collect"),
    permission="laboratory.collect",
    row=CollectRow,
    empty=N_("Nobody waits for a collection"),
)
async def to_collect(context: Context, filter: Named) -> Page[CollectRow]:
    """Visits with paid tests whose specimens are to be collected: urgent ones first, then as they were ordered."""
    table = context.registry.tables["test"]
    tags = ",".join(table.tag(code) for code in ("PAID", "REJECTED"))
    query = [("_tag", tags), ("category", CATEGORY), ("_sort", "authored"), ("_count", str(LONGEST))]
    found = await context.search("ServiceRequest", query)
    people = await context.read_many(item["subject"]["reference"] for item in found.resources)
    visits: dict[str, list[Resource]] = {}
    for item in found.resources:
        visits.setdefault(item["encounter"]["reference"], []).append(item)
    rows = [_collect_row(context, visit, items, people) for visit, items in visits.items()]
    wanted = filter.text.strip()
    rows = [row for row in rows if not wanted or wanted in row.patient_name or wanted in row.record]
    return Page(sorted(rows, key=lambda row: not row.urgent)[: filter.limit], total=len(rows))


def _collect_row(context: Context, visit: str, items: Sequence[Resource], people: dict[str, Resource]) -> CollectRow:
    patient = people.get(items[0]["subject"]["reference"])
    return CollectRow(
        key=visit,
        patient_name=build.person_name(patient),
        gender=str((patient or {}).get("gender", "unknown")),
        age=build.age_in_years((patient or {}).get("birthDate"), context.today),
        record=record_number(patient),
        tests="、".join(build.concept_text(item.get("code")) for item in items),
        since=time_text(context, items[0]["authoredOn"]),
        urgent=any(item.get("priority") in ("urgent", "stat") for item in items),
        again=any(state_of(context, item) == "REJECTED" for item in items),
        patient=items[0]["subject"]["reference"],
    )


def record_number(patient: Resource | None) -> str:
    """The number by which the hospital usually calls a patient; blank where there is none."""
    return next((str(item["value"]) for item in (patient or {}).get("identifier") or () if usual(item)), "")


class SpecimenRow(Row):
    """A specimen on its way."""

    accession: str = Field(title=N_("Specimen number"))
    patient_name: str = Field(title=N_("Patient"))
    material: str = Field(title=N_("Specimen"))
    tests: str = Field(title=N_("Tests"))
    at: str = Field(title=N_("Collected at"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "specimen"})
    rejected: str = Field(title=N_("Why it was rejected"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "laboratory.to_receive",
    title=N_("To receive"),
    permission="laboratory.work",
    row=SpecimenRow,
    actions=(
        RowAction("laboratory.receive", {"accession": "accession"}),
        RowAction("laboratory.reject", {"specimen": "key"}),
    ),
    empty=N_("No specimen is on its way"),
)
async def to_receive(context: Context, filter: Filter) -> Page[SpecimenRow]:
    """Specimens that were collected and have not come to the laboratory, the oldest first."""
    table = context.registry.tables["specimen"]
    query = [("_tag", table.tag("COLLECTED")), ("_sort", "collected"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Specimen", query)
    people = await context.read_many(item["subject"]["reference"] for item in found.resources)
    return Page([specimen_row(context, item, people) for item in found.resources], found.next, found.total)


def specimen_row(context: Context, item: Resource, people: dict[str, Resource]) -> SpecimenRow:
    """A Specimen as a row."""
    state = context.registry.tables["specimen"].of(item)
    return SpecimenRow(
        key=reference(item),
        accession=resources.accession(item),
        patient_name=build.person_name(people.get(item["subject"]["reference"])),
        material=build.concept_text(item.get("type")),
        tests="、".join(str(each.get("display", "")) for each in item.get("request") or ()),
        at=time_text(context, (item.get("collection") or {}).get("collectedDateTime", "")),
        state=state.code if state else "",
        rejected=rejected_for(item),
        patient=item["subject"]["reference"],
    )


class WorkRow(Row):
    """A test in the laboratory."""

    accession: str = Field(title=N_("Specimen number"))
    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    name: str = Field(title=N_("Test"))
    doctor: str = Field(title=N_("Doctor"))
    at: str = Field(title=N_("Ordered"))
    urgent: bool = Field(title=N_("Urgent"), json_schema_extra={"kind": "flag"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "test"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


async def work_rows(context: Context, requests: Sequence[Resource]) -> list[WorkRow]:
    """Tests as rows, urgent ones first."""
    people = await context.read_many(item["subject"]["reference"] for item in requests)
    tubes = await specimens.of_requests(context, requests)
    rows = []
    for item in requests:
        patient = people.get(item["subject"]["reference"])
        rows.append(
            WorkRow(
                key=reference(item),
                accession=resources.accession(tubes.get(specimens.specimen_of(item) or "", {})),
                patient_name=build.person_name(patient),
                gender=str((patient or {}).get("gender", "unknown")),
                age=build.age_in_years((patient or {}).get("birthDate"), context.today),
                name=build.concept_text(item.get("code")),
                doctor=str((item.get("requester") or {}).get("display", "")),
                at=time_text(context, item["authoredOn"]),
                urgent=item.get("priority") in ("urgent", "stat"),
                state=state_of(context, item),
                patient=item["subject"]["reference"],
            )
        )
    return sorted(rows, key=lambda row: not row.urgent)


async def _in_states(context: Context, filter: Filter, *states: str) -> Page[WorkRow]:
    table = context.registry.tables["test"]
    tags = ",".join(table.tag(state) for state in states)
    query = [("_tag", tags), ("_sort", "authored"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("ServiceRequest", query)
    return Page(await work_rows(context, found.resources), found.next, found.total)


@view(
    "laboratory.to_enter",
    title=N_("To enter"),
    permission="laboratory.work",
    row=WorkRow,
    empty=N_("No test waits for results"),
)
async def to_enter(context: Context, filter: Filter) -> Page[WorkRow]:
    """Tests whose specimen is in the laboratory and whose results are not entered yet, urgent ones first."""
    return await _in_states(context, filter, "RECEIVED", "CORRECTING")


@view(
    "laboratory.to_verify",
    title=N_("To verify"),
    permission="laboratory.work",
    row=WorkRow,
    empty=N_("No result waits for verification"),
)
async def to_verify(context: Context, filter: Filter) -> Page[WorkRow]:
    """Tests whose results are entered and wait for another person, urgent ones first."""
    return await _in_states(context, filter, "ENTERED", "CORRECTED")


@view(
    "laboratory.published",
    title=N_("Published today"),
    permission="laboratory.work",
    row=WorkRow,
    empty=N_("Nothing published yet"),
)
async def published(context: Context, filter: Filter) -> Page[WorkRow]:
    """Tests whose reports were published today, the newest first."""
    query = [
        ("category", f"{resources.SERVICE_SECTION}|LAB"),
        *context.on_day("issued", context.today),
        ("status", resources.PUBLISHED),
        ("_sort", "-issued"),
        ("_count", str(filter.limit)),
    ]
    reports = (await context.search("DiagnosticReport", query)).resources
    named = [each["reference"] for report in reports for each in report.get("basedOn") or ()]
    held = await context.read_many(named)
    return Page(await work_rows(context, [held[name] for name in dict.fromkeys(named) if name in held]))
