"""What the clinic prints: the record of a visit."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.outpatient import chart, resources, visits
from xinglin.capabilities.outpatient.notes import WriteNote
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.printout import day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


@printout(
    "outpatient.record",
    title=N_("Outpatient record"),
    permission="outpatient.treat",
    template="outpatient/record.typ",
)
async def record(context: Context, query: Mapping[str, str]) -> Json:
    """The record of a visit of the signed-in doctor, with vital signs, diagnoses and orders. Query: `visit`."""
    visit = query.get("visit", "")
    if not visit.startswith("Encounter/"):
        raise BadRequest(_("visit: is required, such as Encounter/1"), expression="visit")
    encounter = await context.read(visit)
    visits.own_visit(context, encounter)
    patient = await context.read(encounter["subject"]["reference"])
    composition = await visits.composition(context, visit)
    start = time_text(context, encounter["period"]["start"])
    note = resources.note_values(composition)
    labels = WriteNote.model_fields
    return {
        "person": person_facts(patient, day_of(start)),
        "department": build.concept_text(encounter.get("serviceType")),
        "visit": build.find_identifier(encounter, resources.VISIT_NUMBER) or "",
        "date": start,
        "sections": [{"title": _(str(labels[name].title)), "text": text} for name, text in note.items() if text],
        "diagnoses": [diagnosis_text(item) for item in await visits.diagnoses(context, encounter)],
        "vitals": await _vitals(context, visit),
        "orders": await _orders(context, visit),
        **_signature(context, composition),
    }


def diagnosis_text(condition: Resource) -> str:
    """A diagnosis as a record has it: name, code, and a question mark where it is provisional."""
    doubt = "？" if build.first_code(condition.get("verificationStatus")) == "provisional" else ""
    return f"{build.concept_text(condition.get('code'))}{doubt} {build.first_code(condition.get('code')) or ''}".strip()


async def _vitals(context: Context, visit: str) -> list[str]:
    query = [("encounter", visit), ("category", "vital-signs"), ("_sort", "-date"), ("_count", "40")]
    found = await context.search("Observation", query)
    newest: dict[str, chart.Result] = {}
    for item in found.resources:
        if (shown := chart.result(item)) is not None:
            newest.setdefault(shown.code, shown)
    return [f"{item.name} {item.value} {item.unit}".strip() for item in newest.values()]


async def _orders(context: Context, visit: str) -> list[dict[str, Any]]:
    """The orders of the visit by section; drafts and those that came to nothing are left out."""
    orders = []
    for section in context.registry.baskets.values():
        view = context.registry.views[section.lines]
        page = await view.run(context, view.filter.model_validate({"visit": visit, "limit": 200}))
        lines = [
            {"headline": row.headline, "instruction": row.instruction}
            for row in page.rows
            if row.state not in {"DRAFT", "REJECTED", *section.void}
        ]
        if lines:
            orders.append({"title": _(section.title), "lines": lines})
    return orders


def _signature(context: Context, composition: Resource | None) -> dict[str, Any]:
    """Who signed the record last and when; blank while nobody did, and while it is open again."""
    signed = [entry for entry in (composition or {}).get("attester") or () if entry.get("mode") == "legal"]
    if not signed or (composition or {}).get("status") == "preliminary":
        return {"signed_by": "", "signed_at": ""}
    last = signed[-1]
    return {
        "signed_by": str(last.get("party", {}).get("display", "")),
        "signed_at": time_text(context, str(last.get("time", ""))),
    }
