"""Lists of the outpatient clinic."""

from datetime import datetime

from pydantic import Field

from xinglin.capabilities.outpatient import favourites, queueing, resources, triage, visits
from xinglin.capabilities.outpatient.amending import SIGNED
from xinglin.capabilities.outpatient.diagnosing import DIAGNOSES
from xinglin.capabilities.outpatient.states import AFTER_CONSULT
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.terminology import catalogue

RANKED = 60
"""Diagnoses that fit and among which those used lately are looked for."""


class QueueRow(Row):
    """A place in the doctor's queue."""

    number: str = Field(title=N_("No."))
    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    waited: int = Field(title=N_("Waits, min"), json_schema_extra={"kind": "number"})
    level: str = Field(title=N_("Level"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "queue"})
    returns: bool = Field(title=N_("Results ready"), json_schema_extra={"kind": "flag"})
    visit: str = Field(title=N_("Visit"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "outpatient.queue",
    title=N_("Queue"),
    permission="outpatient.treat",
    row=QueueRow,
    actions=(
        RowAction("outpatient.call_in", {"visit": "visit"}, frozenset({"WAITING", "CALLED"})),
        RowAction("outpatient.receive", {"visit": "visit"}, frozenset({"CALLED"})),
        RowAction("outpatient.pass_over", {"visit": "visit"}, frozenset({"CALLED"})),
        RowAction("outpatient.requeue", {"visit": "visit"}, frozenset({"PASSED"})),
        RowAction("outpatient.transfer", {"visit": "visit"}, frozenset({"CALLED", "PASSED"})),
        RowAction("outpatient.leave", {"visit": "visit"}, frozenset({"CALLED", "PASSED"})),
    ),
    empty=N_("Nobody is waiting"),
)
async def queue(context: Context, filter: Filter) -> Page[QueueRow]:
    """The queue of the signed-in doctor: with the doctor, called, waiting in order, passed over."""
    found = (await queueing.places(context, context.actor.practitioner or "Practitioner/none"))[: filter.limit]
    names = (name for place in found for name in (place["for"]["reference"], place["focus"]["reference"]))
    people = await context.read_many(names)
    rows = [_queue_row(context, place, people) for place in found]
    return Page(rows, total=len(rows))


def _queue_row(context: Context, place: Resource, held: dict[str, Resource]) -> QueueRow:
    patient = held.get(place["for"]["reference"])
    state = context.registry.tables["queue"].of(place)
    since = datetime.fromisoformat(place["authoredOn"])
    return QueueRow(
        key=f"Task/{place['id']}",
        number=build.find_identifier(place, resources.QUEUE_NUMBER) or "",
        patient_name=build.person_name(patient),
        gender=str((patient or {}).get("gender", "unknown")),
        age=build.age_in_years((patient or {}).get("birthDate"), context.today),
        waited=max(0, int((context.now - since).total_seconds() // 60)),
        level=triage.level_of(held.get(place["focus"]["reference"])),
        state=state.code if state else "WAITING",
        returns=resources.returns(place),
        visit=place["focus"]["reference"],
        patient=place["for"]["reference"],
    )


class VisitRow(Row):
    """A visit of today that the doctor has seen."""

    number: str = Field(title=N_("Visit number"))
    patient_name: str = Field(title=N_("Patient"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "visit"})
    returned: bool = Field(title=N_("Prescription returned"), json_schema_extra={"kind": "flag"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "outpatient.seen",
    title=N_("Seen today"),
    permission="outpatient.treat",
    row=VisitRow,
    empty=N_("Nobody seen yet"),
)
async def seen(context: Context, filter: Filter) -> Page[VisitRow]:
    """Today's visits of the signed-in doctor whose consultation has ended; returned prescriptions first."""
    table, prescription = context.registry.tables["visit"], context.registry.tables["prescription"]
    found = await context.search(
        "Encounter",
        [
            ("participant", context.actor.practitioner or "Practitioner/none"),
            *context.touching_day("date", context.today),
            ("_tag", ",".join(table.tag(code) for code in AFTER_CONSULT)),
            ("_sort", "-date"),
            ("_count", str(filter.limit)),
        ],
    )
    seen_visits = ",".join(f"Encounter/{visit['id']}" for visit in found.resources)
    returned = set()
    if seen_visits:
        query = [("encounter", seen_visits), ("_tag", prescription.tag("REJECTED")), ("_count", "200")]
        rejected = await context.search("MedicationRequest", query)
        returned = {item["encounter"]["reference"] for item in rejected.resources}
    rows = []
    for visit in found.resources:
        state = table.of(visit)
        reference = f"Encounter/{visit['id']}"
        rows.append(
            VisitRow(
                key=reference,
                number=build.find_identifier(visit, resources.VISIT_NUMBER) or "",
                patient_name=str(visit["subject"].get("display", "")),
                state=state.code if state else "",
                returned=reference in returned,
                patient=visit["subject"]["reference"],
            )
        )
    return Page(sorted(rows, key=lambda row: not row.returned), total=len(rows))


class DiagnosisRow(Row):
    """A diagnosis to choose."""

    code: str = Field(title=N_("Code"))
    name: str = Field(title=N_("Diagnosis"))


@view(
    "outpatient.diagnosis_search",
    title=N_("Diagnoses"),
    permission="outpatient.treat",
    row=DiagnosisRow,
    empty=N_("No diagnosis fits"),
)
async def diagnosis_search(context: Context, filter: SearchText) -> Page[DiagnosisRow]:
    """Diagnoses by characters, pinyin, initials or code: those that the doctor used lately first, then the best fit;
    without a text those used lately alone."""
    recent = dict(await favourites.recent(context, resources.ICD10))
    if not filter.text.strip() and recent:
        found = list(recent.items())
    else:
        held = await catalogue(context.repository, DIAGNOSES)
        known = await held.find(filter.text, max(filter.limit, RANKED))
        found = [(concept.code, concept.display) for concept in known]
        order = {code: place for place, code in enumerate(recent)}
        found.sort(key=lambda pair: order.get(pair[0], len(order)))
    return Page([DiagnosisRow(key=code, code=code, name=name) for code, name in found[: filter.limit]])


class NoteVersionRow(Row):
    """A version of a visit's record."""

    at: str = Field(title=N_("Saved"), json_schema_extra={"kind": "datetime"})
    chief_complaint: str = Field(title=N_("Chief complaint"))
    length: int = Field(title=N_("Characters"), json_schema_extra={"kind": "number"})
    signed: bool = Field(title=N_("Signed"), json_schema_extra={"kind": "flag"})
    version: int = Field(title=N_("Version"), json_schema_extra={"hidden": True})
    visit: str = Field(title=N_("Visit"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


class OfVisit(Filter):
    """A visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@view(
    "outpatient.note_versions",
    title=N_("Earlier versions of the record"),
    permission="outpatient.treat",
    row=NoteVersionRow,
    actions=(RowAction("outpatient.restore_note", {"visit": "visit", "version": "version"}),),
    empty=N_("Nothing saved yet"),
)
async def note_versions(context: Context, filter: OfVisit) -> Page[NoteVersionRow]:
    """Versions of the record of a visit of the signed-in doctor, the newest first."""
    visits.own_visit(context, await context.read(filter.visit))
    composition = await visits.composition(context, filter.visit)
    if composition is None:
        return Page([], total=0)
    rows: list[NoteVersionRow] = []
    for version in await context.repository.history("Composition", composition["id"]):
        held = version.resource
        if held is None or len(rows) == filter.limit:
            continue
        note = resources.note_values(held)
        rows.append(
            NoteVersionRow(
                key=f"{filter.visit}/{version.version}",
                at=version.updated.isoformat(),
                chief_complaint=note["chief_complaint"],
                length=sum(map(len, note.values())),
                signed=held["status"] in SIGNED,
                version=version.version,
                visit=filter.visit,
                patient=composition["subject"]["reference"],
            )
        )
    return Page(rows, total=len(rows))
