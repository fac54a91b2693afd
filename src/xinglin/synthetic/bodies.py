"""What a patient's body is like: size, vital signs and kidney function by sex and age.

Children: the formulas of 诸福棠实用儿科学 (9th edition, 2022); adults: the report on nutrition and chronic diseases of
Chinese residents (2020); creatinine from kidney function by CKD-EPI 2021.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.model import Course, Span


@dataclass
class Body:
    """A patient's body. `age` in completed years, `height` in cm, `weight` in kg, `egfr` in mL/min/1.73 m²; `allergies`
    are allergen codes; `taking` are medicines with the last day for which there are some, `usual` values
    of analytes that no disease has changed."""

    sex: str
    age: int
    height: float
    weight: float
    egfr: float
    pressure: float
    pulse: float
    pregnant: bool = False
    allergies: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    taking: dict[str, date] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)


def body(chance: Chance, sex: str, age: int, courses: list[Course]) -> Body:
    """Somebody of this sex and age (years) with these diseases."""
    height, weight = _size(chance, sex, age, next((c.bmi for c in courses if c.bmi), None))
    usual = max(64.0, min(125.0, chance.bell(108 - max(0, age - 30) * 0.75, 9)))
    egfr = min([usual, *(chance.between(*course.egfr) for course in courses if course.egfr)])
    pregnant = any(course.pregnant for course in courses)
    pressure = 80 + 2 * age if age < 13 else 108 + max(0, min(age, 80) - 30) * 0.4
    pulse = 118 - 3 * age if age < 13 else 76 + (8 if pregnant else 0)
    return Body(
        sex=sex,
        age=age,
        height=round(height, 1),
        weight=round(weight, 1),
        egfr=egfr,
        pressure=pressure,
        pulse=pulse,
        pregnant=pregnant,
        conditions=tuple(course.icd for course in courses),
    )


def _size(chance: Chance, sex: str, age: int, bmi: Span | None) -> tuple[float, float]:
    spread = max(-2.0, min(2.0, chance.bell(0, 1)))
    if age < 13:
        height = (77 if age < 2 else 75 + age * 7) + spread * 3.5
        weight = (10 if age < 2 else age * 2 + 8) * (1 + 0.1 * spread)
        return height, weight
    tall, wide = (169.5, 6.2) if sex == "male" else (158.0, 5.6)
    height = tall + wide * spread - max(0, age - 50) * 0.1 - max(0, 17 - age) * 3
    index = chance.between(*bmi) if bmi else max(17.5, min(31.0, chance.bell(23.6 - max(0, 18 - age) * 0.7, 2.6)))
    return height, index * (height / 100) ** 2


def vital_signs(chance: Chance, body: Body, given: Mapping[str, Span]) -> dict[str, float]:
    """Vital signs of one moment; `given` spans go before what is usual."""
    systolic = _within(chance, given.get("systolic"), body.pressure + 8, 8)
    diastolic = _within(chance, given.get("diastolic"), systolic * 0.63, 4)
    temperature = round(_within(chance, given.get("temperature"), 36.5, 0.2), 1)
    usual = body.pulse + (8 * (temperature - 37) if temperature > 37 else 0)
    return {
        "systolic": round(systolic),
        "diastolic": min(round(diastolic), round(systolic) - 18),
        "temperature": temperature,
        "pulse": round(_within(chance, given.get("pulse"), usual, 6)),
        "saturation": min(99, round(_within(chance, given.get("saturation"), 97.8, 0.7))),
    }


def _within(chance: Chance, span: Span | None, middle: float, spread: float) -> float:
    if span:
        return chance.between(*span)
    return middle + max(-2.0, min(2.0, chance.bell(0, 1))) * spread


def creatinine(body: Body) -> float:
    """The creatinine, in μmol/L, that an adult with this kidney function has (CKD-EPI 2021, solved for it)."""
    usual, power, factor = (0.7, -0.241, 1.012) if body.sex == "female" else (0.9, -0.302, 1.0)
    share = body.egfr / (142 * 0.9938**body.age * factor)
    ratio = share ** (-1 / 1.2) if share <= 1 else share ** (1 / power)
    return float(usual * ratio * 88.4)
