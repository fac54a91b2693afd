"""Finds where in a resource a FHIRPath expression points to, so that it can be changed there.

Expressions give values; a change needs places. So all steps are taken that lead from place to place: elements,
extensions, indexes, types, unions, and the functions that select or walk. What they ask for on the way, the criterion
of `where(…)` for one, may be any FHIRPath. Functions that make values, such as `today()` or `+`, lead to no place.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.definitions import Element, supertypes, type_definition
from xinglin.fhir.fhirpath import (
    Allowance,
    Environment,
    FhirPathError,
    Node,
    TooCostly,
    element_node,
    parse,
    resource_node,
)
from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.engine import compiled
from xinglin.fhir.fhirpath.functions.types import known_type, of_type
from xinglin.fhir.fhirpath.model import Collection
from xinglin.fhir.fhirpath.registry import integer, text, truth
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource

STEPS = 100_000
"""That the expressions in one path may take: whoever may write may send them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value that stands in `holder` under `key` (of an object) or at it (of an array); `type` is its FHIR type.

    `companion` is the object with the id and extensions of a primitive, where there is one; then there may be no value.
    `described`: it is in a list of primitives of which some have an id or extensions, in a list beside. `choice`: the
    name of the element where it has one of several types.
    """

    holder: Any
    key: Any
    type: str
    described: bool = False
    companion: Json = None
    choice: str = ""

    @property
    def value(self) -> Json:
        """What stands there; None for a primitive that has only extensions."""
        if isinstance(self.holder, list):
            return self.holder[self.key] if self.key < len(self.holder) else None
        return self.holder.get(self.key)

    @property
    def inside(self) -> tuple[Json, str]:
        """The object with the elements below, and its type: of a primitive, its companion or None."""
        if type_definition(self.type).primitive:
            return self.companion, "Element"
        value = self.value
        return value, str(value.get("resourceType", self.type)) if isinstance(value, dict) else self.type

    def node(self) -> Node:
        """The element as FHIRPath sees it."""
        node = element_node(self.value, self.type)
        node.companion = self.companion
        return node


def places(resource: Resource, path: str) -> list[Place]:
    """The places that a path points to, in order. Raises `BadRequest` for paths that lead to no places."""
    try:
        return _Finder(resource, path).found(parse(path))
    except FhirPathError as error:
        raise BadRequest(f"{path!r} is not FHIRPath: {error}", code="value") from error
    except TooCostly as error:
        raise BadRequest(f"{path!r}: {error}", code="too-costly") from error


def element_of(type: str, name: str) -> Element | None:
    """The element of a type; None where it has none of this name."""
    return type_definition(type).elements.get(name)


def _unique(found: Iterable[Place]) -> list[Place]:
    return list({(id(place.holder), place.key): place for place in found}.values())


_SELECTING: dict[str, Callable[[list[Place]], list[Place]]] = {
    "first": lambda found: found[:1],
    "last": lambda found: found[-1:],
    "tail": lambda found: found[1:],
    "distinct": _unique,
}
"""Functions without arguments that keep some of what was found."""


class _Finder:
    """Walks one path. `focus` are the places from which a name on its own steps."""

    def __init__(self, resource: Resource, path: str) -> None:
        self.resource = resource
        self.path = path
        self.allowance = Allowance(STEPS)
        self.root = [Place([resource], 0, str(resource["resourceType"]))]

    def found(self, node: tree.Node) -> list[Place]:
        return _unique(self.find(node, self.root))

    def find(self, node: tree.Node, focus: list[Place]) -> list[Place]:
        self.allowance.spend()
        match node:
            case tree.Name(name):
                typed = [place for place in focus if name in supertypes(place.inside[1])]
                return typed or self.members(focus, name)
            case tree.Variable("$this"):
                return focus
            case tree.Variable("%resource" | "%rootResource" | "%context"):
                return self.root
            case tree.Member(target, name):
                return self.members(self.find(target, focus), name)
            case tree.Index(target, index):
                number = integer(self.values(index, focus), "[ ]")
                return self.find(target, focus)[number : number + 1] if number is not None and number >= 0 else []
            case tree.Binary("|", left, right):
                return _unique([*self.find(left, focus), *self.find(right, focus)])
            case tree.TypeTest("as", operand, type, namespace):
                return self.of_type(self.find(operand, focus), type, namespace)
            case tree.Call(target, name, arguments):
                return self.called(focus if target is None else self.find(target, focus), name, arguments, focus)
        raise self.refused("this step")

    def called(self, found: list[Place], name: str, arguments: Sequence[tree.Node], focus: list[Place]) -> list[Place]:
        if len(arguments) == 1:
            return self.selected(found, name, arguments[0], focus)
        match name, len(arguments):
            case "single", 0:
                if len(found) > 1:
                    raise BadRequest(f"{self.path}: single() finds {len(found)} elements", code="processing")
                return found
            case "children", 0:
                return self.children(found)
            case "descendants", 0:
                return self.repeated(found, self.children)
            case known, 0 if known in _SELECTING:
                return _SELECTING[name](found)
        raise self.refused(f"{name}()")

    def selected(self, found: list[Place], name: str, argument: tree.Node, focus: list[Place]) -> list[Place]:
        match name:
            case "where":
                return [place for index, place in enumerate(found) if self.holds(argument, place, index)]
            case "skip" | "take":
                count = max(integer(self.values(argument, focus), f"{name}()") or 0, 0)
                return found[count:] if name == "skip" else found[:count]
            case "ofType" | "as":
                return self.of_type(found, *self.type_name(argument))
            case "extension":
                wanted = text(self.values(argument, focus), "extension()")
                return [place for place in self.members(found, "extension") if place.value.get("url") == wanted]
            case "union" | "combine":
                return _unique([*found, *self.find(argument, focus)])
            case "select":
                return [inner for place in found for inner in self.find(argument, [place])]
            case "repeat":
                return self.repeated(found, lambda places: self.find(argument, places))
        raise self.refused(f"{name}(…)")

    def repeated(self, found: list[Place], step: Callable[[list[Place]], list[Place]]) -> list[Place]:
        reached: list[Place] = []
        while found := step(found):
            self.allowance.spend(len(found))
            reached += found
        return _unique(reached)

    def values(self, node: tree.Node, focus: list[Place]) -> Collection:
        """What an argument is, which may be any FHIRPath."""
        nodes: Collection = [place.node() for place in focus]
        environment = Environment(resource=resource_node(self.resource), context=nodes, allowance=self.allowance)
        return compiled(node)(environment, nodes)

    def holds(self, criterion: tree.Node, place: Place, index: int) -> bool:
        node = place.node()
        environment = Environment(resource=resource_node(self.resource), context=[node], allowance=self.allowance)
        environment.index = index
        return truth(compiled(criterion)(environment, [node])) is True

    def of_type(self, found: list[Place], name: str, namespace: str) -> list[Place]:
        known_type(name, namespace)
        return [place for place in found if of_type([place.node()], name, namespace)]

    def type_name(self, node: tree.Node) -> tuple[str, str]:
        match node:
            case tree.Name(name):
                return name, ""
            case tree.Member(tree.Name(("FHIR" | "System") as namespace), name):
                return name, namespace
        raise FhirPathError(f"expected the name of a type, found {node}")

    def children(self, found: list[Place]) -> list[Place]:
        return [inner for place in found for inner in self.members_of(place, None)]

    def members(self, found: list[Place], name: str) -> list[Place]:
        return [inner for place in found for inner in self.members_of(place, name)]

    def members_of(self, place: Place, wanted: str | None) -> list[Place]:
        """The elements of that name below a place; all of them for None."""
        inside, kind = place.inside
        below: list[Place] = []
        if not isinstance(inside, dict) or kind == "Resource":
            return below
        elements = type_definition(kind).elements
        for element in elements.values() if wanted is None else filter(None, [elements.get(wanted)]):
            for key, ref in element.json_names().items():
                below += _standing(inside, key, ref.name, element.name if element.choice else "")
        self.allowance.spend(len(below))
        return below

    def refused(self, step: str) -> BadRequest:
        text = (
            "accepted are elements, [index], |, $this, %resource, where(…), select(…), repeat(…), ofType(…), as(…), "
            "extension(…), children(), descendants(), first(), last(), tail(), skip(…), take(…), single(), "
            "distinct(), union(…) and combine(…)"
        )
        return BadRequest(f"{self.path}: a patch can't follow {step}; {text}", code="not-supported")


def _standing(inside: Json, key: str, type: str, choice: str) -> list[Place]:
    """The places of one property."""
    value, beside = inside.get(key), inside.get(f"_{key}") if type_definition(type).primitive else None
    if value is None and beside is None:
        return []
    if not isinstance(value, list) and not isinstance(beside, list):
        return [Place(inside, key, type, companion=beside, choice=choice)]
    values, companions = value or [], beside or []
    return [
        Place(values, i, type, bool(companions), companions[i] if i < len(companions) else None)
        for i in range(max(len(values), len(companions)))
    ]
