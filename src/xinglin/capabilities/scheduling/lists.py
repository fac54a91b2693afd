"""Lists of those who wait for a place, and of those whose clinic was stopped."""

from pydantic import Field

from xinglin.capabilities.scheduling import notices
from xinglin.capabilities.scheduling.slots import clinic_name, doctor_name, held_until, local, patient_of
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view


class StoppedRow(Row):
    """An appointment of a clinic that was stopped."""

    time: str = Field(title=N_("Time"))
    patient_name: str = Field(title=N_("Patient"))
    phone: str = Field(title=N_("Phone"))
    clinic: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))
    reason: str = Field(title=N_("Reason"))
    told: bool = Field(title=N_("Told"), json_schema_extra={"kind": "flag"})
    message: str = Field("", title=N_("Message"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "scheduling.to_rebook",
    title=N_("To be rebooked"),
    permission="scheduling.desk",
    row=StoppedRow,
    actions=(
        RowAction("scheduling.told", {"message": "message"}),
        RowAction("scheduling.cancel", {"appointment": "key"}),
    ),
    empty=N_("Nobody waits to be rebooked"),
)
async def to_rebook(context: Context, filter: Filter) -> Page[StoppedRow]:
    """Appointments of clinics that were stopped and nobody has rebooked or cancelled, the earliest first."""
    tag = context.registry.tables["appointment"].tag("STOPPED")
    query = [("_tag", tag), *context.from_day("date", context.today), ("_sort", "date")]
    found = await context.search("Appointment", [*query, ("_count", str(filter.limit))])
    people = await context.read_many(map(patient_of, found.resources))
    messages = await notices.latest(context, found.resources)
    rows = [
        _stopped(context, item, people.get(patient_of(item)), messages.get(reference(item))) for item in found.resources
    ]
    return Page(rows, found.next, found.total)


def _stopped(context: Context, appointment: Resource, patient: Resource | None, message: Resource | None) -> StoppedRow:
    told = message is not None and message["status"] == "completed"
    return StoppedRow(
        key=reference(appointment),
        time=local(appointment["start"], context.zone).strftime("%m-%d %H:%M"),
        patient_name=build.person_name(patient),
        phone=phone_of(patient),
        clinic=clinic_name(appointment),
        doctor=doctor_name(appointment),
        reason=str(appointment.get("comment", "")),
        told=told,
        message=reference(message) if message and not told else "",
        patient=patient_of(appointment),
    )


def phone_of(patient: Resource | None) -> str:
    """A patient's first telephone number; blank where there is none."""
    entries = (patient or {}).get("telecom") or ()
    return next((str(entry.get("value", "")) for entry in entries if entry.get("system") == "phone"), "")


class WaitingRow(Row):
    """A patient who waits for a place, or has been offered one."""

    since: str = Field(title=N_("Since"), json_schema_extra={"kind": "datetime"})
    patient_name: str = Field(title=N_("Patient"))
    phone: str = Field(title=N_("Phone"))
    clinic: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "appointment"})
    offered: str = Field(title=N_("Offered"))
    until: str = Field(title=N_("Until"))
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "scheduling.waiting_list",
    title=N_("Waiting list"),
    permission="scheduling.desk",
    row=WaitingRow,
    actions=(
        RowAction("scheduling.confirm", {"appointment": "key"}, frozenset({"HELD"})),
        RowAction("scheduling.cancel", {"appointment": "key"}),
    ),
    empty=N_("Nobody is waiting for a place"),
)
async def waiting_list(context: Context, filter: Filter) -> Page[WaitingRow]:
    """Places that are held, whose end is near first; then those who wait for a place, the first first."""
    table = context.registry.tables["appointment"]
    tags = f"{table.tag('HELD')},{table.tag('WAITLISTED')}"
    query = [("_tag", tags), ("_sort", "_id"), ("_count", str(filter.limit))]
    found = await context.search("Appointment", [*query, *([("_cursor", filter.cursor)] if filter.cursor else [])])
    people = await context.read_many(map(patient_of, found.resources))
    rows = [
        _waiting(context, item, people.get(patient_of(item)))
        for item in found.resources
        if (until := held_until(item)) is None or until > context.now
    ]
    return Page(sorted(rows, key=lambda row: (not row.until, row.until, row.since)), found.next, found.total)


def _waiting(context: Context, appointment: Resource, patient: Resource | None) -> WaitingRow:
    state = context.registry.tables["appointment"].of(appointment)
    until = held_until(appointment)
    start = appointment.get("start")
    return WaitingRow(
        key=reference(appointment),
        since=appointment["created"],
        patient_name=build.person_name(patient),
        phone=phone_of(patient),
        clinic=clinic_name(appointment),
        doctor=doctor_name(appointment),
        state=state.code if state else "",
        offered=local(start, context.zone).strftime("%m-%d %H:%M") if start else "",
        until=until.astimezone(context.zone).strftime("%H:%M") if until else "",
        patient=patient_of(appointment),
    )
