"""Conversions (FHIRPath 2.0, Functions, Conversion): `toX()` is empty where `convertsToX()` is false."""

import re
from collections.abc import Callable
from decimal import Decimal

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, TRUE, Collection, Item
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.registry import function, single, text
from xinglin.fhir.fhirpath.temporal import Temporal

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})


def to_boolean(value: Item) -> bool | None:
    """A Boolean from a Boolean, 1 and 0, and the usual words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return True if value == 1 else False if value == 0 else None
    word = value.lower() if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def to_integer(value: Item) -> int | None:
    """An Integer from an Integer, a Boolean, or digits."""
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return number if -(2**31) <= (number := int(value)) < 2**31 else None
    return None


def to_decimal(value: Item) -> Decimal | None:
    """A Decimal from a number, a Boolean, or digits."""
    if isinstance(value, bool | int | Decimal):
        return Decimal(value)
    return Decimal(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None


def to_string(value: Item) -> str | None:
    """The text of any System value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, str | int | Temporal | Quantity) else None


def _temporal(kind: str) -> Callable[[Item], Temporal | None]:
    def convert(value: Item) -> Temporal | None:
        if isinstance(value, str):
            return Temporal.parse(value, kind) if not value.startswith("T") else None
        if not isinstance(value, Temporal) or (value.kind == "Time") != (kind == "Time"):
            return None
        if kind == "Date":
            return Temporal(kind, value.fields[:3])
        return Temporal(kind, value.fields, value.offset)

    return convert


def to_quantity(value: Item) -> Quantity | None:
    """A Quantity from a number, a Boolean, or a text such as `4 days` and `4 'mg'`."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool | int | Decimal):
        return Quantity(Decimal(value), "1")
    return Quantity.parse(value) if isinstance(value, str) else None


def _register(name: str, convert: Callable[[Item], Item]) -> None:
    def to(_: Environment, items: Collection) -> Collection:
        if not items:
            return EMPTY
        value = convert(single(items, f"to{name}()"))
        return EMPTY if value is None else [value]

    def converts_to(_: Environment, items: Collection) -> Collection:
        if not items:
            return EMPTY
        return FALSE if convert(single(items, f"convertsTo{name}()")) is None else TRUE

    if name != "Quantity":
        function(f"to{name}")(to)
        function(f"convertsTo{name}")(converts_to)


_register("Boolean", to_boolean)
_register("Integer", to_integer)
_register("Decimal", to_decimal)
_register("String", to_string)
_register("Date", _temporal("Date"))
_register("DateTime", _temporal("DateTime"))
_register("Time", _temporal("Time"))


def _quantity(items: Collection, unit: Collection) -> Quantity | None:
    value = to_quantity(single(items, "toQuantity()"))
    wanted = text(unit, "toQuantity()")
    if value is None or wanted is None:
        return value
    target = Quantity.written(Decimal(1), wanted)
    measure, base = target.measure(), value.in_base()
    if value.same_unit(target):
        return value
    if measure is None or base is None or measure.dimensions != base[1]:
        return None
    number = base[0] * measure.factor.denominator / measure.factor.numerator
    offset = Decimal(measure.offset.numerator) / Decimal(measure.offset.denominator)
    return Quantity(number - offset, target.unit, target.system, target.calendar)


@function("toQuantity", 0, 1)
def quantity(_: Environment, items: Collection, unit: Collection = EMPTY) -> Collection:
    """A Quantity, in the unit that is asked for."""
    found = _quantity(items, unit)
    return EMPTY if found is None else [found]


@function("convertsToQuantity", 0, 1)
def converts_to_quantity(_: Environment, items: Collection, unit: Collection = EMPTY) -> Collection:
    """Whether `toQuantity()` has a value."""
    if not items:
        return EMPTY
    return FALSE if _quantity(items, unit) is None else TRUE
