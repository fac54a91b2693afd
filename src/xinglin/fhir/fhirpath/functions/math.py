"""Math (FHIRPath 2.0, Functions, Math)."""

import decimal
from collections.abc import Callable
from decimal import Decimal

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, Collection, Item
from xinglin.fhir.fhirpath.operators import bounded
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.registry import function, integer, single

_MOST_DIGITS = 10
"""Of an Integer, which has 32 bits."""

_UNDEFINED = (decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow)


def number(items: Collection, what: str) -> Item:
    """The only item as an Integer or a Decimal; None where there is none."""
    value = single(items, what)
    if items and (not isinstance(value, int | Decimal) or value.__class__ is bool):
        raise FhirPathError(f"{what} needs a number")
    return value


def _of_number(name: str, arguments: int, apply: Callable[..., Item]) -> None:
    """Registers a function of numbers that is empty where the input or an argument is, and where it is undefined."""

    def call(_: Environment, items: Collection, *others: Collection) -> Collection:
        values = [number(collection, f"{name}()") for collection in (items, *others)]
        if None in values:
            return EMPTY
        try:
            result = apply(*values)
        except _UNDEFINED:
            return EMPTY
        if isinstance(result, Decimal) and not result.is_finite():
            return EMPTY
        return bounded(result)

    function(name, arguments)(call)


def _power(base: Item, exponent: Item) -> Item:
    result = Decimal(base) ** Decimal(exponent)
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0
    if whole and result.adjusted() > _MOST_DIGITS:
        raise decimal.Overflow
    return int(result) if whole else result


def _log(value: Item, base: Item) -> Decimal:
    return round(Decimal(value).ln() / Decimal(base).ln(), 15).normalize() + Decimal(0)


def _whole(rounding: str) -> Callable[[Item], int]:
    return lambda value: int(Decimal(value).to_integral_value(rounding))


_of_number("ceiling", 0, _whole(decimal.ROUND_CEILING))
_of_number("floor", 0, _whole(decimal.ROUND_FLOOR))
_of_number("truncate", 0, _whole(decimal.ROUND_DOWN))
_of_number("exp", 0, lambda value: Decimal(value).exp())
_of_number("ln", 0, lambda value: Decimal(value).ln())
_of_number("log", 1, _log)
_of_number("power", 1, _power)
_of_number("sqrt", 0, lambda value: Decimal(value).sqrt())


@function("abs")
def absolute(_: Environment, items: Collection) -> Collection:
    """The absolute value of a number or a quantity."""
    value = single(items, "abs()")
    if isinstance(value, Quantity):
        return [Quantity(abs(value.value), value.unit, value.system, value.calendar)]
    value = number(items, "abs()")
    return EMPTY if value is None else bounded(abs(value))


@function("round", 0, 1)
def rounded(_: Environment, items: Collection, precision: Collection = EMPTY) -> Collection:
    """A Decimal of so many digits after the point, halves rounded away from zero; 0 digits where not told."""
    value, digits = number(items, "round()"), integer(precision, "round()") or 0
    if value is None:
        return EMPTY
    if digits < 0:
        raise FhirPathError("round() needs 0 digits or more")
    try:
        return [Decimal(value).quantize(Decimal(1).scaleb(-digits), decimal.ROUND_HALF_UP)]
    except decimal.InvalidOperation:
        return EMPTY
