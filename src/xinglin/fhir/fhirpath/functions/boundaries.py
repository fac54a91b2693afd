"""Boundaries and precision (FHIRPath 2.0 and its trial-use additions, Functions, Utility)."""

import decimal
from decimal import Decimal

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, TRUE, Collection
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.registry import boxed, function, integer, single
from xinglin.fhir.fhirpath.temporal import Temporal

_DIGITS = 8
_MOST_DIGITS = 28


def _bound(items: Collection, precision: Collection, *, high: bool) -> Collection:
    what = "highBoundary()" if high else "lowBoundary()"
    value, digits = single(items, what), integer(precision, what)
    if isinstance(value, Temporal):
        return boxed(value.boundary(digits, latest=high))
    if isinstance(value, Quantity):
        number = _bound_number(value.value, digits, high=high)
        return EMPTY if number is None else [Quantity(number, value.unit, value.system, value.calendar)]
    if isinstance(value, int | Decimal) and value.__class__ is not bool:
        return boxed(_bound_number(Decimal(value), digits, high=high))
    if value is None:
        return EMPTY
    raise FhirPathError(f"{what} needs a number, a quantity or a date")


def _bound_number(value: Decimal, digits: int | None, *, high: bool) -> Decimal | None:
    """Half a unit of the last written digit up or down, then up or down to so many digits."""
    digits = _DIGITS if digits is None else digits
    if not 0 <= digits <= _MOST_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    half = Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)
    edge = value + half if high else value - half
    with decimal.localcontext(prec=2 * _MOST_DIGITS):
        return edge.quantize(Decimal(1).scaleb(-digits), decimal.ROUND_CEILING if high else decimal.ROUND_FLOOR)


@function("lowBoundary", 0, 1)
def low_boundary(_: Environment, items: Collection, precision: Collection = EMPTY) -> Collection:
    """The least value that the input may stand for."""
    return _bound(items, precision, high=False)


@function("highBoundary", 0, 1)
def high_boundary(_: Environment, items: Collection, precision: Collection = EMPTY) -> Collection:
    """The greatest value that the input may stand for."""
    return _bound(items, precision, high=True)


@function("precision")
def precision_of(_: Environment, items: Collection) -> Collection:
    """Digits after the point of a Decimal, all digits of a date, date-time or time."""
    value = single(items, "precision()")
    if isinstance(value, Temporal):
        return [value.precision()]
    if isinstance(value, int | Decimal) and value.__class__ is not bool:
        exponent = Decimal(value).as_tuple().exponent
        return [max(-exponent, 0) if isinstance(exponent, int) else 0]
    if value is None:
        return EMPTY
    raise FhirPathError("precision() needs a number or a date")


@function("comparable", 1)
def comparable(_: Environment, items: Collection, other: Collection) -> Collection:
    """Whether two quantities have a unit in common."""
    one, two = single(items, "comparable()"), single(other, "comparable()")
    if one is None or two is None:
        return EMPTY
    if not (isinstance(one, Quantity) and isinstance(two, Quantity)):
        raise FhirPathError("comparable() needs two quantities")
    return FALSE if one.pair(two) is None else TRUE
