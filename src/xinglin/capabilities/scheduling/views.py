"""Lists of clinics, free places and appointments."""

from datetime import date
from typing import Literal

from pydantic import Field

from xinglin.capabilities.scheduling import settings, weekly
from xinglin.capabilities.scheduling.places import LONGEST
from xinglin.capabilities.scheduling.slots import (
    OPEN,
    clinic_name,
    doctor_name,
    doctor_of,
    local,
    open_to,
    patient_of,
    takeable,
)
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform.i18n import gettext as _


class ClinicRow(Row):
    """A clinic: a doctor of a department who gives out places."""

    name: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))

    @property
    def label(self) -> str:
        """Clinic and doctor: a department has several."""
        return f"{self.name} · {self.doctor}"


@view("scheduling.clinics", title=N_("Clinics"), permission="scheduling.read", row=ClinicRow)
async def clinics(context: Context, filter: Filter) -> Page[ClinicRow]:
    """Active clinics."""
    found = await context.search("Schedule", [("active", "true"), ("_count", str(filter.limit)), ("_sort", "_id")])
    rows = [
        ClinicRow(key=f"Schedule/{schedule['id']}", name=clinic_name(schedule), doctor=doctor_name(schedule))
        for schedule in found.resources
    ]
    return Page(rows, found.next, found.total)


class TodayRow(Row):
    """A clinic with the places that are left today."""

    name: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))
    free: int = Field(title=N_("Free places"), json_schema_extra={"kind": "number"})
    practitioner: str = Field(title=N_("Doctor"), json_schema_extra={"hidden": True})


@view("scheduling.today", title=N_("Clinics of today"), permission="scheduling.window", row=TodayRow)
async def today(context: Context, filter: Filter) -> Page[TodayRow]:
    """Active clinics and how many places are left today, whatever their channel."""
    found = await context.search("Schedule", [("active", "true"), ("_count", str(filter.limit)), ("_sort", "_id")])
    lines = await weekly.week(context, found.resources, [context.today], only_open=True)
    doctors = {reference(schedule): str(doctor_of(schedule).get("reference", "")) for schedule in found.resources}
    rows = [
        TodayRow(
            key=line.clinic, name=line.name, doctor=line.doctor, free=line.free[0], practitioner=doctors[line.clinic]
        )
        for line in lines
    ]
    return Page(rows, found.next)


class RoomRow(Row):
    """A room in which a clinic takes place."""

    name: str = Field(title=N_("Room"))


@view("scheduling.rooms", title=N_("Rooms"), permission="scheduling.read", row=RoomRow)
async def rooms(context: Context, filter: Filter) -> Page[RoomRow]:
    """Rooms and clinics of the hospital; its campuses are none."""
    found = await context.search("Location", [("status", "active"), ("_count", str(filter.limit)), ("_sort", "_id")])
    rows = [
        RoomRow(key=f"Location/{room['id']}", name=str(room.get("name", "")))
        for room in found.resources
        if build.first_code(room.get("physicalType")) not in ("si", "bd", "wa")
    ]
    return Page(rows, found.next)


class FreeSlots(Filter):
    """A day, and a clinic where one is wanted."""

    day: date | None = Field(None, title=N_("Day"))
    clinic: str | None = Field(None, title=N_("Clinic"), pattern=r"^Schedule/")
    channel: Literal["window", "app", "own", "referral"] = Field("window", title=N_("Channel"))


class SlotRow(Row):
    """A free place."""

    time: str = Field(title=N_("Time"))
    clinic: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))
    start: str = Field(title=N_("Begin"), json_schema_extra={"hidden": True})
    schedule: str = Field(title=N_("Clinic"), json_schema_extra={"hidden": True})


