"""How this capability writes prescriptions and dispensing as R4 resources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from xinglin.capabilities.pharmacy.batches import Batch, batch_extension
from xinglin.capabilities.pharmacy.formulary import DRUG, Medicine
from xinglin.capabilities.pharmacy.frequency import DECOCTIONS, FREQUENCIES, INFUSIONS, ROUTES, Frequency
from xinglin.capabilities.pharmacy.knowledge import Knowledge
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert

PRESCRIPTION_NUMBER = "urn:xinglin:id:prescription"
TICKET = "urn:xinglin:id:pharmacy-ticket"
ROUTE = "urn:xinglin:code:route"
DECOCTION = "urn:xinglin:code:decoction"
ALERT = "urn:xinglin:code:prescription-alert"
KIND = "urn:xinglin:code:prescription-kind"
INFUSION_GROUP = "urn:xinglin:extension:infusion-group"
FORMULA = "urn:xinglin:extension:herbal-formula"
DETECTED_ALERT = "urn:xinglin:extension:accepted-alert"
"""Where earlier versions wrote an accepted warning: `code: text; reason`."""

RATES = {"drops": "滴/分", "ml": "ml/h"}
SEVERITIES = {"block": "high", "warning": "moderate", "information": "low"}


@dataclass(frozen=True)
class Dosage:
    """A dose: `units` each time (tablets, capsules, bags), how often, how long and by which route.

    `group` numbers what is infused together, `rate` its speed in `rate_unit`, a key of `RATES`. Herbs belong to the
    `formula` of that number, are taken as one dose a day for `days` doses, prepared by `decoction`, the herb itself by
    `handling`.
    """

    units: Decimal
    frequency: Frequency
    days: int
    route: str
    group: int | None = None
    rate: Decimal | None = None
    rate_unit: str = "drops"
    formula: int | None = None
    decoction: str | None = None
    handling: str | None = None
    usage: str | None = None

    def packs(self, medicine: Medicine) -> int:
        """Whole packs that the course needs; what is left of an ampoule or a bag is not given again."""
        times = (self.frequency.per_day * self.days).to_integral_value(ROUND_CEILING)
        if self.route in INFUSIONS and medicine.pack_size == 1:
            return int(self.units.to_integral_value(ROUND_CEILING) * times) or 1
        needed = self.units * self.frequency.per_day * self.days
        return int((needed / medicine.pack_size).to_integral_value(ROUND_CEILING)) or 1

    def text(self, medicine: Medicine) -> str:
        """The instruction as the patient reads it on the label."""
        if self.formula is not None:
            handling = f"（{self.handling}）" if self.handling else ""
            way = DECOCTIONS[self.decoction or "decoction"]
            return f"每剂 {self.units.normalize():f} g{handling}，共 {self.days} 剂，{way}"
        substance = (self.units * medicine.strength).normalize()
        rate = f"，{self.rate.normalize():f} {RATES[self.rate_unit]}" if self.rate else ""
        return (
            f"{ROUTES[self.route]}，每次 {self.units.normalize():f} {medicine.form}"
            f"（{substance:f} {medicine.strength_unit}）{rate}，{self.frequency.name}，共 {self.days} 天"
        )

    def instruction(self, medicine: Medicine) -> Json:
        """As an R4 Dosage."""
        amount = {"doseQuantity": {"value": self.units, "unit": medicine.form}}
        if self.rate:
            amount["rateQuantity"] = {"value": self.rate, "unit": RATES[self.rate_unit]}
        method = build.concept(DECOCTION, self.decoction, DECOCTIONS[self.decoction]) if self.decoction else None
        return build.without_empty(
            {
                "text": self.text(medicine),
                "additionalInstruction": [{"text": self.handling}] if self.handling else [],
                "patientInstruction": self.usage,
                "timing": self.frequency.timing(self.days),
                "route": build.concept(ROUTE, self.route, ROUTES[self.route]),
                "method": method,
                "doseAndRate": [amount],
            }
        )


def line(
    encounter: Resource,
    medicine: Medicine,
    dosage: Dosage,
    *,
    kind: str,
    author: str,
    alerts: tuple[Alert, ...],
    reason: str | None,
    context: Context,
) -> Resource:
    """A MedicationRequest: one line of a prescription. What the checks found stays with it as DetectedIssues, with the
    doctor's reason as their mitigation."""
    issues = [_issue(number, alert, encounter, reason, author, context) for number, alert in enumerate(alerts, 1)]
    marks = [
        {"url": url, "valueInteger": value}
        for url, value in ((INFUSION_GROUP, dosage.group), (FORMULA, dosage.formula))
        if value is not None
    ]
    return build.without_empty(
        {
            "resourceType": "MedicationRequest",
            "contained": issues,
            "extension": marks,
            "intent": "order",
            "category": [build.concept(KIND, kind, PRESCRIPTION_KINDS[kind])],
            "medicationCodeableConcept": build.concept(DRUG, medicine.code, medicine.name),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(author, context.actor.name),
            "dosageInstruction": [dosage.instruction(medicine)],
            "dispenseRequest": {
                "quantity": {"value": dosage.packs(medicine), "unit": medicine.pack_unit},
                "expectedSupplyDuration": build.quantity(dosage.days, "天", "d"),
            },
            "detectedIssue": [build.reference(f"#{each['id']}") for each in issues],
        }
    )


