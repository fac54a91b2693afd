"""What the house knows of a medicine besides what it is: limits, contraindications, interactions, who may prescribe it.

One shape, a MedicationKnowledge with the medicine's own id, which seeds write and the rules read. Every statement is a
code: `dosage.type` says which limit, `patientCharacteristics` for whom, contained DetectedIssues name ICD-10 codes,
related knowledge names ATC groups or families of herbs, classifications say tier, skin test and insurance.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xinglin.capabilities.pharmacy.formulary import ALLERGEN, ATC, DRUG, Medicine
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource

ICD10 = "urn:oid:2.16.156.10011.2.3.3.11"
LIMIT = "urn:xinglin:code:dose-limit"
CHARACTERISTIC = "urn:xinglin:code:patient-characteristic"
CLASS = "urn:xinglin:code:medicine-class"
TIER = "urn:xinglin:code:antibacterial-tier"
CONTROL = "urn:xinglin:code:controlled-substance"
GRADE = "urn:xinglin:code:interaction-grade"
FAMILY = "urn:xinglin:code:herb-family"
INSURANCE = "urn:xinglin:code:insurance-class"

TIERS = {"unrestricted": "非限制使用级", "restricted": "限制使用级", "special": "特殊使用级"}
PREGNANCY = {"allowed": "可用", "caution": "权衡利弊后使用", "never": "禁用"}
CONTROLS = {"narcotic": "麻醉药品", "psychotropic-1": "第一类精神药品", "psychotropic-2": "第二类精神药品"}
GRADES = {"contraindicated": "禁止合用", "major": "避免合用", "moderate": "注意"}
INSURANCE_CLASSES = {"A": "甲类", "B": "乙类", "C": "自费"}
SEVERITY = {"block": "high", "warning": "moderate"}


@dataclass(frozen=True)
class Limit:
    """At most so much. `kind` is `single` (each time), `daily` (24 hours), both in the strength's unit, or `course`
    (days). `per_kg`: for each kg of body weight. It holds from `youngest` until before `before` (years of age), and
    with `egfr` only below it (mL/min/1.73 m²); 0 means not at all."""

    kind: str
    most: Decimal
    per_kg: bool = False
    youngest: int = 0
    before: int | None = None
    egfr: int | None = None

    def holds(self, years: int | None, egfr: Decimal | None) -> bool:
        """Whether it is meant for somebody of this age and kidney function; what is unknown is taken as usual."""
        age = 18 if years is None else years
        if age < self.youngest or (self.before is not None and age >= self.before):
            return False
        return self.egfr is None or (egfr is not None and egfr < self.egfr)


@dataclass(frozen=True)
class Against:
    """A disease, by the beginning of its ICD-10 code, in which a medicine is not given (`block`) or avoided."""

    icd: str
    level: str = "warning"


@dataclass(frozen=True)
class Interaction:
    """What must not meet: `system` ATC or FAMILY, `target` the beginning of a code in it, `grade` a key of `GRADES`;
    `effect` says what happens and what is done about it."""

    system: str
    target: str
    grade: str
    effect: str


@dataclass(frozen=True)
class Knowledge:
    """What the house knows of a medicine.

    `pregnancy` and `lactation` are keys of `PREGNANCY`, None where nothing is known; `sex` the only one that gets it;
    `tier` a key of `TIERS`; `skin_test` the allergen that is tested before; `control` a key of `CONTROLS`, whose
    `control_form` is injection, extended or other; `family` of a herb; `handling` how the herb is decocted;
    `insurance` a key of `INSURANCE_CLASSES`, paid for `indications` only (beginnings of ICD-10 codes).
    """

    code: str
    limits: tuple[Limit, ...] = ()
    against: tuple[Against, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    pregnancy: str | None = None
    lactation: str | None = None
    sex: str | None = None
    tier: str | None = None
    skin_test: str | None = None
    control: str | None = None
    control_form: str = "other"
    family: str | None = None
    handling: str | None = None
    insurance: str | None = None
    indications: tuple[str, ...] = ()

    def to_resource(self, medicine: Medicine, price: Decimal) -> Resource:
        """As a MedicationKnowledge of `medicine`, whose pack costs `price`."""
        issues = [_issue(number, each) for number, each in enumerate(self.against, 1)]
        names = [build.coding(DRUG, medicine.code), *([build.coding(ATC, medicine.atc)] if medicine.atc else [])]
        return build.without_empty(
            {
                "resourceType": "MedicationKnowledge",
                "id": medicine.code,
                "contained": issues,
                "code": {"coding": names, "text": medicine.name},
                "status": "active",
                "doseForm": {"text": medicine.form},
                "associatedMedication": [build.reference(f"Medication/{medicine.code}", medicine.name)],
                "relatedMedicationKnowledge": [_related(each) for each in self.interactions],
                "medicineClassification": self._classes(),
                "packaging": {
                    "type": {"text": medicine.pack_unit},
                    "quantity": {"value": medicine.pack_size, "unit": medicine.form},
                },
                "cost": [{"type": {"text": "零售价"}, "cost": build.money(price)}],
                "administrationGuidelines": self._guidelines(medicine.strength_unit),
                "contraindication": [build.reference(f"#{each['id']}") for each in issues],
                "regulatory": self._regulatory(),
            }
        )

    def _classes(self) -> list[Json]:
        given: list[tuple[str, Iterable[Json]]] = [
            ("tier", [build.concept(TIER, self.tier, TIERS[self.tier])] if self.tier else []),
            ("skin-test", [build.concept(ALLERGEN, self.skin_test)] if self.skin_test else []),
            ("family", [build.concept(FAMILY, self.family)] if self.family else []),
            ("handling", [{"text": self.handling}] if self.handling else []),
            (
                "insurance",
                [build.concept(INSURANCE, self.insurance, INSURANCE_CLASSES[self.insurance])] if self.insurance else [],
            ),
            ("indication", [build.concept(ICD10, code) for code in self.indications]),
        ]
        return [
            {"type": build.concept(CLASS, kind), "classification": list(found)} for kind, found in given if list(found)
        ]

    def _guidelines(self, unit: str) -> list[Json]:
        found = [_guideline(limit, unit) for limit in self.limits]
        for kind, value in (("pregnancy", self.pregnancy), ("lactation", self.lactation), ("sex", self.sex)):
            if value:
                found.append({"patientCharacteristics": [_characteristic(kind, value)]})
        return found

    def _regulatory(self) -> list[Json]:
        if not self.control:
            return []
        schedules = [
            build.concept(CONTROL, self.control, CONTROLS[self.control]),
            build.concept(CONTROL, self.control_form),
        ]
        return [
            {
                "regulatoryAuthority": {"display": "国家药品监督管理局"},
                "schedule": [{"schedule": each} for each in schedules],
            }
        ]

    @classmethod
    def from_resource(cls, resource: Resource) -> "Knowledge":
        """From a MedicationKnowledge; what an older version wrote as prose is not understood, and so absent."""
        classes: dict[str, list[Json]] = {
            str(build.first_code(each.get("type"), CLASS)): each["classification"]
            for each in resource.get("medicineClassification") or ()
        }
        traits = dict(_traits(resource))
        schedules = [
            build.first_code(each["schedule"], CONTROL)
            for rule in resource.get("regulatory") or ()
            for each in rule.get("schedule") or ()
        ]

        def first(kind: str, system: str) -> str | None:
            return build.first_code(classes[kind][0], system) if kind in classes else None

        return cls(
            code=resource["id"],
            limits=tuple(_limits(resource)),
            against=tuple(_against(resource)),
            interactions=tuple(_interactions(resource)),
            pregnancy=traits.get("pregnancy"),
            lactation=traits.get("lactation"),
            sex=traits.get("sex"),
            tier=first("tier", TIER),
            skin_test=first("skin-test", ALLERGEN),
            control=schedules[0] if schedules else None,
            control_form=str(schedules[1]) if len(schedules) > 1 else "other",
            family=first("family", FAMILY),
            handling=build.concept_text(classes["handling"][0]) if "handling" in classes else None,
            insurance=first("insurance", INSURANCE),
            indications=tuple(str(build.first_code(each, ICD10)) for each in classes.get("indication", ())),
        )


def _issue(number: int, against: Against) -> Resource:
    return {
        "resourceType": "DetectedIssue",
        "id": f"contraindication-{number}",
        "status": "final",
        "code": build.concept(ICD10, against.icd),
        "severity": SEVERITY[against.level],
    }


def _against(resource: Resource) -> Iterable[Against]:
    for each in resource.get("contained") or ():
        code = build.first_code(each.get("code"), ICD10)
        if code:
            yield Against(code, "block" if each.get("severity") == "high" else "warning")


def _related(interaction: Interaction) -> Json:
    target = {
        "type": "MedicationKnowledge",
        "identifier": build.identifier(interaction.system, interaction.target),
        "display": interaction.target,
    }
    kind = {"coding": [build.coding(GRADE, interaction.grade, GRADES[interaction.grade])], "text": interaction.effect}
    return {"type": kind, "reference": [target]}


def _interactions(resource: Resource) -> Iterable[Interaction]:
    for each in resource.get("relatedMedicationKnowledge") or ():
        grade = build.first_code(each["type"], GRADE)
        for target in each["reference"]:
            name = target.get("identifier") or {}
            if grade and name:
                yield Interaction(name["system"], name["value"], grade, build.concept_text(each["type"]))


def _guideline(limit: Limit, unit: str) -> Json:
    unit = f"{unit}/kg" if limit.per_kg else unit
    dosage: Json
    if limit.kind == "single":
        dosage = {"maxDosePerAdministration": {"value": limit.most, "unit": unit}}
    elif limit.kind == "daily":
        ratio = {"numerator": {"value": limit.most, "unit": unit}, "denominator": build.quantity(1, "天", "d")}
        dosage = {"maxDosePerPeriod": ratio}
    else:
        bounds = build.quantity(int(limit.most), "天", "d")
        dosage = {"timing": {"repeat": {"boundsDuration": bounds}}}
    age = f"{limit.youngest}.." + (str(limit.before) if limit.before is not None else "")
    traits = [_characteristic("age", age)]
    if limit.egfr is not None:
        traits.append(_characteristic("egfr-below", str(limit.egfr)))
    return {
        "dosage": [{"type": build.concept(LIMIT, limit.kind), "dosage": [dosage]}],
        "patientCharacteristics": traits,
    }


def _characteristic(kind: str, value: str) -> Json:
    return {"characteristicCodeableConcept": build.concept(CHARACTERISTIC, kind), "value": [value]}


def _values(guideline: Json) -> dict[str, str]:
    return {
        str(build.first_code(each.get("characteristicCodeableConcept"), CHARACTERISTIC)): str(
            (each.get("value") or [""])[0]
        )
        for each in guideline.get("patientCharacteristics") or ()
    }


def _traits(resource: Resource) -> Iterable[tuple[str, str]]:
    for guideline in resource.get("administrationGuidelines") or ():
        if not guideline.get("dosage"):
            yield from _values(guideline).items()


def _limits(resource: Resource) -> Iterable[Limit]:
    for guideline in resource.get("administrationGuidelines") or ():
        values = _values(guideline)
        for each in guideline.get("dosage") or ():
            kind = build.first_code(each.get("type"), LIMIT)
            if kind is None:
                continue
            quantity = _quantity(kind, each["dosage"][0])
            low, _dots, high = values.get("age", "0..").partition("..")
            yield Limit(
                kind,
                build.amount(quantity),
                str(quantity.get("unit", "")).endswith("/kg"),
                int(low or 0),
                int(high) if high else None,
                int(values["egfr-below"]) if "egfr-below" in values else None,
            )


def _quantity(kind: str, dosage: dict[str, Any]) -> Json:
    if kind == "single":
        return dict(dosage["maxDosePerAdministration"])
    if kind == "daily":
        return dict(dosage["maxDosePerPeriod"]["numerator"])
    return dict(dosage["timing"]["repeat"]["boundsDuration"])
