"""The registration desk."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from xinglin.capabilities.scheduling import views
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

DAYS_AHEAD = 7


@screen(
    "scheduling.desk",
    title=N_("Registration"),
    path="/registration",
    permission="scheduling.book",
    template="scheduling/desk.html",
    icon="calendar-check",
    order=10,
)
async def desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Find or register a patient, book a place, check in; below, the appointments of the day.

    Query: `text` to find a patient, `patient` the chosen one, `day` and `clinic` for free places.
    """
    day = _day(context, query.get("day"))
    chosen = query.get("patient")
    find = context.registry.views["patients.find"]
    filter = {"day": day.isoformat(), **({"clinic": query["clinic"]} if query.get("clinic") else {})}
    return {
        "day": day,
        "days": [context.today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)],
        "text": query.get("text", ""),
        "clinic": query.get("clinic", ""),
        "patients": await run_view(context, find, {"text": query.get("text", ""), "limit": 12}),
        "patient": await context.read(chosen) if chosen else None,
        "patient_appointments": (await run_view(context, views.appointments, {"patient": chosen}) if chosen else None),
        "clinics": await run_view(context, views.clinics, {}),
        "slots": await run_view(context, views.free_slots, {**filter, "limit": 200}),
        "appointments": await run_view(context, views.appointments, {"day": day.isoformat(), "limit": 100}),
    }


def _day(context: Context, text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else context.today
    except ValueError:
        raise BadRequest(_("must be a date like 1968-03-12"), expression="day") from None
