"""The doctor's workstation."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.outpatient import (
    amending,
    answering,
    certificates,
    chart,
    copying,
    ordersets,
    reading,
    requests,
    resources,
    results,
    rules,
    timeline,
    views,
    visits,
)
from xinglin.kernel.application import run_view
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page

TABS = ("record", "timeline", "orders", "results")
PAGE_ROWS = 30


@screen(
    "outpatient.doctor",
    title=N_("Doctor"),
    path="/doctor",
    permission="outpatient.treat",
    template="outpatient/doctor.html",
    icon="stethoscope",
    badge="outpatient.queue",
    order=20,
)
async def doctor(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """The queue, and the chart of the visit that is open.

    Query: `visit` the open visit, `tab` one of record, timeline, orders and results, `cursor` a page of the tab,
    `template` a structured history that is answered; of the timeline `kind` a class of encounters, `until` a year.
    """
    shown: dict[str, Any] = {
        "queue": await run_view(context, views.queue, {"limit": 200}),
        "seen": await run_view(context, views.seen, {"limit": 100}),
        "unread": await run_view(context, reading.unread, {"limit": 50}),
        "tabs": TABS,
        "tab": query.get("tab") if query.get("tab") in TABS else TABS[0],
        "visit": None,
    }
    if query.get("visit"):
        shown.update(await _open_visit(context, query["visit"], shown["tab"], query))
    return shown


async def _open_visit(context: Context, visit: str, tab: str, query: Mapping[str, str]) -> dict[str, Any]:
    encounter = await context.read(visit)
    visits.own_visit(context, encounter)
    patient = encounter["subject"]["reference"]
    composition = await visits.composition(context, visit)
    note, basket = resources.note_values(composition), await _basket(context, visit)
    return {
        "visit": encounter,
        "visit_reference": visit,
        "visit_state": context.registry.tables["visit"].of(encounter),
        "visit_number": next((item["value"] for item in encounter.get("identifier") or ()), ""),
        "patient": await context.read(patient),
        "patient_reference": patient,
        "summary": await chart.summary(context, patient),
        "composition": composition,
        "note": note,
        "note_version": int(composition["meta"]["versionId"]) if composition else 0,
        "in_use": await answering.in_use(context) if tab == "record" else [],
        "sets": await run_view(context, ordersets.sets, {"limit": 50}) if tab == "record" else Page([]),
        "panel": await answering.panel(context, visit, query["template"]) if query.get("template") else None,
        "certificates": await certificates.of_visit(context, visit) if tab == "record" else [],
        "requests": await requests.of_visit(context, visit) if tab == "record" else [],
        "referrals": await requests.waiting_here(context, patient) if tab == "record" else [],
        "last_visit": await copying.last_visit(context, encounter) if tab == "record" else None,
        "amended": await amending.since_signature(context, composition) if tab == "record" else [],
        "diagnoses": await visits.diagnoses(context, encounter),
        "basket": basket,
        "checks": await rules.checked(context, encounter, note, [(section, page.rows) for section, page in basket]),
        "page_rows": await _tab(context, tab, patient, query),
    }


async def _basket(context: Context, visit: str) -> list[tuple[BasketSection, Page[Any]]]:
    """The sections of the visit's basket that the actor may see, with their lines."""
    return [
        (section, await run_view(context, lines, {"visit": visit, "limit": 100}))
        for section in context.registry.baskets.values()
        if context.may((lines := context.registry.views[section.lines]).permission)
    ]


async def _tab(context: Context, tab: str, patient: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Rows of the tabs that reach beyond the open visit, newest first, with the cursor of the next page."""
    cursor = query.get("cursor")
    if tab == "timeline":
        kind, until = query.get("kind", ""), query.get("until", "")
        return {"timeline": await timeline.timeline(context, patient, kind, until, cursor)}
    if tab == "results":
        return {"results": await results.results(context, patient, query.get("report"), cursor)}
    queries: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "orders": ("MedicationRequest", [("_sort", "-authoredon")]),
    }
    if tab not in queries:
        return {"rows": [], "next": None}
    type, wanted = queries[tab]
    pairs = [("patient", patient), *wanted, ("_count", str(PAGE_ROWS))]
    found = await context.search(type, [*pairs, *([("_cursor", cursor)] if cursor else [])])
    return {"rows": found.resources, "next": found.next}
