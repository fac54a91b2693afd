"""What imaging prints: the report of an examination."""

from collections.abc import Mapping

from xinglin.capabilities.imaging import resources
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.printout import day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


@printout(
    "imaging.report",
    title=N_("Examination report"),
    permission="imaging.read",
    template="imaging/report.typ",
)
async def report(context: Context, query: Mapping[str, str]) -> Json:
    """The published report of an examination, with the two who answer for it. Query: `report`."""
    name = query.get("report", "")
    if not name.startswith("DiagnosticReport/"):
        raise BadRequest(_("report: is required, such as DiagnosticReport/1"), expression="report")
    held = await context.read(name)
    if held["status"] not in resources.PUBLISHED.split(",") or not held.get("basedOn"):
        raise BadRequest(_("report: nothing is published under this reference"), expression="report")
    request = await context.read(held["basedOn"][0]["reference"])
    patient = await context.read(held["subject"]["reference"])
    found = await context.read_many(each["reference"] for each in held.get("result") or ())
    issued = time_text(context, held["issued"])
    return {
        "person": person_facts(patient, day_of(issued)),
        "study": resources.what(request),
        "site": build.concept_text((request.get("bodySite") or [None])[0]),
        "number": resources.accession(request),
        "doctor": str((request.get("requester") or {}).get("display", "")),
        "indication": build.concept_text((request.get("reasonCode") or [None])[0]),
        "examined": time_text(context, str(request.get("occurrenceDateTime", ""))),
        "issued": issued,
        "amended": held["status"] in ("corrected", "amended"),
        "findings": resources.findings_of(held, found),
        "impression": str(held.get("conclusion", "")),
        "author": _names(held.get("performer")),
        "reviewer": _names(held.get("resultsInterpreter")),
    }


def _names(people: list[Resource] | None) -> str:
    return "、".join(str(each.get("display", "")) for each in people or ())
