"""How imaging writes orders, examinations and reports as R4 resources."""

from typing import Any

from xinglin.capabilities.imaging.catalogue import MODALITY, STUDY, Study
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert
from xinglin.kernel.text import N_

ORDER_NUMBER = "urn:xinglin:id:imaging-order"
ACCESSION = "urn:xinglin:id:imaging-accession"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
ACCEPTED_ALERT = "urn:xinglin:extension:accepted-alert"
SAFETY = "urn:xinglin:extension:safety-answer"
AMENDED_FOR = "urn:xinglin:extension:amended-for"

SNOMED = "http://snomed.info/sct"
IMAGING = "363679005"
REPORT = "urn:xinglin:code:report"
LOINC = "http://loinc.org"
FINDINGS = ("59776-5", "检查所见")
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PUBLISHED = "final,amended,corrected"

SIDES = {"left": ("7771000", N_("Left")), "right": ("24028007", N_("Right")), "both": ("51440002", N_("Both sides"))}
"""Side → SNOMED CT code and word."""

SIDE_TEXTS = {"left": "左侧", "right": "右侧", "both": "双侧"}


def order(
    encounter: Resource,
    study: Study,
    given: Any,
    *,
    indication: str,
    alerts: tuple[Alert, ...],
    context: Context,
) -> Resource:
    """A ServiceRequest: an examination that a doctor orders; `given` is the command's input."""
    extensions: list[Json] = [
        {"url": ACCEPTED_ALERT, "valueString": f"{alert.code}: {alert.text}; {given.reason}"}
        for alert in alerts
        if alert.level == "warning"
    ]
    answers = (("pregnant", given.pregnant), ("implants", given.implants))
    extensions += [
        {"url": SAFETY, "extension": [{"url": "question", "valueCode": name}, {"url": "answer", "valueCode": answer}]}
        for name, answer in answers
        if answer
    ]
    site: Json = {"text": f"{SIDE_TEXTS.get(given.side or '', '')}{study.site}"}
    if given.side:
        site["coding"] = [build.coding(SNOMED, SIDES[given.side][0])]
    return build.without_empty(
        {
            "resourceType": "ServiceRequest",
            "extension": extensions,
            "instantiatesCanonical": [f"urn:xinglin:test:{study.code}"],
            "intent": "order",
            "category": [build.concept(SNOMED, IMAGING, "检查")],
            "priority": given.urgency,
            "code": build.concept(STUDY, study.code, study.name),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(str(context.actor.practitioner), context.actor.name),
            "performer": [build.reference(f"HealthcareService/{study.room}")],
            "reasonCode": [{"text": indication}] if indication else [],
            "bodySite": [site] if site["text"] else [],
            "note": [{"text": given.question}] if given.question else [],
        }
    )


def study_code(resource: Resource) -> str:
    """The catalogue's code of an order or report; blank for what is from elsewhere."""
    return build.first_code(resource.get("code"), STUDY) or ""


def as_ordered(request: Resource) -> dict[str, str]:
    """What was given to order this examination, but for what goes for one patient alone: the study, and its side."""
    code = build.first_code((request.get("bodySite") or [None])[0], SNOMED)
    side = next((name for name, (known, _word) in SIDES.items() if known == code), None)
    return {"study": study_code(request), **({"side": side} if side else {})}


def extension(resource: Resource, url: str) -> Json:
    """The extension of a resource with this url; empty where it has none."""
    return next((item for item in resource.get("extension") or () if item.get("url") == url), {})


def accepted_alerts(request: Resource) -> list[str]:
    """Warnings that the doctor accepted, each `code: text; reason`."""
    return [str(item["valueString"]) for item in request.get("extension") or () if item.get("url") == ACCEPTED_ALERT]


def safety(request: Resource) -> dict[str, str]:
    """What was answered to questions of safety: `pregnant`, `implants` → `no`, `yes`, `unknown`."""
    answers = [item["extension"] for item in request.get("extension") or () if item.get("url") == SAFETY]
    return {str(pair[0]["valueCode"]): str(pair[1]["valueCode"]) for pair in answers}


def what(request: Resource) -> str:
    """What is examined, with the side where one is named."""
    side = build.first_code((request.get("bodySite") or [None])[0], SNOMED)
    word = next((SIDE_TEXTS[name] for name, (code, _word) in SIDES.items() if code == side), "")
    return f"{build.concept_text(request.get('code'))}{f'（{word}）' if word else ''}"


def accession(request: Resource) -> str:
    """The number under which an examination is known to devices; blank before the order was issued."""
    return build.find_identifier(request, ACCESSION) or ""


def procedure(request: Resource, context: Context) -> Resource:
    """A Procedure: the examination as it is made, by whom and when."""
    return build.without_empty(
        {
            "resourceType": "Procedure",
            "basedOn": [build.reference(request)],
            "status": "in-progress",
            "category": build.concept(SNOMED, IMAGING, "检查"),
            "code": request["code"],
            "subject": request["subject"],
            "encounter": request["encounter"],
            "performedPeriod": {"start": build.instant(context.now)},
            "performer": [{"actor": build.reference(str(context.actor.practitioner), context.actor.name)}],
            "bodySite": request.get("bodySite"),
        }
    )


def imaging_study(request: Resource, modality: str, started: str) -> Resource:
    """An ImagingStudy that is registered: an archive adds its series under the accession number."""
    kind = {"coding": [build.coding(IDENTIFIER_TYPE, "ACSN")]}
    return {
        "resourceType": "ImagingStudy",
        "identifier": [{"type": kind, "system": ACCESSION, "value": accession(request)}],
        "status": "registered",
        "modality": [build.coding(MODALITY, modality)],
        "subject": request["subject"],
        "encounter": request["encounter"],
        "started": started,
        "basedOn": [build.reference(request)],
        "procedureCode": [request["code"]],
    }


def draft(request: Resource, findings: str, impression: str, study: Resource | None, context: Context) -> Resource:
    """A preliminary DiagnosticReport that contains its findings: what nobody has reviewed yet."""
    return build.without_empty(
        {
            "resourceType": "DiagnosticReport",
            "contained": [{**observation(request, findings, context), "id": "findings"}],
            "identifier": request.get("identifier"),
            "basedOn": [build.reference(request)],
            "status": "preliminary",
            "category": [build.concept(REPORT, "examination", "检查")],
            "code": request["code"],
            "subject": request["subject"],
            "encounter": request["encounter"],
            "effectiveDateTime": build.instant(context.now),
            "performer": [build.reference(str(context.actor.practitioner), context.actor.name)],
            "result": [build.reference("#findings")],
            "imagingStudy": [build.reference(study)] if study else [],
            "conclusion": impression,
        }
    )


def observation(request: Resource, findings: str, context: Context) -> Resource:
    """An Observation: what was found, as a text."""
    return {
        "resourceType": "Observation",
        "status": "preliminary",
        "basedOn": [build.reference(request)],
        "category": [build.concept(OBSERVATION_CATEGORY, "imaging", "检查")],
        "code": build.concept(LOINC, *FINDINGS),
        "subject": request["subject"],
        "encounter": request["encounter"],
        "effectiveDateTime": build.instant(context.now),
        "valueString": findings,
    }


def findings_of(report: Resource | None, held: dict[str, Resource] | None = None) -> str:
    """The text of what was found: contained in a draft, or of the observations that a report names."""
    contained = (report or {}).get("contained") or ()
    named = [(held or {}).get(each["reference"]) for each in (report or {}).get("result") or ()]
    return next((str(each["valueString"]) for each in (*contained, *named) if each and "valueString" in each), "")
