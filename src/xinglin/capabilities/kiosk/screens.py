"""The pages of the kiosk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xinglin.capabilities.kiosk import commands, passes
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

STEPS = ("start", "number", "phone", "clinics")
QUEUE_NUMBER = "urn:xinglin:id:queue"


@screen(
    "kiosk.screen",
    title=N_("Kiosk"),
    path="/kiosk",
    permission="kiosk.use",
    template="kiosk/kiosk.html",
    order=96,
)
async def kiosk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """One page for every step, each with few large buttons.

    Query: `step` start, number or phone (to identify), clinics (to take a number); `who` the pass, in the form in which
    identifying gives it. Without a pass that counts, it is the start again.
    """
    step = query["step"] if query.get("step") in STEPS else "start"
    shown: dict[str, Any] = {"step": step, "person": None, "unknown": False, "who": ""}
    if "who" not in query:
        return shown
    given = query["who"].removeprefix("Parameters/")
    if not given:
        return {**shown, "unknown": True, "step": step if step in ("number", "phone") else "number"}
    try:
        patient = passes.holder(context, given)
    except Refused:
        return shown
    return {
        **shown,
        **await _person(context, patient),
        "who": given,
        "step": "clinics" if step == "clinics" else "home",
    }


async def _person(context: Context, patient: str) -> dict[str, Any]:
    """What concerns whoever stands there: appointments and places of today, and what is to be paid."""
    about = [("patient", patient)]
    appointments = (
        await context.search(
            "Appointment", [*about, *context.on_day("date", context.today), ("status", "booked"), ("_sort", "date")]
        )
    ).resources
    views = context.registry.views
    clinics = (await run_view(context, views["scheduling.today"], {"limit": 200})).rows
    loads = (await run_view(context, views["outpatient.loads"], {"limit": 500})).rows
    return {
        "person": commands.greeting(await context.read(patient)),
        "appointments": [_appointment(context, item) for item in appointments],
        "places": await _places(context, patient),
        "bill": await _bill(context, patient),
        "clinics": [row for row in clinics if row.free],
        "loads": {row.key: row for row in loads},
    }


def _appointment(context: Context, appointment: Resource) -> dict[str, Any]:
    actors = [entry.get("actor", {}) for entry in appointment.get("participant") or ()]
    start = datetime.fromisoformat(appointment["start"]).astimezone(context.zone)
    return {
        "key": reference(appointment),
        "time": start.strftime("%H:%M"),
        "clinic": build.concept_text((appointment.get("specialty") or [None])[0]),
        "doctor": next(
            (a.get("display", "") for a in actors if a.get("reference", "").startswith("Practitioner/")), ""
        ),
    }


async def _places(context: Context, patient: str) -> list[dict[str, Any]]:
    """Where somebody stands in today's queues."""
    table = context.registry.tables["queue"]
    tags = ",".join(table.tag(code) for code in ("WAITING", "CALLED", "PASSED"))
    query = [("patient", patient), ("_tag", tags), *context.on_day("authored-on", context.today)]
    places = (await context.search("Task", [*query, ("_count", "20")])).resources
    return [await _standing(context, place) for place in places]


async def _standing(context: Context, place: Resource) -> dict[str, Any]:
    standing = context.registry.views["outpatient.standing"]
    (row,) = (await run_view(context, standing, {"place": reference(place)})).rows
    return {
        "number": build.find_identifier(place, QUEUE_NUMBER) or "",
        "clinic": row.clinic,
        "doctor": row.doctor_name,
        "state": row.state,
        "ahead": row.ahead,
        "minutes": row.expected,
    }


async def _bill(context: Context, patient: str) -> Any:
    tag = context.registry.tables["charge"].tag("PENDING")
    charges = (await context.search("ChargeItem", [("patient", patient), ("_tag", tag), ("_count", "200")])).resources
    return sum((build.amount(item.get("priceOverride")) for item in charges), start=build.amount(None))
