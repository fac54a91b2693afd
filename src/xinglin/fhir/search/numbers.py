"""Numbers and quantities as the ranges that they mean (FHIR R4, Search, number and quantity).

A number in a query stands for all that round to it: 5.4 is [5.35, 5.45). A number in a resource stands for itself, a
Range for what lies between its ends, a quantity with a comparator for what it leaves open.
"""

import re
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from typing import NamedTuple

from xinglin.fhir.types import Json
from xinglin.fhir.ucum import UnitError, unit_named


class Interval(NamedTuple):
    """From `low` to `high`, both included for what a resource holds; `high` is excluded for what is asked for."""

    low: Decimal
    high: Decimal


UCUM = "http://unitsofmeasure.org"
INFINITY = Decimal("Infinity")
DIGITS = 38
"""Significant digits that are compared, and the power of ten beyond which a number counts as infinite."""

_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,6})?")


def bounded(value: Decimal) -> Decimal:
    """A number within what an index can hold: at most 38 digits, from 1e-38 to 1e38; beyond it 0 and infinity."""
    if not value.is_finite() or not value:
        return value if value.is_infinite() else Decimal(0)
    if value.adjusted() > DIGITS:
        return INFINITY.copy_sign(value)
    if value.adjusted() < -DIGITS:
        return Decimal(0)
    with localcontext(prec=DIGITS):
        return +value


def wanted(text: str) -> tuple[Decimal, Interval]:
    """The number that a query names, and the range of what rounds to it. Raises ValueError for anything else."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    try:
        value = Decimal(text)
    except InvalidOperation as error:  # an exponent that no decimal has
        raise ValueError(f"{text!r} is out of range") from error
    if abs(value.adjusted()) > DIGITS and value:
        raise ValueError(f"{text!r} is beyond 1e{DIGITS}, which is not compared")
    exponent = int(value.as_tuple().exponent)
    # 100 means 99.5 to 100.5; with an exponent the digits written tell the precision: 1e2 means 50 to 150.
    with localcontext(prec=DIGITS + 10):
        half = Decimal(5).scaleb(max(exponent, -DIGITS) - 1)
        return bounded(value), Interval(bounded(value - half), bounded(value + half))


def decimal(value: Json) -> Decimal | None:
    """A JSON number as it is compared; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, Decimal):
        return bounded(value)
    # Written out, a float has 17 digits at most, so one of usual size is within bounds.
    return Decimal(repr(value)) if _LEAST < abs(value) < _MOST else bounded(Decimal(repr(value)))


_LEAST, _MOST = 1e-20, 1e20


def interval_of(value: Json) -> Interval | None:
    """What a number, Quantity, Money, Range or SampledData of a resource covers; None where it has no number."""
    if not isinstance(value, dict):
        number = decimal(value)
        return None if number is None else Interval(number, number)
    if "origin" in value:
        return _sampled(value)
    if "low" in value or "high" in value:
        low, high = decimal((value.get("low") or {}).get("value")), decimal((value.get("high") or {}).get("value"))
        if low is None and high is None:
            return None
        low, high = -INFINITY if low is None else low, INFINITY if high is None else high
        return Interval(low, max(low, high))
    number = decimal(value.get("value"))
    if number is None:
        return None
    return _compared(number, str(value.get("comparator", "")))


def _sampled(value: Json) -> Interval | None:
    """From the lowest to the highest of the samples (FHIR R4, SampledData; Observation's parameter value-quantity).

    A sample is `origin` and `factor` times what is written. L and U stand for what lies beyond the limits, and count as
    these; E is no value.
    """
    origin, factor = decimal(value["origin"].get("value", 0)), decimal(value.get("factor", 1))
    written = set(str(value.get("data", "")).split())
    if origin is None or factor is None or not written:
        return None
    found = []
    for sign in ("L", "U"):
        limit = decimal(value.get("lowerLimit" if sign == "L" else "upperLimit"))
        found += [limit] if sign in written and limit is not None else []
    with localcontext(prec=DIGITS):
        numbers = [Decimal(text) for text in written if _NUMBER.fullmatch(text)]
        found += [bounded(origin + factor * each) for each in (min(numbers), max(numbers))] if numbers else []
    return Interval(min(found), max(found)) if found else None


def _compared(number: Decimal, comparator: str) -> Interval:
    """What a quantity leaves open: < 5 is everything below 5, but not 5."""
    if not comparator:
        return Interval(number, number)
    with localcontext(prec=DIGITS):
        match comparator:
            case "<":
                return Interval(-INFINITY, number.next_minus())
            case "<=":
                return Interval(-INFINITY, number)
            case ">":
                return Interval(number.next_plus(), INFINITY)
            case ">=":
                return Interval(number, INFINITY)
    return Interval(number, number)


def units_of(value: Json) -> list[tuple[str | None, str]]:
    """(system, code) and further spellings of the unit of a Quantity, Money, Range or SampledData, where it has one."""
    if not isinstance(value, dict):
        return []
    if "low" in value or "high" in value:
        return units_of(value.get("low") or value.get("high"))
    if "origin" in value:
        return units_of(value["origin"])
    if currency := value.get("currency"):
        return [("urn:iso:std:iso:4217", currency)]
    code, text = value.get("code"), value.get("unit")
    found = [(value.get("system"), code)] if code else []
    return found + ([(None, text)] if text and text != code else [])


def converted(interval: Interval, code: str, to: str) -> Interval | None:
    """An interval of one unit of UCUM in another one; None where they don't measure the same, or one is not known."""
    try:
        unit, other = unit_named(code), unit_named(to)
    except UnitError:
        return None
    if unit.dimensions != other.dimensions:
        return None

    def each(value: Decimal) -> Decimal:
        if not value.is_finite():
            return value
        exact = (Fraction(value) + unit.offset) * unit.factor / other.factor - other.offset
        with localcontext(prec=DIGITS):
            return bounded(Decimal(exact.numerator) / Decimal(exact.denominator))

    return Interval(each(interval.low), each(interval.high))
