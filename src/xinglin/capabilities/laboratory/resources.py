"""How the laboratory writes tests, specimens, results and reports as R4 resources."""

from collections.abc import Sequence
from typing import Any

from xinglin.capabilities.laboratory.catalogue import SPECIMEN, TEST, Panel, Tube
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert

ORDER_NUMBER = "urn:xinglin:id:laboratory-order"
ACCESSION = "urn:xinglin:id:accession"
ACCEPTED_ALERT = "urn:xinglin:extension:accepted-alert"
REJECTED_FOR = "urn:xinglin:extension:rejected-for"
CORRECTED_FOR = "urn:xinglin:extension:corrected-for"
ENTERED_BY = "urn:xinglin:extension:entered-by"

SNOMED = "http://snomed.info/sct"
LABORATORY = "108252007"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SERVICE_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
REJECT_REASON = "http://terminology.hl7.org/CodeSystem/v2-0490"
FASTING_STATUS = "http://terminology.hl7.org/CodeSystem/v2-0916"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

PUBLISHED = "final,amended,corrected"
"""Statuses of what has been verified."""


def order(
    encounter: Resource,
    panel: Panel,
    *,
    urgency: str,
    indication: str,
    note: str | None,
    alerts: tuple[Alert, ...],
    reason: str | None,
    context: Context,
) -> Resource:
    """A ServiceRequest: a test that a doctor orders. Warnings that the doctor accepted stay with their reason."""
    accepted = [
        {"url": ACCEPTED_ALERT, "valueString": f"{alert.code}: {alert.text}; {reason}"}
        for alert in alerts
        if alert.level == "warning"
    ]
    return build.without_empty(
        {
            "resourceType": "ServiceRequest",
            "extension": accepted,
            "instantiatesCanonical": [f"urn:xinglin:test:{panel.code}"],
            "intent": "order",
            "category": [build.concept(SNOMED, LABORATORY, "检验")],
            "priority": urgency,
            "code": build.concept(TEST, panel.code, panel.name),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(str(context.actor.practitioner), context.actor.name),
            "reasonCode": [{"text": indication}] if indication else [],
            "note": [{"text": note}] if note else [],
        }
    )


def test_code(resource: Resource) -> str:
    """The catalogue's code of a ServiceRequest, DiagnosticReport or Observation; blank for what is from elsewhere."""
    return build.first_code(resource.get("code"), TEST) or ""


def accepted_alerts(request: Resource) -> list[str]:
    """Warnings that the doctor accepted, each `code: text; reason`."""
    return [str(item["valueString"]) for item in request.get("extension") or () if item.get("url") == ACCEPTED_ALERT]


def specimen(accession: str, tube: Tube, requests: Sequence[Resource]) -> Resource:
    """A Specimen: one tube for tests of one visit, labelled and not collected yet."""
    return {
        "resourceType": "Specimen",
        "identifier": [build.identifier(ACCESSION, accession)],
        "accessionIdentifier": build.identifier(ACCESSION, accession),
        "type": build.concept(SPECIMEN, tube.code.removeprefix("specimen-"), tube.material),
        "subject": requests[0]["subject"],
        "request": [build.reference(request, build.concept_text(request["code"])) for request in requests],
        "container": [
            build.without_empty(
                {"type": {"text": f"{tube.container}{f'（{tube.cap_text}）' if tube.cap_text else ''}"}}
            )
        ],
    }


def accession(specimen: Resource) -> str:
    """The number that a specimen bears as a barcode."""
    return build.find_identifier(specimen, ACCESSION) or ""


def worksheet(
    request: Resource, specimen: Resource | None, observations: Sequence[Resource], *, comment: str, context: Context
) -> Resource:
    """A preliminary DiagnosticReport that contains its Observations: what is entered and nobody has verified yet."""
    return report(request, specimen, comment=comment, context=context) | {
        "status": "preliminary",
        "contained": list(observations),
        "result": [build.reference(f"#{each['id']}", build.concept_text(each["code"])) for each in observations],
    }


def report(request: Resource, specimen: Resource | None, *, comment: str, context: Context) -> Resource:
    """A DiagnosticReport of one test, without results."""
    collected = ((specimen or {}).get("collection") or {}).get("collectedDateTime")
    who = build.reference(context.actor.practitioner, context.actor.name) if context.actor.practitioner else None
    return build.without_empty(
        {
            "resourceType": "DiagnosticReport",
            "identifier": request.get("identifier"),
            "basedOn": [build.reference(request)],
            "category": [build.concept(SERVICE_SECTION, "LAB", "检验")],
            "code": request["code"],
            "subject": request["subject"],
            "encounter": request["encounter"],
            "effectiveDateTime": collected or build.instant(context.now),
            "performer": [who] if who else [],
            "specimen": [build.reference(specimen, accession(specimen))] if specimen else [],
            "conclusion": comment,
        }
    )


def extension(resource: Resource, url: str) -> dict[str, Any]:
    """The extension of a resource with this url; empty where it has none."""
    return next((item for item in resource.get("extension") or () if item.get("url") == url), {})


def observation(
    request: Resource, specimen: Resource | None, concept: Json, value: Json, *, device: str | None, context: Context
) -> Resource:
    """An Observation of one analyte; `value` its value, interpretation, reference range and notes."""
    collected = ((specimen or {}).get("collection") or {}).get("collectedDateTime")
    who = build.reference(context.actor.practitioner, context.actor.name) if context.actor.practitioner else None
    return build.without_empty(
        {
            "resourceType": "Observation",
            "id": build.first_code(concept, TEST),
            "basedOn": [build.reference(request)],
            "status": "preliminary",
            "category": [build.concept(OBSERVATION_CATEGORY, "laboratory", "检验")],
            "code": concept,
            "subject": request["subject"],
            "encounter": request["encounter"],
            "effectiveDateTime": collected or build.instant(context.now),
            "issued": build.instant(context.now),
            "performer": [who] if who else [],
            "specimen": build.reference(specimen, accession(specimen)) if specimen else None,
            "device": {"display": device} if device else None,
            **value,
        }
    )
