"""Values that are worked out from others: the formula, its source, and for whom it holds."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from xinglin.capabilities.laboratory.values import Person, Value

UMOL_IN_MG_DL = Decimal("88.4")
"""µmol/L of creatinine in a mg/dL."""

HIGHEST_TG = Decimal("4.5")
"""Triglycerides, mmol/L, above which Friedewald's formula does not hold."""


def ckd_epi_2021(creatinine: Decimal, person: Person) -> Decimal | None:
    """eGFR in mL/min/1.73 m² from creatinine in µmol/L, without race: Inker LA et al., N Engl J Med 2021;385:1737-1749.

    For adults only; None for others, and where sex or age is unknown.
    """
    if person.age is None or person.age < 18 or person.sex not in ("male", "female"):
        return None
    woman = person.sex == "female"
    kappa, alpha = (0.7, -0.241) if woman else (0.9, -0.302)
    ratio = float(creatinine / UMOL_IN_MG_DL) / kappa
    rate = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**person.age * (1.012 if woman else 1)
    return Decimal(str(rate))


def friedewald(total: Decimal, hdl: Decimal, triglycerides: Decimal) -> Decimal | None:
    """LDL cholesterol, all in mmol/L: Friedewald WT et al., Clin Chem 1972;18:499-502. None above 4.5 mmol/L of
    triglycerides, for which it does not hold."""
    if triglycerides > HIGHEST_TG:
        return None
    found = total - hdl - triglycerides / Decimal("2.2")
    return found if found > 0 else None


def _egfr(held: Mapping[str, Decimal], person: Person) -> Decimal | None:
    return ckd_epi_2021(held["cr"], person) if held.get("cr") else None


def _ldl(held: Mapping[str, Decimal], _person: Person) -> Decimal | None:
    parts = [held.get(code) for code in ("tc", "hdl", "tg")]
    return friedewald(*parts) if all(part is not None for part in parts) else None  # type: ignore[arg-type]


def _non_hdl(held: Mapping[str, Decimal], _person: Person) -> Decimal | None:
    total, hdl = held.get("tc"), held.get("hdl")
    return total - hdl if total is not None and hdl is not None and total > hdl else None


FORMULAS: Mapping[str, Callable[[Mapping[str, Decimal], Person], Decimal | None]] = {
    "ckd-epi-2021": _egfr,
    "friedewald": _ldl,
    "non-hdl": _non_hdl,
}
SOURCES = {
    "ckd-epi-2021": ("cr",),
    "friedewald": ("tc", "hdl", "tg"),
    "non-hdl": ("tc", "hdl"),
}
"""Formula → the analytes that it rests on."""


def worked_out(formula: str, digits: int, values: Mapping[str, Value], person: Person) -> Value | None:
    """The value of a formula, rounded to `digits`; None where something is missing, inexact, or it does not hold."""
    if formula not in FORMULAS:
        return None
    held = {code: value.number for code, value in values.items() if value.number is not None and not value.comparator}
    found = FORMULAS[formula](held, person)
    return None if found is None else Value(found.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
