"""The formulary: what a medicine is, how it is dosed at most, and what it must not meet."""

from dataclasses import dataclass
from decimal import Decimal

from xinglin.fhir import build
from xinglin.fhir.types import Resource

DRUG = "urn:xinglin:code:drug"
ATC = "http://www.whocc.no/atc"
ALLERGEN = "urn:xinglin:code:allergen"
DOSE_FORM = "urn:xinglin:code:dose-form"
FORMULARY = "formulary"
"""Id of the CodeSystem that lists all medicines by name."""

MAX_DAILY_DOSE = "urn:xinglin:extension:max-daily-dose"
MIN_AGE = "urn:xinglin:extension:min-age-years"
ALLERGEN_CLASS = "urn:xinglin:extension:allergen-class"
MEDICINE_KIND = "urn:xinglin:extension:medicine-kind"

KINDS = {"western": "西药", "patent": "中成药", "herbal": "中药饮片", "solvent": "溶媒"}
"""Kinds of medicines; a Medication without one is a western medicine."""

MASSES = {"ug": Decimal("0.000001"), "mg": Decimal("0.001"), "g": Decimal(1)}
"""Units of mass in g, which convert into one another."""

UNITS_ONLY = frozenset({"粒", "丸"})
"""Forms that can't be divided."""


@dataclass(frozen=True)
class Medicine:
    """A Medication of the formulary.

    `strength` is the amount of substance in one unit (tablet, capsule, bag) in `strength_unit`; `pack_size` the units
    in a pack; `max_daily` the most of the substance in 24 hours for an adult, in `strength_unit`; `min_age` in years;
    `allergen` the allergen code of its class; `atc` the ATC code, blank where WHO has none; `kind` a key of `KINDS`;
    `parts` the ATC codes of the substances of a combination.
    """

    code: str
    name: str
    atc: str
    form: str
    strength: Decimal
    strength_unit: str
    pack_size: int
    pack_unit: str
    max_daily: Decimal
    min_age: int
    allergen: str | None
    kind: str = "western"
    parts: tuple[str, ...] = ()

    @property
    def substances(self) -> tuple[str, ...]:
        """ATC codes of the substances: those of a combination's parts, else its own."""
        return self.parts or ((self.atc,) if self.atc else ())

    @property
    def dose_units(self) -> tuple[str, ...]:
        """Units in which a dose can be given: the form's own, and those of the substance."""
        masses = tuple(MASSES) if self.strength_unit in MASSES else (self.strength_unit,)
        return tuple(dict.fromkeys((self.form, *masses)))

    def units_of(self, dose: Decimal, unit: str | None) -> Decimal:
        """How many units (tablets, ampoules, ml) a dose in `unit` is; without a unit it is counted in them already.

        Raises:
            ValueError: a dose of this medicine can't be given in `unit`.
        """
        if unit in (None, "", self.form):
            return dose
        if unit == self.strength_unit:
            return dose / self.strength
        if unit in MASSES and self.strength_unit in MASSES:
            return dose * MASSES[str(unit)] / MASSES[self.strength_unit] / self.strength
        raise ValueError(unit)

    @property
    def specification(self) -> str:
        """What stands on the box, like `0.5 g × 60 片`."""
        return f"{self.strength.normalize():f} {self.strength_unit} × {self.pack_size} {self.form}"

    def to_resource(self) -> Resource:
        """As a Medication."""
        extensions = [
            {"url": MAX_DAILY_DOSE, "valueQuantity": {"value": self.max_daily, "unit": self.strength_unit}},
            {"url": MIN_AGE, "valueInteger": self.min_age},
        ]
        if self.allergen:
            extensions.append({"url": ALLERGEN_CLASS, "valueCoding": build.coding(ALLERGEN, self.allergen)})
        if self.kind != "western":
            extensions.append({"url": MEDICINE_KIND, "valueCode": self.kind})
        names = [build.coding(DRUG, self.code, self.name), *([build.coding(ATC, self.atc)] if self.atc else [])]
        own = build.concept(ATC, self.atc) if self.atc else build.concept(DRUG, self.code, self.name)
        return {
            "resourceType": "Medication",
            "id": self.code,
            "extension": extensions,
            "code": {
                "coding": names,
                "text": self.name,
            },
            "status": "active",
            "form": build.concept(DOSE_FORM, self.form, self.form),
            "amount": {
                "numerator": {"value": self.pack_size, "unit": self.form},
                "denominator": {"value": 1, "unit": self.pack_unit},
            },
            "ingredient": [
                {
                    "itemCodeableConcept": own,
                    "isActive": True,
                    "strength": {
                        "numerator": {"value": self.strength, "unit": self.strength_unit},
                        "denominator": {"value": 1, "unit": self.form},
                    },
                },
                *({"itemCodeableConcept": build.concept(ATC, part), "isActive": True} for part in self.parts),
            ],
        }

    @classmethod
    def from_resource(cls, resource: Resource) -> "Medicine":
        """From a Medication of the formulary."""
        extensions = {item["url"]: item for item in resource.get("extension") or ()}
        strength = resource["ingredient"][0]["strength"]["numerator"]
        pack = resource["amount"]
        return cls(
            code=resource["id"],
            name=build.concept_text(resource["code"]),
            atc=build.first_code(resource["code"], ATC) or "",
            form=build.concept_text(resource["form"]),
            strength=build.amount(strength),
            strength_unit=strength["unit"],
            pack_size=int(build.amount(pack["numerator"])),
            pack_unit=pack["denominator"]["unit"],
            max_daily=build.amount(extensions[MAX_DAILY_DOSE]["valueQuantity"]),
            min_age=int(extensions[MIN_AGE]["valueInteger"]),
            allergen=(extensions.get(ALLERGEN_CLASS) or {}).get("valueCoding", {}).get("code"),
            kind=str((extensions.get(MEDICINE_KIND) or {}).get("valueCode", "western")),
            parts=tuple(str(build.first_code(each["itemCodeableConcept"], ATC)) for each in resource["ingredient"][1:]),
        )