PRESCRIPTION_KINDS = {
    "western": "西药、中成药处方",
    "herbal": "中药饮片处方",
    "narcotic": "麻醉、第一类精神药品处方",
    "psychotropic-2": "第二类精神药品处方",
}
"""Kinds of prescriptions; each has a form of its own (Measures for the Administration of Prescriptions, annex 1)."""


def prescription_kind(medicine: Medicine, knowledge: Knowledge) -> str:
    """The kind of prescription that a medicine is written on."""
    if medicine.kind == "herbal":
        return "herbal"
    if knowledge.control in ("narcotic", "psychotropic-1"):
        return "narcotic"
    return "psychotropic-2" if knowledge.control else "western"


def _issue(
    number: int, alert: Alert, encounter: Resource, reason: str | None, author: str, context: Context
) -> Resource:
    mitigation = {
        "action": {"text": reason},
        "date": build.instant(context.now),
        "author": build.reference(author, context.actor.name),
    }
    return build.without_empty(
        {
            "resourceType": "DetectedIssue",
            "id": f"alert-{number}",
            "status": "final",
            "code": {"coding": [build.coding(ALERT, alert.code)]},
            "severity": SEVERITIES[alert.level],
            "patient": encounter["subject"],
            "identifiedDateTime": build.instant(context.now),
            "detail": alert.text,
            "evidence": [{"detail": [build.reference(alert.evidence)]}] if alert.evidence else [],
            "mitigation": [mitigation] if reason and alert.level == "warning" else [],
        }
    )


@dataclass(frozen=True)
class Finding:
    """What a check found when a line was entered; `reason` is the doctor's for going on."""

    code: str
    level: str
    text: str
    reason: str


def findings(request: Resource) -> list[Finding]:
    """What the checks found on a line, also as earlier versions wrote it."""
    levels = {severity: level for level, severity in SEVERITIES.items()}
    found = [
        Finding(
            build.first_code(each.get("code"), ALERT) or "",
            levels.get(str(each.get("severity")), "information"),
            str(each.get("detail", "")),
            build.concept_text((each.get("mitigation") or [{}])[0].get("action")),
        )
        for each in request.get("contained") or ()
        if each["resourceType"] == "DetectedIssue"
    ]
    for item in request.get("extension") or ():
        if item.get("url") == DETECTED_ALERT:
            code, _colon, rest = str(item["valueString"]).partition(": ")
            text, _semicolon, reason = rest.rpartition("; ")
            found.append(Finding(code, "warning", text, reason))
    return found


def number_of(request: Resource, url: str) -> int | None:
    """The number that an extension of a line holds: of its infusion group, or its formula."""
    return next((item["valueInteger"] for item in request.get("extension") or () if item.get("url") == url), None)


def kind_of(request: Resource) -> str:
    """The kind of prescription that a line belongs to; what earlier versions wrote is western."""
    return next((code for each in request.get("category") or () if (code := build.first_code(each, KIND))), "western")


def as_prescribed(request: Resource) -> dict[str, Any] | None:
    """What was given to prescribe this line: medicine, dose, frequency, days and route; None for one from elsewhere."""
    instruction = (request.get("dosageInstruction") or [{}])[0]
    rate = (instruction.get("doseAndRate") or [{}])[0]
    name = ((instruction.get("timing") or {}).get("code") or {}).get("text")
    frequency = next((item.code for item in FREQUENCIES.values() if item.name == name), None)
    course = (request.get("dispenseRequest") or {}).get("expectedSupplyDuration") or {}
    route = build.first_code(instruction.get("route"), ROUTE)
    if kind_of(request) == "herbal":
        return None
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


def by_medicine(requests: Iterable[Resource]) -> list[Resource]:
    """Prescription lines in the one order in which stock is locked, so that no two wait for each other."""
    return sorted(requests, key=lambda each: (drug_code(each), str(each.get("id"))))


def dispensing(request: Resource, performer: Json, picked: Sequence[Batch], context: Context) -> Resource:
    """A MedicationDispense for a whole prescription line that is being prepared from some batches."""
    return {
        "resourceType": "MedicationDispense",
        "extension": [batch_extension(each) for each in picked],
        "status": "in-progress",
        "medicationCodeableConcept": request["medicationCodeableConcept"],
        "subject": request["subject"],
        "context": request["encounter"],
        "performer": [performer],
        "authorizingPrescription": [build.reference(request)],
        "quantity": request["dispenseRequest"]["quantity"],
        "whenPrepared": build.instant(context.now),
        "dosageInstruction": request["dosageInstruction"],
    }


def ticket(request: Resource) -> str:
    """The number under which the patient is called to the window; blank before payment."""
    return build.find_identifier(request, TICKET) or ""
