"""The operators of FHIRPath (FHIRPath 2.0, Operations): math, comparison, collections, logic with three values."""

from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import NoReturn

from xinglin.fhir.fhirpath import semantics
from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, TRUE, Collection, Item
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.registry import Evaluate, boxed, fitting, single, text, truth
from xinglin.fhir.fhirpath.temporal import UNITS, Temporal

_CALENDAR = {"s": "second", "ms": "millisecond", "min": "minute", "h": "hour", "d": "day", "wk": "week"}
_INTEGERS = range(-(2**31), 2**31)


def boolean(value: bool | None) -> Collection:
    """The shared collection of a truth value."""
    return EMPTY if value is None else TRUE if value else FALSE


def polarity(operator: str, items: Collection) -> Collection:
    """`-x` and `+x`."""
    value = single(items, operator)
    if value is None:
        return EMPTY
    if not isinstance(value, int | Decimal | Quantity) or value.__class__ is bool:
        raise FhirPathError(f"{operator} needs a number or a quantity")
    if operator == "+":
        return [value]
    if isinstance(value, Quantity):
        return [Quantity(-value.value, value.unit, value.system, value.calendar)]
    return [-value]


def _operands(operator: str, left: Collection, right: Collection) -> tuple[Item, Item] | None:
    one, two = single(left, operator), single(right, operator)
    if one is None or two is None:
        if (left and one is None) or (right and two is None):
            raise FhirPathError(f"{operator} needs values, not elements made of others")
        return None
    return one, two


def _refuse(operator: str, left: Item, right: Item) -> NoReturn:
    kinds = " and ".join(semantics.named(item) for item in (left, right))
    raise FhirPathError(f"{operator} does not take {kinds}")


def _number(value: Item) -> bool:
    return isinstance(value, int | Decimal) and value.__class__ is not bool


def bounded(value: Item) -> Collection:
    """A number as a collection; empty where it overflows (FHIRPath 2.0, Math)."""
    if value.__class__ is int and value not in _INTEGERS:
        return EMPTY
    return boxed(value)


def add(left: Collection, right: Collection) -> Collection:
    """`+`: numbers, texts, quantities, and dates with durations."""
    if (pair := _operands("+", left, right)) is None:
        return EMPTY
    one, two = pair
    if _number(one) and _number(two):
        return bounded(one + two)
    if one.__class__ is str and two.__class__ is str:
        return [_joined(one, two)]
    if isinstance(one, Temporal) and isinstance(two, Quantity):
        return boxed(_shifted(one, two, 1))
    if isinstance(one, Quantity) and isinstance(two, Quantity):
        return _summed(one, two, 1)
    return _refuse("+", one, two)


def subtract(left: Collection, right: Collection) -> Collection:
    """`-`: numbers, quantities, and dates with durations."""
    if (pair := _operands("-", left, right)) is None:
        return EMPTY
    one, two = pair
    if _number(one) and _number(two):
        return bounded(one - two)
    if isinstance(one, Temporal) and isinstance(two, Quantity):
        return boxed(_shifted(one, two, -1))
    if isinstance(one, Quantity) and isinstance(two, Quantity):
        return _summed(one, two, -1)
    return _refuse("-", one, two)


def _shifted(value: Temporal, duration: Quantity, sign: int) -> Temporal | None:
    unit = duration.unit if duration.calendar else _CALENDAR.get(duration.unit)
    if unit is None or (value.kind == "Time" and UNITS[unit] < 4):
        raise FhirPathError(f"{duration} can't be added to a {value.kind}: the unit is not a calendar duration of it")
    return value.plus(duration.value * sign, unit)


def _summed(one: Quantity, two: Quantity, sign: int) -> Collection:
    if one.same_unit(two):
        return [Quantity(one.value + sign * two.value, one.unit, one.system, one.calendar)]
    unit, other = one.measure(), two.in_base()
    if unit is None or other is None or unit.dimensions != other[1]:
        return EMPTY
    converted = other[0] * unit.factor.denominator / unit.factor.numerator
    return [Quantity(one.value + sign * converted, one.unit, one.system, one.calendar)]


def multiply(left: Collection, right: Collection) -> Collection:
    """`*`: numbers and quantities."""
    if (pair := _operands("*", left, right)) is None:
        return EMPTY
    one, two = pair
    if _number(one) and _number(two):
        return bounded(one * two)
    quantities = [Quantity(Decimal(v)) if _number(v) else v for v in pair]
    if all(isinstance(v, Quantity) for v in quantities):
        return boxed(quantities[0].times(quantities[1]))
    return _refuse("*", one, two)


def divide(left: Collection, right: Collection) -> Collection:
    """`/`: always a Decimal or a Quantity; empty for a division by zero."""
    if (pair := _operands("/", left, right)) is None:
        return EMPTY
    one, two = pair
    if _number(one) and _number(two):
        return EMPTY if two == 0 else [_rounded(Decimal(one) / Decimal(two))]
    quantities = [Quantity(Decimal(v)) if _number(v) else v for v in pair]
    if all(isinstance(v, Quantity) for v in quantities):
        return boxed(quantities[0].over(quantities[1]))
    return _refuse("/", one, two)


