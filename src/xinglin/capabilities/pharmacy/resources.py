"""How this capability writes prescriptions and dispensing as R4 resources."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from xinglin.capabilities.pharmacy.formulary import DRUG, Medicine
from xinglin.capabilities.pharmacy.frequency import FREQUENCIES, ROUTES, Frequency
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert

PRESCRIPTION_NUMBER = "urn:xinglin:id:prescription"
ROUTE = "urn:xinglin:code:route"
DETECTED_ALERT = "urn:xinglin:extension:accepted-alert"


@dataclass(frozen=True)
class Dosage:
    """A dose: `units` each time (tablets, capsules, bags), how often, how long and by which route."""

    units: Decimal
    frequency: Frequency
    days: int
    route: str

    def packs(self, medicine: Medicine) -> int:
        """Whole packs that the course needs."""
        needed = self.units * self.frequency.per_day * self.days
        return int((needed / medicine.pack_size).to_integral_value(ROUND_CEILING)) or 1

    def text(self, medicine: Medicine) -> str:
        """The instruction as the patient reads it on the label."""
        substance = (self.units * medicine.strength).normalize()
        return (
            f"{ROUTES[self.route]}，每次 {self.units.normalize():f} {medicine.form}"
            f"（{substance:f} {medicine.strength_unit}），{self.frequency.name}，共 {self.days} 天"
        )


def line(
    encounter: Resource,
    medicine: Medicine,
    dosage: Dosage,
    *,
    author: str,
    alerts: tuple[Alert, ...],
    reason: str | None,
    context: Context,
) -> Resource:
    """A MedicationRequest: one line of a prescription. Warnings that the doctor accepted stay with their reason."""
    accepted = [
        {"url": DETECTED_ALERT, "valueString": f"{alert.code}: {alert.text}; {reason}"}
        for alert in alerts
        if alert.level == "warning"
    ]
    return build.without_empty(
        {
            "resourceType": "MedicationRequest",
            "extension": accepted,
            "intent": "order",
            "medicationCodeableConcept": build.concept(DRUG, medicine.code, medicine.name),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(author, context.actor.name),
            "dosageInstruction": [
                {
                    "text": dosage.text(medicine),
                    "timing": dosage.frequency.timing(dosage.days),
                    "route": build.concept(ROUTE, dosage.route, ROUTES[dosage.route]),
                    "doseAndRate": [{"doseQuantity": {"value": dosage.units, "unit": medicine.form}}],
                }
            ],
            "dispenseRequest": {
                "quantity": {"value": dosage.packs(medicine), "unit": medicine.pack_unit},
                "expectedSupplyDuration": build.quantity(dosage.days, "天", "d"),
            },
        }
    )


def as_prescribed(request: Resource) -> dict[str, Any] | None:
    """What was given to prescribe this line: medicine, dose, frequency, days and route; None for one from elsewhere."""
    instruction = (request.get("dosageInstruction") or [{}])[0]
    rate = (instruction.get("doseAndRate") or [{}])[0]
    name = ((instruction.get("timing") or {}).get("code") or {}).get("text")
    frequency = next((item.code for item in FREQUENCIES.values() if item.name == name), None)
    course = (request.get("dispenseRequest") or {}).get("expectedSupplyDuration") or {}
    route = build.first_code(instruction.get("route"), ROUTE)
    if not (drug_code(request) and frequency and route in ROUTES and "doseQuantity" in rate and "value" in course):
        return None
    return {
        "medicine": drug_code(request),
        "dose": build.amount(rate["doseQuantity"]),
        "frequency": frequency,
        "days": int(build.amount(course)),
        "route": route,
    }


def packs(request: Resource) -> int:
    """Packs that a prescription line asks for."""
    return int(build.amount((request.get("dispenseRequest") or {}).get("quantity")))


def drug_code(request: Resource) -> str:
    """The formulary's code of a prescription line; blank for medicines from elsewhere."""
    return build.first_code(request.get("medicationCodeableConcept"), DRUG) or ""


def dispensing(request: Resource, performer: str, context: Context) -> Resource:
    """A MedicationDispense for a whole prescription line."""
    return {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": request["medicationCodeableConcept"],
        "subject": request["subject"],
        "context": request["encounter"],
        "performer": [{"actor": build.reference(performer, context.actor.name)}],
        "authorizingPrescription": [build.reference(request)],
        "quantity": request["dispenseRequest"]["quantity"],
        "whenPrepared": build.instant(context.now),
        "whenHandedOver": build.instant(context.now),
        "dosageInstruction": request["dosageInstruction"],
    }
