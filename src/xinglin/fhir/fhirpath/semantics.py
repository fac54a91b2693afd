"""When two items are equal, equivalent, less or greater (FHIRPath 2.0, Equality, Equivalence, Comparison)."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import Collection, Item, Node, system_type
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.temporal import Temporal
from xinglin.fhir.types import Json

_NUMBERS = (int, Decimal)


def value_of(item: Item) -> Item:
    """The System value of an item where it has one, else the item."""
    if item.__class__ is Node:
        value = item.system()
        return item if value is None else value
    return item


def key(item: Item) -> Any:
    """A hashable value that equal items share, so that a set finds duplicates."""
    value = value_of(item)
    kind = value.__class__
    if kind is bool:
        return ("Boolean", value)
    if kind is Temporal or kind is Quantity:
        return value.key()
    if kind is Node:
        companion = None if value.companion is None else frozen(value.companion)
        return (value.type.name if value.type.resource else "", frozen(value.value), companion)
    return value  # numbers hash alike: 1, 1.0 and Decimal("1.00")


def frozen(value: Json) -> Any:
    """A JSON value as something hashable; equal values freeze alike."""
    kind = value.__class__
    if kind is dict:
        return frozenset((name, frozen(item)) for name, item in value.items())
    if kind is list:
        return tuple(frozen(item) for item in value)
    if kind is float:
        return Decimal(repr(value))
    return ("Boolean", value) if kind is bool else value


def unique(items: Collection) -> Collection:
    """The items without duplicates, each where it is first."""
    if len(items) < 2:
        return items
    found: dict[Any, Item] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


def equal(left: Item, right: Item) -> bool | None:
    """Whether two items are equal; None where that is open, such as for dates of different precision."""
    left, right = value_of(left), value_of(right)
    kind, other = left.__class__, right.__class__
    if kind is other and kind is str:
        return bool(left == right)
    if kind is bool or other is bool:
        return kind is other and left == right
    if kind is Temporal and other is Temporal:
        verdict: bool | None = left.equal(right)
        return verdict
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(left == right)
    if Quantity in (kind, other):
        return _equal_quantities(_as_quantity(left), _as_quantity(right))
    return bool(key(left) == key(right))


def _as_quantity(value: Item) -> Quantity | None:
    """Numbers convert to quantities without a unit (FHIRPath 2.0, Conversion)."""
    if value.__class__ in _NUMBERS:
        return Quantity(Decimal(value))
    return value if isinstance(value, Quantity) else None


def _equal_quantities(left: Quantity | None, right: Quantity | None) -> bool | None:
    if left is None or right is None:
        return False
    pair = left.pair(right)
    if pair is None:
        return None if _open(left, right) else _no_common_unit(left, right)
    return pair[0] == pair[1]


def _open(left: Quantity, right: Quantity) -> bool:
    """A calendar year or month beside a definite duration: how they compare depends on the calendar."""
    return left.calendar != right.calendar


def _no_common_unit(left: Quantity, right: Quantity) -> bool | None:
    # Different dimensions are known to differ; a unit that isn't known may be anything.
    return False if left.measure() is not None and right.measure() is not None else None


def all_equal(left: Collection, right: Collection) -> bool | None:
    """`=` of two collections, item by item in order; None where one is empty or any pair is open."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    verdict: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = equal(one, other)
        if same is False:
            return False
        verdict = None if same is None else verdict
    return verdict


def equivalent(left: Item, right: Item) -> bool:
    """`~` of two items: case and spaces of texts, precision of numbers and order of elements don't matter."""
    left, right = value_of(left), value_of(right)
    kind, other = left.__class__, right.__class__
    if kind is str and other is str:
        return " ".join(left.lower().split()) == " ".join(right.lower().split())
    if kind is bool or other is bool:
        return kind is other and left == right
    if kind in _NUMBERS and other in _NUMBERS:
        return _equivalent_numbers(left, right)
    if kind is Temporal and other is Temporal:
        return bool(left.equal(right))
    if Quantity in (kind, other):
        return _equivalent_quantities(_as_quantity(left), _as_quantity(right))
    if kind is Node and other is Node:
        return bool(_loosely_frozen(left.value) == _loosely_frozen(right.value))
    return False


def _equivalent_quantities(left: Quantity | None, right: Quantity | None) -> bool:
    if left is None or right is None:
        return False
    pair = left.pair(right)
    if pair is None:
        return left.calendar != right.calendar and left.value == right.value and _same_span(left.unit, right.unit)
    if left.same_unit(right):
        return _equivalent_numbers(*pair)
    # Compared in the unit of the less precise value, as far as that is written.
    coarse, fine = (left, right) if _exponent(left.value) >= _exponent(right.value) else (right, left)
    unit, base = coarse.measure(), fine.in_base()
    if unit is None or base is None:
        return False
    converted = base[0] / Decimal(unit.factor.numerator) * Decimal(unit.factor.denominator)
    if unit.offset:
        return pair[0] == pair[1]
    return converted.quantize(Decimal(1).scaleb(_exponent(coarse.value)), ROUND_HALF_UP) == coarse.value


def _same_span(one: str, other: str) -> bool:
    return {one, other} in ({"year", "a"}, {"month", "mo"})


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _equivalent_numbers(left: int | Decimal, right: int | Decimal) -> bool:
    one, other = Decimal(left), Decimal(right)
    # Trailing zeros after the point are not significant here (FHIRPath 2.0, Equivalence, Decimal).
    places = max(_exponent(one.normalize()), _exponent(other.normalize()))
    step = Decimal(1).scaleb(min(places, 0))
    return one.quantize(step, ROUND_HALF_UP) == other.quantize(step, ROUND_HALF_UP)


def _loosely_frozen(value: Json) -> Any:
    kind = value.__class__
    if kind is dict:
        return frozenset((name, _loosely_frozen(item)) for name, item in value.items() if name != "id")
    if kind is list:
        return frozenset(Counter(_loosely_frozen(item) for item in value).items())
    if kind is str:
        return " ".join(value.lower().split())
    return frozen(value)


def all_equivalent(left: Collection, right: Collection) -> bool:
    """`~` of two collections, in any order; two empty ones are equivalent."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for item in left:
        match = next((i for i, other in enumerate(rest) if equivalent(item, other)), None)
        if match is None:
            return False
        del rest[match]
    return True


def compare(left: Item, right: Item) -> int | None:
    """-1, 0 or 1; None where that is open. Raises `FhirPathError` for types that have no order between them."""
    left, right = value_of(left), value_of(right)
    kind, other = left.__class__, right.__class__
    if (kind in _NUMBERS and other in _NUMBERS) or (kind is str and other is str):
        return -1 if left < right else 1 if left > right else 0
    if isinstance(left, Temporal) and isinstance(right, Temporal) and (left.kind == "Time") == (right.kind == "Time"):
        return left.compare(right)
    one, two = _as_quantity(left), _as_quantity(right)
    if one is None or two is None or Quantity not in (kind, other):
        raise FhirPathError(f"{named(left)} and {named(right)} have no order between them")
    pair = one.pair(two)
    return None if pair is None else -1 if pair[0] < pair[1] else 1 if pair[0] > pair[1] else 0


def named(item: Item) -> str:
    """An item's type for a message."""
    return f"FHIR.{item.type.name}" if isinstance(item, Node) else system_type(item)
