"""How often a medicine is taken: the hospital's abbreviations and their FHIR Timing (value set GTSAbbreviation)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TIMING_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


@dataclass(frozen=True)
class Frequency:
    """`times` within `days` days; `name` as patients read it."""

    code: str
    name: str
    times: int
    days: int
    timing_code: str | None

    @property
    def per_day(self) -> Decimal:
        """Times in 24 hours on average."""
        return Decimal(self.times) / self.days

    def timing(self, course_days: int) -> dict[str, Any]:
        """A Timing for a course of so many days."""
        repeat = {
            "boundsDuration": {
                "value": course_days,
                "unit": "天",
                "system": "http://unitsofmeasure.org",
                "code": "d",
            },
            "frequency": self.times,
            "period": self.days,
            "periodUnit": "d",
        }
        code: dict[str, Any] = {"text": self.name}
        if self.timing_code:
            code["coding"] = [{"system": TIMING_SYSTEM, "code": self.timing_code}]
        return {"repeat": repeat, "code": code}


FREQUENCIES = {
    item.code: item
    for item in (
        Frequency("qd", "每日 1 次", 1, 1, "QD"),
        Frequency("bid", "每日 2 次", 2, 1, "BID"),
        Frequency("tid", "每日 3 次", 3, 1, "TID"),
        Frequency("qid", "每日 4 次", 4, 1, "QID"),
        Frequency("qn", "每晚 1 次", 1, 1, "BED"),
        Frequency("qod", "隔日 1 次", 1, 2, "QOD"),
        Frequency("qw", "每周 1 次", 1, 7, "WK"),
        Frequency("q12h", "每 12 小时 1 次", 2, 1, None),
        Frequency("q8h", "每 8 小时 1 次", 3, 1, None),
        Frequency("q6h", "每 6 小时 1 次", 4, 1, None),
        Frequency("biw", "每周 2 次", 2, 7, None),
        Frequency("once", "仅 1 次", 1, 1, None),
    )
}

ROUTES = {
    "oral": "口服",
    "inhalation": "吸入",
    "topical": "外用",
    "sublingual": "舌下含服",
    "infusion": "静脉滴注",
    "intravenous": "静脉注射",
    "intramuscular": "肌内注射",
    "subcutaneous": "皮下注射",
    "ophthalmic": "滴眼",
    "nasal": "鼻腔喷入",
    "otic": "滴耳",
    "vaginal": "阴道给药",
}
"""Ways to give a medicine."""

INFUSIONS = frozenset({"infusion", "intravenous"})
"""Ways by which several medicines are given together."""

DECOCTIONS = {
    "decoction": "水煎服",
    "factory": "代煎",
    "granules": "配方颗粒冲服",
    "wash": "煎汤外洗",
    "powder": "研末冲服",
}
"""How a formula of herbs is prepared."""
