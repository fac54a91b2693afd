"""The test catalogue: what is measured, in which unit, with reference ranges by sex and age, and what is ordered.

Reference ranges: WS/T 405-2012 (blood cells of adults), WS/T 404.1 to 404.9 (clinical chemistry of adults), WS/T
779-2021 and WS/T 780-2021 (children), the Chinese lipid guideline of 2023 and, where no standard has one, those that
reagents commonly give. LOINC codes stand only where they are certain.
"""

from dataclasses import dataclass
from functools import cache

from xinglin.synthetic.catalogue.laboratory_tables import ANALYTES, PANELS, STUDIES

LOINC = "http://loinc.org"
TEST = "urn:xinglin:code:test"
SPECIMENS = {
    "blood": "静脉血",
    "serum": "血清",
    "plasma": "血浆",
    "urine": "中段尿",
    "stool": "粪便",
    "swab": "拭子",
    "breath": "呼出气",
    "scraping": "皮屑",
}


@dataclass(frozen=True)
class Range:
    """What is usual: for a sex, or both, from an age in years until before another one. None: no bound."""

    sex: str | None
    youngest: int
    oldest: int
    low: float | None
    high: float | None

    def holds(self, sex: str, age: int) -> bool:
        """Whether it is the range of this sex and age."""
        return self.sex in (None, sex) and self.youngest <= age < self.oldest


@dataclass(frozen=True)
class Analyte:
    """One thing that is measured: `digits` after the point; `usual` the word for the normal result where it has no
    number; `limits` what an instrument can report at all."""

    code: str
    name: str
    loinc: str | None
    unit: str
    ucum: str
    digits: int
    ranges: tuple[Range, ...]
    usual: str | None
    limits: tuple[float, float]

    def range(self, sex: str, age: int) -> Range | None:
        """The reference range of a sex and an age in years."""
        return next((each for each in self.ranges if each.holds(sex, age)), None)


@dataclass(frozen=True)
class Panel:
    """What is ordered together: a specimen, and its analytes. Minutes until the report."""

    code: str
    name: str
    specimen: str
    analytes: tuple[str, ...]
    price: str
    minutes: int


@dataclass(frozen=True)
class Study:
    """An examination with a written finding. Minutes until the report; `radiation` is kept from the pregnant."""

    code: str
    name: str
    price: str
    minutes: int
    radiation: bool


def _number(text: str) -> float | None:
    return float(text) if text else None


def _ranges(text: str) -> tuple[Range, ...]:
    """`M18-:130~175` is the range of men from 18 years on; without a letter it is that of both sexes."""
    found = []
    for part in text.split():
        who, _, bounds = part.partition(":")
        sex = {"M": "male", "F": "female"}.get(who[0])
        youngest, _, oldest = who.lstrip("MF").partition("-")
        low, _, high = bounds.partition("~")
        found.append(Range(sex, int(youngest), int(oldest or 200), _number(low), _number(high)))
    return tuple(found)


@cache
def analytes() -> dict[str, Analyte]:
    """Every analyte by its code."""
    found = {}
    for line in ANALYTES.strip().splitlines():
        code, name, loinc, unit, ucum, digits, ranges, limits = line.split("|")
        usual = ranges[1:] if ranges.startswith("=") else None
        low, _, high = limits.partition("~")
        found[code] = Analyte(
            code, name, loinc or None, unit, ucum, int(digits or 0), () if usual else _ranges(ranges), usual,
            (float(low or 0), float(high or 0)),
        )  # fmt: skip
    return found


@cache
def panels() -> dict[str, Panel]:
    """Every panel by its code."""
    rows = [line.split("|") for line in PANELS.strip().splitlines()]
    return {row[0]: Panel(row[0], row[1], row[2], tuple(row[3].split()), row[4], int(row[5])) for row in rows}


@cache
def studies() -> dict[str, Study]:
    """Every examination with a written finding, by its code."""
    rows = [line.split("|") for line in STUDIES.strip().splitlines()]
    return {row[0]: Study(row[0], row[1], row[2], int(row[3]), row[4] == "x") for row in rows}
