"""The station of patients' records, and the list of possible duplicates."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.patients import comparison, views
from xinglin.capabilities.patients.demographics import facts
from xinglin.capabilities.patients.duplicates import CODE, SCAN_CODE, scanned
from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.capabilities.patients.personal import personal_of
from xinglin.capabilities.patients.risks import risks_of
from xinglin.capabilities.patients.states import duplicate
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context, reference
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

TABS = ("record", "correct", "family", "history")
STATES = ("OPEN", "APPROVAL", "LATER", "SAME", "DIFFERENT")


@screen(
    "patients.station",
    title=N_("Patients"),
    path="/patients",
    permission="patients.write",
    template="patients/station.html",
    icon="users",
    order=12,
)
async def station(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Find a patient by anything, and all of the master record.

    Query: `text` to find, `patient` the chosen one, `tab` one of record, correct, family and history.
    """
    text = query.get("text", "")
    shown: dict[str, Any] = {
        "text": text,
        "found": await run_view(context, views.find, {"text": text, "limit": 50}),
        "tab": query.get("tab") if query.get("tab") in TABS else TABS[0],
        "patient": None,
    }
    if query.get("patient"):
        shown.update(await _chosen(context, query["patient"], shown["tab"]))
    return shown


async def _chosen(context: Context, patient: str, tab: str) -> dict[str, Any]:
    held = await context.read(patient)
    about = {"patient": patient}
    warnings = [("patient", patient), ("clinical-status", "active"), ("_sort", "_id"), ("_count", "50")]
    return {
        "patient": held,
        "reference": patient,
        "facts": facts(held),
        "numbers": await run_view(context, views.numbers, about),
        "links": await run_view(context, views.links, about) if tab == "record" else None,
        "risks": await risks_of(context, patient),
        "allergies": (await context.search("AllergyIntolerance", warnings)).resources,
        "values": correctable(held) if tab == "correct" else {},
        "relatives": await run_view(context, views.relatives, about) if tab == "family" else None,
        "changes": await run_view(context, views.changes, about) if tab == "history" else None,
    }


def correctable(patient: Resource) -> dict[str, str]:
    """The values of the form of a correction, as the record has them."""
    born = str(patient.get("birthDate", ""))
    found = {
        "name": build.person_name(patient),
        "gender": str(patient.get("gender", "")),
        "birth_date": born if len(born) == len("1968-03-12") else "",
        "identity_number": build.find_identifier(patient, SYSTEM) or "",
        **personal_of(patient),
    }
    return {name: value for name, value in found.items() if value}


@screen(
    "patients.review",
    title=N_("Duplicates"),
    path="/duplicates",
    permission="patients.merge",
    template="patients/review.html",
    icon="list",
    badge="patients.duplicates",
    order=13,
)
async def review(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Pairs of records that may be one person, and the two records of the chosen pair side by side.

    Query: `state` of the pairs, `pair` the chosen one; the first one where none is chosen.
    """
    state = query.get("state") if query.get("state") in STATES else STATES[0]
    pairs = await run_view(context, views.duplicates, {"state": state, "limit": 200})
    chosen = query.get("pair") or (pairs.rows[0].key if pairs.rows else "")
    task = await context.read(chosen) if chosen else None
    return {
        "state": state,
        "states": STATES,
        "pairs": pairs,
        "chosen": chosen,
        "pair": views.pair_row(task) if task else None,
        "task": task,
        "pair_state": duplicate.of(task) if task else None,
        "compared": await comparison.side_by_side(context, task) if task else None,
        "scan": await _scan(context),
    }


async def _scan(context: Context) -> dict[str, Any] | None:
    """The latest comparison of all records: whether it goes on, and what it has done; None where there was none."""
    query = [("code", f"{CODE}|{SCAN_CODE}"), ("_sort", "-authored-on"), ("_count", "1")]
    found = (await context.search("Task", query)).resources
    if not found:
        return None
    records, pairs = scanned(found[0])
    return {"key": reference(found[0]), "on": found[0]["status"] == "in-progress", "records": records, "pairs": pairs}
