"""Lists of examinations, for the doctor, the rooms and the reporting physicians."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.imaging import performing, resources
from xinglin.capabilities.imaging.catalogue import STUDIES, Study, read_room, read_studies
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.printout import time_text
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

CATEGORY = f"{resources.SNOMED}|{resources.IMAGING}"


class StudyRow(Row):
    """An examination of the catalogue."""

    name: str = Field(title=N_("Examination"))
    asks: str = Field(title=N_("To be asked"))
    price: Decimal | None = Field(title=N_("Price"), json_schema_extra={"kind": "money"})


@view(
    "imaging.study_search",
    title=N_("Examinations"),
    permission="imaging.read",
    row=StudyRow,
    empty=N_("No examination fits"),
)
async def study_search(context: Context, filter: SearchText) -> Page[StudyRow]:
    """Examinations by characters, pinyin, initials or code, best fit first, with what must be asked and the price."""
    found = await (await catalogue(context.repository, STUDIES)).find(filter.text, filter.limit)
    studies = await read_studies(context, [concept.code for concept in found])
    prices = await context.read_many(f"ChargeItemDefinition/{code}" for code in studies)
    rows = [
        StudyRow(
            key=concept.code,
            name=study.name,
            asks=_asks(study),
            price=price_of(prices.get(f"ChargeItemDefinition/{concept.code}")),
        )
        for concept in found
        if (study := studies.get(concept.code))
    ]
    return Page(rows)


def _asks(study: Study) -> str:
    parts = [
        (study.sided, _("Side")),
        (study.rays, _("Pregnant?")),
        (study.magnet, _("Pacemaker, metal?")),
        (study.contrast, _("Contrast")),
    ]
    return " · ".join(text for asked, text in parts if asked)


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
    """An examination of a visit, as the doctor's basket shows it."""

    headline: str = Field(title=N_("Examination"))
    instruction: str = Field(title=N_("Question"))
    price: Decimal | None = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "examination"})
    alerts: list[str] = Field(title=N_("Accepted warnings"), json_schema_extra={"hidden": True})
    returned: str = Field(default="", title=N_("Reason of return"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    again: dict[str, str] | None = Field(None, title=N_("To order again"), json_schema_extra={"hidden": True})


@view(
    "imaging.lines",
    title=N_("Examinations"),
    permission="imaging.read",
    row=LineRow,
    actions=(
        RowAction("imaging.withdraw", {"order": "key"}, frozenset({"DRAFT"})),
        RowAction("imaging.cancel", {"order": "key"}, frozenset({"CREATED", "PAID", "BOOKED"})),
    ),
    empty=N_("No examination ordered yet"),
)
async def lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Examinations of a visit in the order in which they were entered."""
    query = [("encounter", filter.visit), ("category", CATEGORY), ("_sort", "_id"), ("_count", str(filter.limit))]
    found = await context.search("ServiceRequest", query)
    codes = [resources.study_code(item) for item in found.resources]
    prices = await context.read_many(f"ChargeItemDefinition/{code}" for code in codes if code)
    rows = [
        LineRow(
            key=reference(item),
            headline=resources.what(item),
            instruction=_instruction(context, item),
            price=price_of(prices.get(f"ChargeItemDefinition/{code}")),
            state=state_of(context, item),
            alerts=resources.accepted_alerts(item),
            patient=item["subject"]["reference"],
            again=resources.as_ordered(item) if code else None,
        )
        for item, code in zip(found.resources, codes, strict=True)
    ]
    return Page(rows, found.next, found.total)


def _instruction(context: Context, item: Resource) -> str:
    urgency = {"urgent": _("Urgent"), "stat": _("At once")}.get(str(item.get("priority")), "")
    when = time_text(context, item.get("occurrenceDateTime", ""))
    parts = [urgency, when, *(note["text"] for note in item.get("note") or ())]
    return " · ".join(part for part in parts if part)


def state_of(context: Context, request: Resource) -> str:
    """The state of an examination; blank for what is outside the workflow."""
    state = context.registry.tables["examination"].of(request)
    return state.code if state else ""


class WorkRow(Row):
    """An examination on its way to a report."""

    accession: str = Field(title=N_("Examination number"))
    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    name: str = Field(title=N_("Examination"))
    room: str = Field(title=N_("Room"))
    doctor: str = Field(title=N_("Doctor"))
    at: str = Field(title=N_("Time"))
    urgent: bool = Field(title=N_("Urgent"), json_schema_extra={"kind": "flag"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "examination"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


async def work_rows(context: Context, requests: Sequence[Resource]) -> list[WorkRow]:
    """Examinations as rows, urgent ones first."""
    people = await context.read_many(item["subject"]["reference"] for item in requests)
    rooms = await context.read_many(performing.room_of(item) for item in requests)
    rows = []
    for item in requests:
        patient = people.get(item["subject"]["reference"])
        rows.append(
            WorkRow(
                key=reference(item),
                accession=resources.accession(item),
                patient_name=build.person_name(patient),
                gender=str((patient or {}).get("gender", "unknown")),
                age=build.age_in_years((patient or {}).get("birthDate"), context.today),
                name=resources.what(item),
                room=str(rooms.get(performing.room_of(item), {}).get("name", "")),
                doctor=str((item.get("requester") or {}).get("display", "")),
                at=time_text(context, item.get("occurrenceDateTime") or item["authoredOn"]),
                urgent=item.get("priority") in ("urgent", "stat"),
                state=state_of(context, item),
                patient=item["subject"]["reference"],
            )
        )
    return sorted(rows, key=lambda row: not row.urgent)


class InRoom(Filter):
    """Where one is wanted, a room."""

    room: str | None = Field(None, title=N_("Room"), pattern=r"^HealthcareService/")


async def _in_states(context: Context, filter: InRoom, *states: str) -> Page[WorkRow]:
    table = context.registry.tables["examination"]
    tags = ",".join(table.tag(state) for state in states)
    query = [("_tag", tags), ("_sort", "authored"), ("_count", str(filter.limit))]
    if filter.room:
        query.append(("performer", filter.room))
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("ServiceRequest", query)
    return Page(await work_rows(context, found.resources), found.next, found.total)


ORDER = {"order": "key"}


@view(
    "imaging.to_examine",
    title=N_("To examine"),
    permission="imaging.desk",
    row=WorkRow,
    actions=(
        RowAction("imaging.arrive", ORDER, frozenset({"PAID", "BOOKED"})),
        RowAction("imaging.begin", ORDER, frozenset({"WAITING"})),
    ),
    empty=N_("Nobody is to be examined"),
)
async def to_examine(context: Context, filter: InRoom) -> Page[WorkRow]:
    """Paid examinations that are not done yet: who is being examined, who waits, who is booked or still to come."""
    page = await _in_states(context, filter, "PAID", "BOOKED", "WAITING", "EXAMINING")
    order = ("EXAMINING", "WAITING", "BOOKED", "PAID")
    return Page(sorted(page.rows, key=lambda row: order.index(row.state)), page.next, page.total)


@view(
    "imaging.to_report",
    title=N_("To report"),
    permission="imaging.report",
    row=WorkRow,
    empty=N_("No examination waits for its report"),
)
async def to_report(context: Context, filter: InRoom) -> Page[WorkRow]:
    """Examinations without a submitted report, urgent ones first."""
    return await _in_states(context, filter, "EXAMINED", "WRITTEN", "AMENDING")


@view(
    "imaging.to_review",
    title=N_("To approve"),
    permission="imaging.report",
    row=WorkRow,
    empty=N_("No report waits for its review"),
)
async def to_review(context: Context, filter: InRoom) -> Page[WorkRow]:
    """Reports that were signed by their author and wait for another physician, urgent ones first."""
    return await _in_states(context, filter, "SIGNED", "AMENDED")


@view(
    "imaging.published",
    title=N_("Published today"),
    permission="imaging.report",
    row=WorkRow,
    empty=N_("Nothing published yet"),
)
async def published(context: Context, filter: InRoom) -> Page[WorkRow]:
    """Examinations whose reports were published today, the newest first."""
    query = [
        ("category", f"{resources.REPORT}|examination"),
        *context.on_day("issued", context.today),
        ("status", resources.PUBLISHED),
        ("_sort", "-issued"),
        ("_count", str(filter.limit)),
    ]
    reports = (await context.search("DiagnosticReport", query)).resources
    named = [each["reference"] for report in reports for each in report.get("basedOn") or ()]
    held = await context.read_many(named)
    return Page(await work_rows(context, [held[name] for name in dict.fromkeys(named) if name in held]))


class DayOfRoom(Filter):
    """A room and a day."""

    room: str = Field(title=N_("Room"), pattern=r"^HealthcareService/")
    day: date | None = Field(None, title=N_("Day"))


class PlaceRow(Row):
    """A place of a room; `key` is its instant."""

    time: str = Field(title=N_("Time"))
    free: bool = Field(title=N_("Free"), json_schema_extra={"kind": "flag"})


@view("imaging.places", title=N_("Places"), permission="imaging.desk", row=PlaceRow, empty=N_("No place on this day"))
async def places(context: Context, filter: DayOfRoom) -> Page[PlaceRow]:
    """The places of a room on a day, those that have gone by left out."""
    room = await read_room(context, filter.room.partition("/")[2])
    day = filter.day or context.today
    held = await performing.taken(context, filter.room, day)
    offered = [each for each in performing.places(room, day, context) if each > context.now]
    rows = [
        PlaceRow(key=build.instant(each), time=f"{each:%H:%M}", free=build.instant(each) not in held)
        for each in offered
    ]
    return Page(rows, total=len(rows))
