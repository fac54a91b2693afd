"""The formulary: the demonstration's medicines and further ones, each with the limits that a pharmacist checks.

Names, ATC codes (WHO Collaborating Centre for Drug Statistics Methodology), strengths, highest doses, ages and
contraindications follow labels approved in China, kidney function also KDIGO 2024, pregnancy the labels and the
guidelines that the courses name; tiers follow the Administration of Clinical Use of Antibacterials (2012). Prices are
invented.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.frequency import ROUTES as ORAL_ROUTES
from xinglin.capabilities.pharmacy.seed import medicines as demonstration
from xinglin.synthetic.catalogue.formulary_tables import FURTHER, RULES

ROUTES = {
    **ORAL_ROUTES,
    "subcutaneous": "皮下注射",
    "ophthalmic": "滴眼",
    "nasal": "鼻腔喷入",
    "otic": "滴耳",
    "vaginal": "阴道给药",
}
"""Ways to give a medicine: those of prescriptions, and others that outpatients use themselves."""

TIERS = {"unrestricted": "非限制使用级", "restricted": "限制使用级", "special": "特殊使用级"}
PREGNANCY = {"allowed": "可用", "caution": "权衡利弊后使用", "never": "禁用"}
RENAL_LIMIT = 30
"""eGFR, mL/min/1.73 m², below which the limits for poor kidney function hold."""


@dataclass(frozen=True)
class Drug:
    """A medicine with its limits.

    `pregnancy` is a key of `PREGNANCY`; `renal` the most in 24 hours below `RENAL_LIMIT`, 0 never and None as ever;
    `contraindications` are beginnings of ICD-10 codes; `tier` a key of `TIERS` for antibacterials; `per_kg` the most
    for each kg of a child in 24 hours, both in the strength's unit; `interactions` are codes of medicines that are not
    given together with it; `sex` the only one that gets it.
    """

    medicine: Medicine
    price: Decimal
    pregnancy: str = "caution"
    renal: Decimal | None = None
    contraindications: tuple[str, ...] = ()
    tier: str | None = None
    skin_test: bool = False
    per_kg: Decimal | None = None
    interactions: tuple[str, ...] = ()
    sex: str | None = None

    def fits(self, *, age: int, sex: str, pregnant: bool, egfr: float, conditions: tuple[str, ...]) -> bool:
        """Whether someone of this age (years), sex, kidney function and these ICD-10 codes may have it at all."""
        return (
            age >= self.medicine.min_age
            and self.sex in (None, sex)
            and not (pregnant and self.pregnancy == "never")
            and not (egfr < RENAL_LIMIT and self.renal == 0)
            and not any(code.startswith(self.contraindications) for code in conditions)
        )

    def most(self, *, age: int, weight: float, egfr: float) -> Decimal:
        """The most in 24 hours, in the strength's unit, for an age in years and a weight in kg."""
        limits = [self.medicine.max_daily]
        if age < 18 and self.per_kg is not None:
            limits.append(self.per_kg * Decimal(str(weight)))
        if egfr < RENAL_LIMIT and self.renal is not None:
            limits.append(self.renal)
        return min(limits)


def _further() -> list[tuple[Medicine, Decimal]]:
    rows = [line.split("|") for line in FURTHER.strip().splitlines()]
    return [
        (
            Medicine(
                code, name, atc, form, Decimal(strength), unit, int(size), pack, Decimal(most), int(youngest),
                allergen or None,
            ),
            Decimal(price),
        )
        for code, name, atc, form, strength, unit, size, pack, most, youngest, allergen, price in rows
    ]  # fmt: skip


@cache
def formulary() -> dict[str, Drug]:
    """Every medicine by its code."""
    found = {medicine.code: Drug(medicine, price) for medicine, price in [*demonstration(), *_further()]}
    for line in RULES.strip().splitlines():
        code, pregnancy, renal, against, tier, skin, per_kg, together, sex = line.split("|")
        held = found[code]
        found[code] = Drug(
            held.medicine,
            held.price,
            pregnancy,
            Decimal(renal) if renal else None,
            tuple(against.split()),
            tier or None,
            skin == "test",
            Decimal(per_kg) if per_kg else None,
            tuple(together.split()),
            sex or None,
        )
    return found
