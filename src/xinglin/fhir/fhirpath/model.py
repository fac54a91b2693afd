"""Typed elements: a JSON value together with its FHIR R4 type, and how to step from one to those below it.

System values (FHIRPath 2.0, Types and Models) are plain Python: str, bool, int, Decimal, and `Temporal` and `Quantity`
of the modules beside this one. A FHIR element is a `Node`, so that its type, its extensions and its children are known.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from xinglin.fhir.definitions import resource_types, supertypes, type_definition
from xinglin.fhir.fhirpath.quantities import UCUM, Quantity
from xinglin.fhir.fhirpath.temporal import Temporal
from xinglin.fhir.types import Json, Resource

Item: TypeAlias = Any
"""A `Node`, a System value, or a `TypeName`."""

Collection: TypeAlias = list[Item]
"""FHIRPath's collection. Never changed once made: many are shared."""

EMPTY: Collection = []
TRUE: Collection = [True]
FALSE: Collection = [False]


@dataclass(frozen=True, slots=True)
class TypeName:
    """What `type()` returns (FHIRPath 2.0, Reflection): `namespace` is System or FHIR."""

    namespace: str
    name: str


class Type:
    """A FHIR type prepared for stepping: element name → the steps to its values."""

    __slots__ = ("convert", "members", "name", "primitive", "properties", "resource", "supertypes")

    def __init__(self, name: str) -> None:
        definition = type_definition(name)
        self.name = name
        self.supertypes = supertypes(name)
        self.primitive = definition.primitive
        self.resource = definition.kind == "resource"
        self.convert = _conversion(name, self.supertypes)
        self.members: dict[str, tuple[Step, ...]] = {}
        self.properties: dict[str, Step] = {}
        # The id and the extensions of a primitive stand in its companion, which is an Element.
        described = type_definition("Element") if definition.primitive else definition
        for element in described.elements.values():
            steps = tuple(Step(key, ref.name) for key, ref in element.json_names().items())
            self.members[element.name] = steps
            self.properties.update((step.key, step) for step in steps)


class Step:
    """From an object to the values of one JSON property; the type is looked up when first stepped to."""

    __slots__ = ("_type", "companion", "key", "name")

    def __init__(self, key: str, name: str) -> None:
        self.key = key
        self.name = name
        self.companion = f"_{key}" if type_definition(name).primitive else ""
        self._type: Type | None = None

    @property
    def type(self) -> Type:
        """The type of the values."""
        if self._type is None:
            self._type = type_named(self.name)
        return self._type


@cache
def type_named(name: str) -> Type:
    """The prepared type. Raises KeyError for a name that R4 doesn't have."""
    return Type(name)


class Node:
    """One element. `companion` is what stands under `_name` beside a primitive: its id and extensions."""

    __slots__ = ("companion", "type", "value")

    def __init__(self, value: Json, type: Type, companion: Resource | None = None) -> None:
        self.value = value
        self.type = type
        self.companion = companion

    def __repr__(self) -> str:
        return f"Node({self.type.name}, {self.value!r})"

    def system(self) -> Item:
        """The System value of a primitive or a quantity, None where there is none."""
        convert = self.type.convert
        return None if convert is None or self.value is None else convert(self.value)


def resource_node(resource: Resource) -> Node:
    """The node of a resource. Raises KeyError where its `resourceType` is not of R4."""
    return Node(resource, type_named(resource["resourceType"]))


def element_node(value: Json, type_name: str) -> Node:
    """The node of an element of a known type; a resource is of the type that it names."""
    return _node(value, type_named(type_name), None)


def _node(value: Json, type: Type, companion: Resource | None) -> Node:
    if type.resource and value.__class__ is dict:
        name = value.get("resourceType")
        if name in resource_types():
            type = type_named(name)
    return Node(value, type, companion)


def below(node: Node, steps: tuple[Step, ...], found: Collection) -> None:
    """Adds to `found` the values that the steps lead to."""
    value = node.value
    if value.__class__ is not dict:
        value = node.companion
        if value is None:
            return
    for step in steps:
        item = value.get(step.key)
        companion = value.get(step.companion) if step.companion else None
        if item is None and companion is None:
            continue
        type = step.type
        if item.__class__ is list or companion.__class__ is list:
            _add_many(item, companion, type, found)
        elif type.resource:
            found.append(_node(item, type, None))
        else:
            found.append(Node(item, type, companion))


def _add_many(items: Json, companions: Json, type: Type, found: Collection) -> None:
    if companions.__class__ is not list:
        if type.resource:
            found += [_node(item, type, None) for item in items]
        else:
            found += [Node(item, type) for item in items if item is not None]
        return
    items = items if items.__class__ is list else []
    for index in range(max(len(items), len(companions))):
        item = items[index] if index < len(items) else None
        companion = companions[index] if index < len(companions) else None
        if item is not None or companion is not None:
            found.append(Node(item, type, companion))


def children(node: Node) -> Collection:
    """All child elements in the order in which they are written."""
    found: Collection = []
    for step in _written(node):
        below(node, (step,), found)
    return found


def _written(node: Node) -> Iterator[Step]:
    value = node.value if node.value.__class__ is dict else node.companion
    if value is None:
        return
    properties = node.type.properties
    for key in value:
        step = properties.get(key)
        if step is None and key[0] == "_" and key[1:] not in value:
            step = properties.get(key[1:])
        if step is not None:
            yield step


def type_of(item: Item) -> TypeName:
    """The type of any item, as `type()` tells it."""
    if item.__class__ is Node:
        return TypeName("FHIR", item.type.name)
    return TypeName("System", system_type(item))


def system_type(item: Item) -> str:
    """The name of a System value's type."""
    if item.__class__ is Temporal:
        return str(item.kind)
    return _SYSTEM.get(item.__class__, "Any")


_SYSTEM: dict[type, str] = {
    bool: "Boolean",
    int: "Integer",
    Decimal: "Decimal",
    str: "String",
    Quantity: "Quantity",
    TypeName: "TypeInfo",
}
SYSTEM_TYPES = frozenset({"Any", "Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time", "Quantity"})


def _decimal(value: Json) -> Decimal:
    return Decimal(repr(value)) if value.__class__ is float else Decimal(value)


def _quantity(value: Json) -> Quantity | None:
    number = value.get("value")
    if number is None or value.get("comparator"):
        return None
    system, code = value.get("system"), value.get("code")
    if system == UCUM and code:
        return Quantity(_decimal(number), code)
    unit = value.get("unit")
    return Quantity(_decimal(number), code or unit or "1", system or "" if code or unit else UCUM)


_CONVERSIONS: dict[str, Callable[[Json], Item]] = {
    "date": lambda value: Temporal.parse(value, "Date"),
    "dateTime": lambda value: Temporal.parse(value, "DateTime"),
    "instant": lambda value: Temporal.parse(value, "DateTime"),
    "time": lambda value: Temporal.parse(value, "Time"),
    "decimal": _decimal,
    "Quantity": _quantity,
}


def _conversion(name: str, bases: frozenset[str]) -> Callable[[Json], Item] | None:
    for base in (name, *bases):
        if base in _CONVERSIONS:
            return _CONVERSIONS[base]
    return (lambda value: value) if type_definition(name).primitive else None
