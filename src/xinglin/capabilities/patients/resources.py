"""How this capability writes patients and allergies as R4 resources."""

from datetime import date, datetime
from typing import Any

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

MEDICAL_RECORD_NUMBER = "urn:xinglin:id:medical-record"
ALLERGEN_SYSTEM = "urn:xinglin:code:allergen"
CLINICAL_STATUS = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFICATION_STATUS = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"

ALLERGENS = {
    "penicillin": "青霉素类",
    "cephalosporin": "头孢菌素类",
    "sulfonamide": "磺胺类",
    "nsaid": "非甾体抗炎药",
    "iodine-contrast": "碘造影剂",
    "quinolone": "喹诺酮类",
    "macrolide": "大环内酯类",
    "seafood": "海鲜",
    "egg": "鸡蛋",
    "pollen": "花粉",
    "latex": "乳胶",
    "other-allergen": "其他",
}
"""Allergens by code. Those that are drug classes are matched with the formulary when a medicine is prescribed."""

OTHER_ALLERGEN = "other-allergen"
NOTE = "urn:xinglin:extension:note"


def extended(url: str, **value: Any) -> list[dict[str, Any]]:
    """One extension as a list, such as `extended(NOTE, valueString="…")`; none where the value is none."""
    return [{"url": url, **value}] if any(each not in (None, "", {}) for each in value.values()) else []


def extension(resource: Resource, url: str) -> dict[str, Any]:
    """The extension of a resource with this url; empty where it has none."""
    return next((item for item in resource.get("extension") or () if item.get("url") == url), {})


def author(context: Context) -> dict[str, Any] | None:
    """Who acts, as a Reference with the name; None where an account names nobody."""
    return build.reference(context.actor.practitioner, context.actor.name) if context.actor.practitioner else None


def patient(
    *,
    name: str,
    gender: str,
    birth_date: date,
    record_number: str,
    identity_number: tuple[str, str] | None,
    phone: str | None,
    address: str | None,
) -> Resource:
    """A Patient. `identity_number` is (identifier system, number); `record_number` is empty before there is one."""
    identifiers = [build.identifier(MEDICAL_RECORD_NUMBER, record_number, "usual")] if record_number else []
    if identity_number:
        identifiers.append(build.identifier(*identity_number, "official"))
    return build.without_empty(
        {
            "resourceType": "Patient",
            "identifier": identifiers,
            "active": True,
            "name": [{"use": "official", "text": name}],
            "telecom": [{"system": "phone", "value": phone, "use": "mobile"}] if phone else [],
            "gender": gender,
            "birthDate": birth_date.isoformat(),
            "address": [{"use": "home", "text": address}] if address else [],
        }
    )


def allergy(
    patient_reference: str,
    code: str,
    display: str,
    severity: str,
    reaction: str | None,
    recorder: str | None,
    moment: datetime,
) -> Resource:
    """An AllergyIntolerance that is active and confirmed; `severity` mild, moderate or severe."""
    manifestation: list[dict[str, Any]] = [{"text": reaction}] if reaction else []
    return build.without_empty(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": build.concept(CLINICAL_STATUS, "active"),
            "verificationStatus": build.concept(VERIFICATION_STATUS, "confirmed"),
            "type": "allergy",
            "criticality": "high" if severity == "severe" else "low",
            "code": build.concept(ALLERGEN_SYSTEM, code, display),
            "patient": build.reference(patient_reference),
            "recordedDate": build.instant(moment),
            "recorder": build.reference(recorder) if recorder else None,
            "reaction": [{"manifestation": manifestation, "severity": severity}] if manifestation else [],
        }
    )
