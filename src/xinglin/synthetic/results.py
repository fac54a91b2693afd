"""Results of tests: a value, usual or as the disease has it, and how it is written."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic.bodies import Body, creatinine
from xinglin.synthetic.catalogue.laboratory import Analyte, Range
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.model import Span

CATEGORY = build.concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "检验")
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
FLAGS = {
    code: [build.concept(INTERPRETATION, code, text)] for code, text in (("H", "偏高"), ("L", "偏低"), ("N", "正常"))
}
STEADY = 0.06
"""How much a usual value changes from time to time, at most, as a share of it."""

ABNORMAL = [build.concept(INTERPRETATION, "A", "异常")]


def value(chance: Chance, analyte: Analyte, given: Span | None, body: Body, held: Mapping[str, Decimal]) -> Decimal:
    """A number as the instrument prints it; `held` are those of the same specimen so far."""
    if analyte.code == "lymph":
        # What is neither neutrophil nor lymphocyte is monocytes, eosinophils and basophils.
        rest = 100 - float(held["neut"])
        given = (rest * 0.78, rest * 0.88)
    elif analyte.code == "tc":
        middle = float(held["ldl"] + held["hdl"] + held["tg"] / Decimal("2.2"))  # Friedewald 1972
        given = (middle * 0.97, middle * 1.03)
    if given is None and analyte.code == "cr" and body.egfr < 60 and body.age >= 18:
        middle = creatinine(body)
        given = (middle * 0.96, middle * 1.04)
    number = chance.between(*given) if given else _own(chance, analyte, body)
    assert analyte.limits is not None
    low, high = map(float, analyte.limits)
    return Decimal(f"{max(low, min(high, number)):.{analyte.digits}f}")


def _own(chance: Chance, analyte: Analyte, body: Body) -> float:
    """A usual value; the same body has about the same one the next time."""
    usual = analyte.range(body.sex, body.age)
    if analyte.code not in body.usual:
        body.usual[analyte.code] = _usual(chance, usual)
        return body.usual[analyte.code]
    number = body.usual[analyte.code] * chance.between(1 - STEADY, 1 + STEADY)
    low = float(usual.low) if usual and usual.low is not None else number
    high = float(usual.high) if usual and usual.high is not None else number
    # Electrolytes hardly move: what would leave the range stays in it.
    return min(max(number, low), high)


def _usual(chance: Chance, range: Range | None) -> float:
    if range is None:
        return 1.0
    if range.low is None or range.high is None:
        most = float(range.high or range.low or 1)
        return chance.peaked(most * 0.06, most * 0.3, most * 1.02)
    low, high = float(range.low), float(range.high)
    middle, width = (low + high) / 2, high - low
    return middle + max(-2.1, min(2.1, chance.bell(0, 1))) * width / 4.4


def observation(
    id: str, analyte: Analyte, content: Decimal | str, body: Body, about: Json, taken: datetime, issued: datetime
) -> Resource:
    """An Observation; `about` has its subject, encounter and performer."""
    resource: Resource = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": [CATEGORY],
        "code": analyte.concept,
        **about,
        "effectiveDateTime": build.instant(taken),
        "issued": build.instant(issued),
    }
    if isinstance(content, str):
        usual = content == analyte.usual
        resource["valueCodeableConcept"] = {"text": content}
        resource["interpretation"] = FLAGS["N"] if usual else ABNORMAL
        resource["referenceRange"] = [{"text": analyte.usual}]
        return resource
    resource["valueQuantity"] = build.quantity(content, analyte.unit or "1", analyte.ucum)
    if (usual_range := analyte.range(body.sex, body.age)) and (bounds := _bounds(analyte, usual_range)):
        resource["interpretation"] = FLAGS[flag(content, usual_range)]
        resource["referenceRange"] = [bounds]
    return resource


def flag(number: Decimal, usual: Range) -> str:
    """H, L or N."""
    return usual.side(number) or "N"


def _bounds(analyte: Analyte, usual: Range) -> Json:
    """The reference range as it is printed."""
    sides = (("low", usual.low), ("high", usual.high))
    return {
        name: build.quantity(Decimal(f"{bound:.{analyte.digits}f}"), analyte.unit or "1", analyte.ucum)
        for name, bound in sides
        if bound is not None
    }