@view(
    "scheduling.free_slots",
    title=N_("Free places"),
    permission="scheduling.read",
    row=SlotRow,
    empty=N_("No free place. Choose another day or clinic."),
)
async def free_slots(context: Context, filter: FreeSlots) -> Page[SlotRow]:
    """Places that a channel may give out and that have not gone by, earliest first.

    A hold whose time is over keeps nobody from its place.
    """
    query = [*context.on_day("start", filter.day or context.today), ("status", ",".join(OPEN)), ("_sort", "start")]
    # What began longer ago than any place lasts has gone by, and must not fill the page.
    query.append(("start", f"ge{(context.now - LONGEST).isoformat()}"))
    if filter.clinic:
        query.append(("schedule", filter.clinic))
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Slot", [*query, ("_count", str(filter.limit))])
    schedules = await context.read_many(slot["schedule"]["reference"] for slot in found.resources)
    release = (await settings.read_rules(context)).release
    rows = []
    for slot in found.resources:
        if local(slot["end"], context.zone) <= context.now or not takeable(slot, context.now):
            continue
        if not open_to(slot, filter.channel, context.now, release):
            continue
        schedule = schedules.get(slot["schedule"]["reference"], slot)
        rows.append(
            SlotRow(
                key=f"Slot/{slot['id']}",
                time=local(slot["start"], context.zone).strftime("%H:%M"),
                clinic=clinic_name(schedule),
                doctor=doctor_name(schedule),
                start=slot["start"],
                schedule=slot["schedule"]["reference"],
            )
        )
    return Page(rows, found.next)


class Appointments(Filter):
    """A day, and a state where one is wanted."""

    day: date | None = Field(None, title=N_("Day"))
    state: str | None = Field(None, title=N_("State"), pattern=r"^[A-Z_]{3,20}$")
    patient: str | None = Field(None, title=N_("Patient"), pattern=r"^Patient/")


class AppointmentRow(Row):
    """An appointment with what the desk needs to see of the patient."""

    time: str = Field(title=N_("Time"))
    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    clinic: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "appointment"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "scheduling.appointments",
    title=N_("Appointments"),
    permission="scheduling.read",
    row=AppointmentRow,
    actions=(
        RowAction("scheduling.check_in", {"appointment": "key"}, frozenset({"RESERVED"})),
        RowAction("scheduling.confirm", {"appointment": "key"}, frozenset({"HELD"})),
        RowAction("scheduling.cancel", {"appointment": "key"}, frozenset({"RESERVED", "HELD", "STOPPED"})),
    ),
    empty=N_("No appointments"),
)
async def appointments(context: Context, filter: Appointments) -> Page[AppointmentRow]:
    """Appointments of a day, earliest first; of one patient from that day on where a patient is named."""
    table = context.registry.tables["appointment"]
    day = filter.day or context.today
    wanted = context.from_day("date", day) if filter.patient else context.on_day("date", day)
    query = [*wanted, ("_sort", "date"), ("_count", str(filter.limit))]
    if filter.patient:
        query.append(("patient", filter.patient))
    if filter.state:
        query.append(("_tag", table.tag(filter.state)))
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Appointment", query)
    people = await context.read_many(map(patient_of, found.resources))
    rows = [appointment_row(context, item, people.get(patient_of(item))) for item in found.resources]
    return Page(rows, found.next, found.total)


def appointment_row(context: Context, appointment: Resource, patient: Resource | None) -> AppointmentRow:
    """An Appointment as a row."""
    state = context.registry.tables["appointment"].of(appointment)
    start = local(appointment["start"], context.zone)
    return AppointmentRow(
        key=f"Appointment/{appointment['id']}",
        time=start.strftime("%H:%M" if start.date() == context.today else "%m-%d %H:%M"),
        patient_name=build.person_name(patient) or _("unknown"),
        gender=str((patient or {}).get("gender", "unknown")),
        age=build.age_in_years((patient or {}).get("birthDate"), context.today),
        clinic=clinic_name(appointment),
        doctor=doctor_name(appointment),
        state=state.code if state else "",
        patient=patient_of(appointment),
    )
