"""How the treatment room writes orders, what was done, and skin tests as R4 resources."""

from xinglin.capabilities.treatments.catalogue import ALLERGEN, TREATMENT, Treatment
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert

ORDER_NUMBER = "urn:xinglin:id:treatment-order"
ACCEPTED_ALERT = "urn:xinglin:extension:accepted-alert"
SNOMED = "http://snomed.info/sct"
THERAPEUTIC = "277132007"
TEST = "urn:xinglin:code:test"
SKIN_TEST = "skin-test"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
RESULTS = {"negative": ("NEG", "阴性"), "positive": ("POS", "阳性")}


def order(
    encounter: Resource,
    treatment: Treatment,
    *,
    detail: str | None,
    urgency: str,
    alerts: tuple[Alert, ...],
    reason: str | None,
    context: Context,
) -> Resource:
    """A ServiceRequest: a treatment that a doctor orders; `detail` says with what, or where."""
    accepted = [
        {"url": ACCEPTED_ALERT, "valueString": f"{alert.code}: {alert.text}; {reason}"}
        for alert in alerts
        if alert.level == "warning"
    ]
    return build.without_empty(
        {
            "resourceType": "ServiceRequest",
            "extension": accepted,
            "intent": "order",
            "category": [build.concept(SNOMED, THERAPEUTIC, "治疗")],
            "priority": urgency,
            "code": build.concept(TREATMENT, treatment.code, treatment.name),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(str(context.actor.practitioner), context.actor.name),
            "note": [{"text": detail}] if detail else [],
        }
    )


def treatment_code(resource: Resource) -> str:
    """The catalogue's code of an order; blank for what is from elsewhere."""
    return build.first_code(resource.get("code"), TREATMENT) or ""


def accepted_alerts(request: Resource) -> list[str]:
    """Warnings that the doctor accepted, each `code: text; reason`."""
    return [str(item["valueString"]) for item in request.get("extension") or () if item.get("url") == ACCEPTED_ALERT]


def _performer(context: Context) -> Json:
    return build.reference(str(context.actor.practitioner), context.actor.name)


def procedure(request: Resource, note: str | None, context: Context) -> Resource:
    """A Procedure: the treatment as it was carried out, by whom and when."""
    return build.without_empty(
        {
            "resourceType": "Procedure",
            "basedOn": [build.reference(request)],
            "status": "completed",
            "category": build.concept(SNOMED, THERAPEUTIC, "治疗"),
            "code": request["code"],
            "subject": request["subject"],
            "encounter": request["encounter"],
            "performedDateTime": build.instant(context.now),
            "performer": [{"actor": _performer(context)}],
            "note": [{"text": note}] if note else [],
        }
    )


def skin_test(
    request: Resource, treatment: Treatment, result: str, *, note: str | None, checked_by: str, context: Context
) -> Resource:
    """An Observation of a skin test: its component names the allergen."""
    code, word = RESULTS[result]
    value = build.concept(INTERPRETATION, code, word)
    notes = [text for text in (f"双人核对：{checked_by}", note) if text]
    return {
        "resourceType": "Observation",
        "basedOn": [build.reference(request)],
        "status": "final",
        "category": [build.concept(OBSERVATION_CATEGORY, "procedure", "治疗")],
        "code": build.concept(TEST, SKIN_TEST, "皮试"),
        "subject": request["subject"],
        "encounter": request["encounter"],
        "effectiveDateTime": build.instant(context.now),
        "issued": build.instant(context.now),
        "performer": [_performer(context)],
        "valueCodeableConcept": value,
        "interpretation": [value],
        "note": [{"text": text} for text in notes],
        "component": [
            {"code": build.concept(ALLERGEN, treatment.allergen, treatment.name), "valueCodeableConcept": value}
        ],
    }