def _rounded(value: Decimal) -> Decimal:
    """Eight digits after the point, the least that a Decimal of FHIRPath holds."""
    exponent = value.as_tuple().exponent
    return round(value, 8) if isinstance(exponent, int) and exponent < -8 else value


def _integral(operator: str, apply: Callable[[Item, Item], Item]) -> Callable[[Collection, Collection], Collection]:
    def calculate(left: Collection, right: Collection) -> Collection:
        if (pair := _operands(operator, left, right)) is None:
            return EMPTY
        if not (_number(pair[0]) and _number(pair[1])):
            return _refuse(operator, *pair)
        try:
            return EMPTY if pair[1] == 0 else bounded(apply(*pair))
        except (DivisionByZero, InvalidOperation, Overflow):
            return EMPTY

    return calculate


def _div(one: Item, two: Item) -> int:
    return int(Decimal(one) / Decimal(two))


def _mod(one: Item, two: Item) -> Item:
    rest = Decimal(one) % Decimal(two)
    return int(rest) if isinstance(one, int) and isinstance(two, int) else rest


def concatenate(left: Collection, right: Collection) -> Collection:
    """`&`: as `+` of texts, with empty as an empty text."""
    return [_joined(text(left, "&") or "", text(right, "&") or "")]


def _joined(left: str, right: str) -> str:
    fitting(len(left) + len(right))
    return left + right


def _compare(operator: str, accepts: Callable[[int], bool]) -> Callable[[Collection, Collection], Collection]:
    def compare(left: Collection, right: Collection) -> Collection:
        if (pair := _operands(operator, left, right)) is None:
            return EMPTY
        order = semantics.compare(*pair)
        return EMPTY if order is None else TRUE if accepts(order) else FALSE

    return compare


def equals(left: Collection, right: Collection) -> Collection:
    """`=`."""
    return boolean(semantics.all_equal(left, right))


def differs(left: Collection, right: Collection) -> Collection:
    """`!=`."""
    same = semantics.all_equal(left, right)
    return EMPTY if same is None else FALSE if same else TRUE


def union(left: Collection, right: Collection) -> Collection:
    """`|`: both without duplicates."""
    return semantics.unique([*left, *right])


def member(left: Collection, right: Collection) -> Collection:
    """`in`: whether the one item on the left is among those on the right."""
    if not left:
        return EMPTY
    if len(left) > 1:
        raise FhirPathError(f"`in` needs one item on its left, there are {len(left)}")
    wanted = semantics.key(left[0])
    return TRUE if any(semantics.key(item) == wanted for item in right) else FALSE


def _and(left: Evaluate, right: Evaluate) -> Evaluate:
    def both(env: Environment, focus: Collection) -> Collection:
        one = truth(left(env, focus))
        if one is False:
            return FALSE
        two = truth(right(env, focus))
        return FALSE if two is False else TRUE if one and two else EMPTY

    return both


def _or(left: Evaluate, right: Evaluate) -> Evaluate:
    def either(env: Environment, focus: Collection) -> Collection:
        one = truth(left(env, focus))
        if one:
            return TRUE
        two = truth(right(env, focus))
        return TRUE if two else FALSE if one is False and two is False else EMPTY

    return either


def _xor(left: Evaluate, right: Evaluate) -> Evaluate:
    def exclusive(env: Environment, focus: Collection) -> Collection:
        one, two = truth(left(env, focus)), truth(right(env, focus))
        return EMPTY if one is None or two is None else TRUE if one != two else FALSE

    return exclusive


def _implies(left: Evaluate, right: Evaluate) -> Evaluate:
    def implied(env: Environment, focus: Collection) -> Collection:
        one = truth(left(env, focus))
        if one is False:
            return TRUE
        two = truth(right(env, focus))
        return TRUE if two else FALSE if one and two is False else EMPTY

    return implied


LOGICAL: dict[str, Callable[[Evaluate, Evaluate], Evaluate]] = {
    "and": _and, "or": _or, "xor": _xor, "implies": _implies,
}  # fmt: skip
"""Operators that need not evaluate both sides."""

BINARY: dict[str, Callable[[Collection, Collection], Collection]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "div": _integral("div", _div),
    "mod": _integral("mod", _mod),
    "&": concatenate,
    "=": equals,
    "!=": differs,
    "~": lambda left, right: TRUE if semantics.all_equivalent(left, right) else FALSE,
    "!~": lambda left, right: FALSE if semantics.all_equivalent(left, right) else TRUE,
    "<": _compare("<", lambda order: order < 0),
    "<=": _compare("<=", lambda order: order <= 0),
    ">": _compare(">", lambda order: order > 0),
    ">=": _compare(">=", lambda order: order >= 0),
    "|": union,
    "in": member,
    "contains": lambda left, right: member(right, left),
}
"""Operators on two collections."""
