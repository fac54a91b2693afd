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


@dataclass(frozen=True)
class Medicine:
    """A Medication of the formulary.

    `strength` is the amount of substance in one unit (tablet, capsule, bag) in `strength_unit`; `pack_size` the units
    in a pack; `max_daily` the most of the substance in 24 hours for an adult, in `strength_unit`; `min_age` in years;
    `allergen` the allergen code of its class; `atc` the ATC code.
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
        return {
            "resourceType": "Medication",
            "id": self.code,
            "extension": extensions,
            "code": {
                "coding": [build.coding(DRUG, self.code, self.name), build.coding(ATC, self.atc)],
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
                    "itemCodeableConcept": build.concept(ATC, self.atc),
                    "isActive": True,
                    "strength": {
                        "numerator": {"value": self.strength, "unit": self.strength_unit},
                        "denominator": {"value": 1, "unit": self.form},
                    },
                }
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
        )
