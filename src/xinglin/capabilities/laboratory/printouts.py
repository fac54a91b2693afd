"""What the laboratory prints: the report of a test."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.laboratory import publishing, resources, rules, specimens, values
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.printout import day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

MARKS = {"H": "↑", "HH": "↑↑", "L": "↓", "LL": "↓↓", "A": "*", "AA": "**"}


@printout(
    "laboratory.report",
    title=N_("Laboratory report"),
    permission="laboratory.read",
    template="laboratory/report.typ",
)
async def report(context: Context, query: Mapping[str, str]) -> Json:
    """The published report of a test, with reference ranges and who answers for it. Query: `report`."""
    name = query.get("report", "")
    if not name.startswith("DiagnosticReport/"):
        raise BadRequest(_("report: is required, such as DiagnosticReport/1"), expression="report")
    held = await context.read(name)
    if held["status"] not in resources.PUBLISHED.split(",") or not held.get("basedOn"):
        raise BadRequest(_("report: nothing is published under this reference"), expression="report")
    request = await context.read(held["basedOn"][0]["reference"])
    patient = await context.read(held["subject"]["reference"])
    named = specimens.specimen_of(request)
    specimen = await context.read(named) if named else {}
    found = (await publishing.results_of(context, held)).values()
    issued = time_text(context, held["issued"])
    return {
        "person": person_facts(patient, day_of(issued)),
        "test": build.concept_text(held["code"]),
        "number": resources.accession(specimen),
        "specimen": build.concept_text(specimen.get("type")),
        "doctor": str((request.get("requester") or {}).get("display", "")),
        "indication": build.concept_text((request.get("reasonCode") or [None])[0]),
        "collected": time_text(context, str((specimen.get("collection") or {}).get("collectedDateTime", ""))),
        "received": time_text(context, str(specimen.get("receivedTime", ""))),
        "issued": issued,
        "corrected": held["status"] in ("corrected", "amended"),
        "rows": [_row(item) for item in found],
        "comment": str(held.get("conclusion", "")),
        "entered_by": _names(held.get("performer")),
        "verified_by": _names(held.get("resultsInterpreter")),
    }


def _row(item: Resource) -> dict[str, Any]:
    notes = [str(note["text"]) for note in item.get("note") or ()] if item["status"] == "corrected" else []
    unit = str((item.get("valueQuantity") or {}).get("unit", ""))
    return {
        "name": build.concept_text(item["code"]),
        "result": values.text_of(item),
        "mark": MARKS.get(rules.flag_of(item), ""),
        "unit": "" if unit == "1" else unit,
        "range": values.range_text(item),
        "note": notes[0] if notes else "",
    }


def _names(people: list[Resource] | None) -> str:
    return "、".join(str(each.get("display", "")) for each in people or ())
