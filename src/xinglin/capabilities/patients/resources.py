"""How this capability writes patients and allergies as R4 resources."""

from datetime import date, datetime
from typing import Any

from xinglin.fhir import build
from xinglin.fhir.types import Resource

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
}
"""Allergens by code. Those that are drug classes are matched with the formulary when a medicine is prescribed."""


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
    """A Patient. `identity_number` is (identifier system, number)."""
    identifiers = [build.identifier(MEDICAL_RECORD_NUMBER, record_number, "usual")]
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
