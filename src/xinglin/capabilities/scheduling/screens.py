"""The registration desk, the roster, and those whose place must be found anew."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from xinglin.capabilities.scheduling import lists, notices, places, settings, views, walk_in, weekly
from xinglin.capabilities.scheduling.slots import CHANNELS, clinic_name, doctor_name, doctor_of, local, patient_of
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context, reference
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

DAYS_AHEAD = 7
CLINICS = 12
"""Clinics on one page of the roster."""

PROPOSED = 24
"""Places that are proposed to whoever must be rebooked."""

MODES = ("book", "hold")


@screen(
    "scheduling.desk",
    title=N_("Registration"),
    path="/registration",
    permission="scheduling.desk",
    template="scheduling/desk.html",
    icon="calendar-check",
    order=10,
)
async def desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Find or register a patient, book a place, check in; below, the appointments of the day.

    Query: `text` to find a patient, `patient` the chosen one, `day` and `clinic` for free places, `mode` hold to hold
    places instead of booking them, `move` an appointment of the patient that goes to the place that is chosen, `slip` a
    registration to print, `clinics` the page of clinics.
    """
    day = _day(context, query.get("day"))
    chosen = query.get("patient")
    find = context.registry.views["patients.find"]
    filter = {"day": day.isoformat(), **({"clinic": query["clinic"]} if query.get("clinic") else {})}
    days = [context.today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    cursor = [("_cursor", query["clinics"])] if query.get("clinics") else []
    clinics = await context.search(
        "Schedule", [("active", "true"), ("_sort", "_id"), ("_count", str(CLINICS)), *cursor]
    )
    loads = await run_view(context, context.registry.views["outpatient.loads"], {"limit": 500})
    return {
        "glance": await weekly.week(context, clinics.resources, days, only_open=True) if chosen else [],
        "more_clinics": clinics.next,
        "loads": {row.key: row for row in loads.rows},
        "doctors": {reference(each): doctor_of(each).get("reference", "") for each in clinics.resources},
        "slip": await walk_in.slip(context, query["slip"]) if query.get("slip") else None,
        "day": day,
        "days": days,
        "text": query.get("text", ""),
        "clinic": query.get("clinic", ""),
        "mode": query["mode"] if query.get("mode") in MODES else MODES[0],
        "move": query.get("move", ""),
        "patients": await run_view(context, find, {"text": query.get("text", ""), "limit": 12}),
        "patient": await context.read(chosen) if chosen else None,
        "patient_appointments": (await run_view(context, views.appointments, {"patient": chosen}) if chosen else None),
        "clinics": await run_view(context, views.clinics, {}),
        "slots": await run_view(context, views.free_slots, {**filter, "limit": 200}),
        "appointments": await run_view(context, views.appointments, {"day": day.isoformat(), "limit": 100}),
    }


def _day(context: Context, text: str | None, name: str = "day") -> date:
    try:
        return date.fromisoformat(text) if text else context.today
    except ValueError:
        raise BadRequest(_("must be a date like 1968-03-12"), expression=name) from None


@screen(
    "scheduling.roster",
    title=N_("Roster"),
    path="/roster",
    permission="scheduling.publish",
    template="scheduling/roster.html",
    icon="calendar",
    order=14,
)
async def roster(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """The sessions of all clinics in a week; of the one that is chosen, its places and who has them.

    Query: `week` a day of the week, `clinic`, `day` and `begin` the session that is chosen, `cursor` the page of
    clinics.
    """
    days = weekly.week_of(_day(context, query.get("week"), "week"))
    cursor = [("_cursor", query["cursor"])] if query.get("cursor") else []
    clinics = await context.search(
        "Schedule", [("active", "true"), ("_sort", "_id"), ("_count", str(CLINICS)), *cursor]
    )
    lines = await weekly.week(context, clinics.resources, days)
    cell = _chosen(lines, query)
    return {
        "days": days,
        "before": days[0] - timedelta(days=7),
        "after": days[0] + timedelta(days=7),
        "lines": lines,
        "next": clinics.next,
        "cell": cell,
        "line": next((line for line in lines if cell and line.clinic == cell.clinic), None),
        "shares": weekly.shares(context, cell) if cell else [],
        "channels": CHANNELS,
        "booked": await _booked(context, cell) if cell else [],
        "rules": await settings.read_rules(context),
    }


def _chosen(lines: list[weekly.Line], query: Mapping[str, str]) -> weekly.Cell | None:
    for line in lines:
        for cells in line.days if line.clinic == query.get("clinic") else ():
            for cell in cells:
                if (cell.day.isoformat(), f"{cell.begin:%H:%M}") == (query.get("day"), query.get("begin")):
                    return cell
    return None


async def _booked(context: Context, cell: weekly.Cell) -> list[views.AppointmentRow]:
    """Who has places of a session, whether they have come or not."""
    taken = [reference(slot) for slot in cell.slots if slot["status"] != "free"]
    if not taken:
        return []
    table = context.registry.tables["appointment"]
    tags = ",".join(table.tag(code) for code in ("HELD", "RESERVED", "ARRIVED", "STOPPED"))
    query = [("slot", ",".join(taken)), ("_tag", tags), ("_sort", "date"), ("_count", "500")]
    found = (await context.search("Appointment", query)).resources
    people = await context.read_many(map(patient_of, found))
    return [views.appointment_row(context, item, people.get(patient_of(item))) for item in found]


@screen(
    "scheduling.rebooking",
    title=N_("Rebooking"),
    path="/rebooking",
    permission="scheduling.desk",
    template="scheduling/rebooking.html",
    icon="undo",
    badge="scheduling.to_rebook",
    order=12,
)
async def rebooking(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Those whose clinic was stopped, with the nearest other places; and those who wait for a place.

    Query: `list` stopped or waiting, `appointment` the chosen one.
    """
    shown: dict[str, Any] = {
        "list": query["list"] if query.get("list") in ("stopped", "waiting") else "stopped",
        "stopped": await run_view(context, lists.to_rebook, {"limit": 200}),
        "waiting": await run_view(context, lists.waiting_list, {"limit": 200}),
        "appointment": None,
    }
    if query.get("appointment"):
        shown.update(await _to_place(context, query["appointment"]))
    return shown


async def _to_place(context: Context, name: str) -> dict[str, Any]:
    """An appointment with what the patient has been told, and the places to which it could go."""
    appointment = await context.read(name)
    state = context.registry.tables["appointment"].of(appointment)
    near: list[Resource] = []
    if appointment.get("slot") and state and state.code == "STOPPED":
        slot = await context.read(appointment["slot"][0]["reference"])
        channel = build.first_code(appointment.get("appointmentType")) or "window"
        near = await places.nearest(context, slot, channel, PROPOSED)
    schedules = await context.read_many(slot["schedule"]["reference"] for slot in near)
    return {
        "appointment": appointment,
        "appointment_reference": name,
        "appointment_state": state,
        "patient": await context.read(patient_of(appointment)),
        "patient_reference": patient_of(appointment),
        "message": (await notices.latest(context, [appointment])).get(name),
        "proposed": [_proposal(context, slot, schedules) for slot in near],
    }


def _proposal(context: Context, slot: Resource, schedules: dict[str, Resource]) -> dict[str, Any]:
    start = local(slot["start"], context.zone)
    schedule = schedules[slot["schedule"]["reference"]]
    return {
        "slot": reference(slot),
        "day": start.date(),
        "time": start.strftime("%H:%M"),
        "name": f"{clinic_name(schedule)} · {doctor_name(schedule)}",
    }
