"""The triage station: all queues, and who of them is to be seen first."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.outpatient import chart, levels, queue_views, queueing, triage, visits
from xinglin.fhir import build
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_


@screen(
    "outpatient.triage_station",
    title=N_("Triage"),
    path="/triage",
    permission="outpatient.queues",
    template="outpatient/triage.html",
    icon="activity",
    order=15,
)
async def triage_station(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """All queues, doctor by doctor; of the patient who is chosen, vital signs and level.

    Query: `clinic` one clinic only ("all": every one; else that of the caller's own department where it has a queue),
    `visit` the chosen patient.
    """
    rows = (await run_view(context, queue_views.queues, {"limit": 500})).rows
    clinics = sorted({row.clinic for row in rows})
    own = await _own_department(context)
    clinic = query.get("clinic") or (own if own in clinics else "all")
    shown = [row for row in rows if clinic in ("all", row.clinic)]
    chosen = next((row for row in rows if row.visit == query.get("visit")), None)
    return {
        "clinics": clinics,
        "clinic": clinic,
        "groups": queue_views.by_doctor(shown),
        "untriaged": [row for row in shown if not row.level and row.state in queueing.PRESENT],
        "chosen": chosen,
        "present": queueing.PRESENT,
        "levels": levels.LEVELS,
        **(await _patient(context, chosen) if chosen else {}),
    }


async def _own_department(context: Context) -> str:
    department = context.actor.post.department if context.actor.post else None
    return str((await context.read(department)).get("name", "")) if department else ""


async def _patient(context: Context, row: queue_views.PlaceRow) -> dict[str, Any]:
    encounter = await context.read(row.visit)
    place = await visits.find_place(context, row.visit)
    return {
        "visit": encounter,
        "patient": await context.read(row.patient),
        "patient_reference": row.patient,
        "level": triage.level_of(encounter),
        "notes": [note["text"] for note in place.get("note") or ()],
        "vitals": await chart.latest(context, row.patient, "vital-signs", 40, 8),
        "complaint": build.concept_text((encounter.get("reasonCode") or [None])[0]),
    }
