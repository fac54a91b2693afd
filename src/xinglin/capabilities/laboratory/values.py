"""What somebody types as a result: read, judged against the analyte's limits, and written as R4 elements."""

import re
from dataclasses import dataclass
from decimal import Decimal

from xinglin.capabilities.laboratory.catalogue import Analyte, Range
from xinglin.capabilities.laboratory.resources import INTERPRETATION
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.text import listed
from xinglin.platform.i18n import gettext as _

FLAGS = {"N": "正常", "H": "偏高", "L": "偏低", "HH": "危急高", "LL": "危急低", "A": "异常", "AA": "危急"}
CRITICAL = frozenset({"HH", "LL", "AA"})
_NUMBER = re.compile(r"([<>]?)\s*(\d{1,9}(?:\.\d{1,6})?)")
_FULL_WIDTH = str.maketrans("＜＞．", "<>.")


@dataclass(frozen=True)
class Person:
    """What of a patient a reference range depends on. `age` in completed years, None where it is unknown."""

    sex: str
    age: int | None


@dataclass(frozen=True)
class Value:
    """A result: `number` with a `comparator` where it lies beyond what can be measured, or a `word`."""

    number: Decimal | None = None
    comparator: str = ""
    word: str = ""

    @property
    def text(self) -> str:
        """As it is printed."""
        return self.word or f"{self.comparator}{self.number}"


def parse(analyte: Analyte, text: str) -> Value:
    """A result as somebody types it or an instrument sends it.

    Raises:
        ValueError: it is none, or lies beyond what can be measured; the message names the analyte and what is accepted.
    """
    text = text.strip().translate(_FULL_WIDTH)
    if analyte.usual is not None:
        if text not in analyte.words:
            raise ValueError(
                _("{name}: must be one of {expected}").format(name=analyte.name, expected=listed(analyte.words))
            )
        return Value(word=text)
    read = _NUMBER.fullmatch(text)
    if read is None:
        raise ValueError(_("{name}: must be a number such as 5.6, or <0.5 or >200").format(name=analyte.name))
    number = Decimal(read[2])
    if -int(number.as_tuple().exponent) > analyte.digits:
        raise ValueError(
            _("{name}: has more than {digits} decimal places").format(name=analyte.name, digits=analyte.digits)
        )
    if analyte.limits and not analyte.limits[0] <= number <= analyte.limits[1]:
        low, high = analyte.limits
        raise ValueError(
            _("{name}: {value} can't be right; {low} to {high} {unit} can be measured").format(
                name=analyte.name, value=text, low=low, high=high, unit=analyte.unit
            )
        )
    return Value(number.quantize(Decimal(1).scaleb(-analyte.digits)), read[1])


def judge(analyte: Analyte, value: Value, person: Person) -> str:
    """The interpretation of a result (v3-ObservationInterpretation); blank where no range fits the person."""
    if value.word:
        return "N" if value.word == analyte.usual else "A"
    assert value.number is not None
    critical = analyte.critical.side(value.number) if analyte.critical else ""
    if critical:
        return critical * 2
    usual = analyte.range(person.sex, person.age)
    if usual is None or (usual.low, usual.high) == (None, None):
        return ""
    return usual.side(value.number) or "N"


def elements(analyte: Analyte, value: Value, person: Person) -> Json:
    """`value[x]`, `interpretation` and `referenceRange` of an Observation."""
    flag = judge(analyte, value, person)
    found: Json = {"interpretation": [build.concept(INTERPRETATION, flag, FLAGS[flag])]} if flag else {}
    if value.word:
        return {**found, "valueCodeableConcept": {"text": value.word}, "referenceRange": [{"text": analyte.usual}]}
    assert value.number is not None
    quantity = build.quantity(value.number, analyte.unit or "1", analyte.ucum)
    found["valueQuantity"] = {**quantity, "comparator": value.comparator} if value.comparator else quantity
    usual = analyte.range(person.sex, person.age)
    if usual is not None and (bounds := _bounds(analyte, usual)):
        found["referenceRange"] = [bounds]
    return found


def _bounds(analyte: Analyte, usual: Range) -> Json:
    sides = (("low", usual.low), ("high", usual.high))
    return {
        name: build.quantity(bound, analyte.unit or "1", analyte.ucum) for name, bound in sides if bound is not None
    }


def differs(analyte: Analyte, value: Value, last: Decimal | None) -> int:
    """By how many percent a result differs from the last one, where that is more than the analyte may; else 0."""
    if analyte.delta is None or not last or value.number is None:
        return 0
    percent = abs(value.number - last) * 100 / abs(last)
    return int(percent) if percent > analyte.delta else 0


def number_of(observation: Resource | None) -> Decimal | None:
    """The number of an Observation that holds an exact one."""
    quantity = (observation or {}).get("valueQuantity") or {}
    return build.amount(quantity) if "value" in quantity and "comparator" not in quantity else None


def text_of(observation: Resource) -> str:
    """The value of an Observation as it was typed; blank where it has none."""
    if "valueQuantity" in observation:
        quantity = observation["valueQuantity"]
        return f"{quantity.get('comparator', '')}{quantity.get('value', '')}"
    return build.concept_text(observation.get("valueCodeableConcept")) or str(observation.get("valueString", ""))


def shown(observation: Resource) -> str:
    """The value of an Observation with its unit."""
    unit = str((observation.get("valueQuantity") or {}).get("unit", ""))
    return f"{text_of(observation)} {unit}".strip() if unit != "1" else text_of(observation)


def range_text(observation: Resource) -> str:
    """The reference range of an Observation as it is printed."""
    held = (observation.get("referenceRange") or [{}])[0]
    if "text" in held:
        return str(held["text"])
    low, high = (build.amount(held[side]) if side in held else None for side in ("low", "high"))
    return Range(None, 0, 0, low, high).text if (low, high) != (None, None) else ""
