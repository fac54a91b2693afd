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
from xinglin.capabilities.pharmacy.frequency import ROUTES
from xinglin.capabilities.pharmacy.knowledge import PREGNANCY, TIERS, Knowledge
from xinglin.capabilities.pharmacy.seed import RENAL_LIMIT, herbs, know, read_medicines
from xinglin.capabilities.pharmacy.tables import MEDICINES
from xinglin.capabilities.pharmacy.tables import RULES as DEMONSTRATION_RULES
from xinglin.synthetic.catalogue.formulary_tables import FURTHER, RULES

__all__ = ["PREGNANCY", "RENAL_LIMIT", "ROUTES", "TIERS", "Drug", "formulary"]


@dataclass(frozen=True)
class Drug:
    """A medicine with its limits; `knowledge` is what pharmacy's checks read of them, and more.

    `pregnancy` is a key of `PREGNANCY`; `renal` the most in 24 hours below `RENAL_LIMIT`, 0 never and None as ever;
    `contraindications` are beginnings of ICD-10 codes; `tier` a key of `TIERS` for antibacterials; `per_kg` the most
    for each kg of a child in 24 hours, both in the strength's unit; `interactions` are codes of medicines that are not
    given together with it; `sex` the only one that gets it.
    """

    medicine: Medicine
    price: Decimal
    knowledge: Knowledge
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


@cache
def formulary() -> dict[str, Drug]:
    """Every medicine by its code: the demonstration's and further ones, and the herbs."""
    found = {}
    rows = [line for table in (DEMONSTRATION_RULES, RULES) for line in table.strip().splitlines()]
    rules = {row.partition("|")[0]: row for row in rows}
    for medicine, price in (*read_medicines(MEDICINES), *read_medicines(FURTHER)):
        row = rules[medicine.code]
        _code, pregnancy, renal, against, tier, skin, per_kg, together, sex = row.split("|")
        found[medicine.code] = Drug(
            medicine,
            price,
            know(medicine, row),
            pregnancy,
            Decimal(renal) if renal else None,
            tuple(each.lstrip("!") for each in against.split()),
            tier or None,
            skin == "test",
            Decimal(per_kg) if per_kg else None,
            tuple(together.split()),
            sex or None,
        )
    for entry in herbs():
        found[entry.medicine.code] = Drug(entry.medicine, entry.price, entry.knowledge)
    return found
