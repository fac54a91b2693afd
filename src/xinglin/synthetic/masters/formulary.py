"""The formulary as resources: what pharmacy prescribes by, and the limits that a pharmacist looks up."""

from collections.abc import Iterator
from decimal import Decimal

from xinglin.capabilities.pharmacy.formulary import ATC, DRUG, FORMULARY
from xinglin.capabilities.pharmacy.seed import formulary_resource
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic.catalogue.medicines import PREGNANCY, RENAL_LIMIT, TIERS, Drug, formulary

TIER = "urn:xinglin:code:antibacterial-tier"


def formulary_resources() -> Iterator[Resource]:
    """A Medication and a MedicationKnowledge for each medicine, and the CodeSystem of all of them."""
    for drug in formulary().values():
        yield drug.medicine.to_resource()
        yield knowledge(drug)
    concepts = [{"code": drug.medicine.code, "display": drug.medicine.name} for drug in formulary().values()]
    yield {**formulary_resource(), "id": FORMULARY, "concept": concepts}


def knowledge(drug: Drug) -> Resource:
    """A MedicationKnowledge: dose limits, contraindications, interactions, tier, skin test, price."""
    medicine = drug.medicine
    against = [
        {
            "resourceType": "DetectedIssue",
            "id": f"contraindication-{number}",
            "status": "final",
            "code": {"text": "禁忌证"},
            "detail": f"ICD-10 {code} 者禁用",
        }
        for number, code in enumerate(drug.contraindications, 1)
    ]
    return build.without_empty(
        {
            "resourceType": "MedicationKnowledge",
            "id": medicine.code,
            "contained": against,
            "code": {
                "coding": [build.coding(DRUG, medicine.code), build.coding(ATC, medicine.atc)],
                "text": medicine.name,
            },
            "status": "active",
            "doseForm": {"text": medicine.form},
            "associatedMedication": [build.reference(f"Medication/{medicine.code}", medicine.name)],
            "relatedMedicationKnowledge": _interactions(drug),
            "medicineClassification": _classes(drug),
            "packaging": {
                "type": {"text": medicine.pack_unit},
                "quantity": {"value": medicine.pack_size, "unit": medicine.form},
            },
            "cost": [{"type": {"text": "零售价"}, "cost": build.money(drug.price)}],
            "administrationGuidelines": _guidelines(drug),
            "contraindication": [build.reference(f"#{each['id']}") for each in against],
        }
    )


def _interactions(drug: Drug) -> list[Json]:
    others = [build.reference(f"MedicationKnowledge/{c}", formulary()[c].medicine.name) for c in drug.interactions]
    return [{"type": {"text": "不宜合用"}, "reference": others}] if others else []


def _classes(drug: Drug) -> list[Json]:
    found = []
    if drug.tier:
        found.append(("抗菌药物分级", build.concept(TIER, drug.tier, TIERS[drug.tier])))
    if drug.skin_test:
        found.append(("皮试", {"text": "用药前须皮试"}))
    return [{"type": {"text": kind}, "classification": [concept]} for kind, concept in found]


def _guidelines(drug: Drug) -> list[Json]:
    """The most in a day for whom: adults, children by weight, poor kidneys; the pregnant."""
    medicine = drug.medicine
    found = [_guideline(medicine.max_daily, medicine.strength_unit, "年龄", f"{medicine.min_age} 岁及以上")]
    if drug.per_kg is not None:
        found.append(_guideline(drug.per_kg, f"{medicine.strength_unit}/kg", "年龄", "18 岁以下，按体重"))
    if drug.renal is not None:
        who = f"eGFR < {RENAL_LIMIT} mL/min/1.73 m²" + ("，禁用" if drug.renal == 0 else "")
        found.append(_guideline(drug.renal, medicine.strength_unit, "肾功能", who))
    found.append({"patientCharacteristics": [_characteristic("妊娠", PREGNANCY[drug.pregnancy])]})
    if drug.sex:
        found.append({"patientCharacteristics": [_characteristic("性别", drug.sex)]})
    return found


def _guideline(most: Decimal, unit: str, kind: str, who: str) -> Json:
    ratio = {"numerator": {"value": most, "unit": unit}, "denominator": build.quantity(1, "天", "d")}
    return {
        "dosage": [{"type": {"text": "最大日剂量"}, "dosage": [{"maxDosePerPeriod": ratio}]}],
        "patientCharacteristics": [_characteristic(kind, who)],
    }


def _characteristic(kind: str, value: str) -> Json:
    return {"characteristicCodeableConcept": {"text": kind}, "value": [value]}
