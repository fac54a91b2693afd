"""Finds where in a resource a FHIRPath expression points to, so that it can be changed there.

Expressions give values; a change needs places. So only such steps are taken as lead from place to place: elements,
indexes, `first()`, `last()`, `single()` and `where(…)`, whose criterion may be any FHIRPath.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.definitions import Element, resource_types, supertypes, type_definition
from xinglin.fhir.fhirpath import Allowance, Environment, FhirPathError, TooCostly, element_node, parse, resource_node
from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.engine import compiled
from xinglin.fhir.fhirpath.registry import truth
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource

STEPS = 100_000
"""That the expressions in one path may take: whoever may write may send them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value that stands in `holder` under `key` (of an object) or at it (of an array); `type` is its FHIR type.

    `described`: it is in a list of primitives of which some have an id or extensions, in a list beside.
    """

    holder: Any
    key: Any
    type: str
    described: bool = False

    @property
    def value(self) -> Json:
        """What stands there."""
        return self.holder[self.key]


def places(resource: Resource, path: str) -> list[Place]:
    """The places that a path points to, in order. Raises `BadRequest` for paths that lead to no places."""
    try:
        return _Finder(resource, path).find(parse(path))
    except FhirPathError as error:
        raise BadRequest(f"{path!r} is not FHIRPath: {error}", code="value") from error
    except TooCostly as error:
        raise BadRequest(f"{path!r}: {error}", code="too-costly") from error


def element_of(type: str, name: str) -> Element | None:
    """The element of a type; None where it has none of this name."""
    return type_definition(type).elements.get(name)


class _Finder:
    def __init__(self, resource: Resource, path: str) -> None:
        self.resource = resource
        self.path = path
        self.allowance = Allowance(STEPS)
        self.root = [Place([resource], 0, str(resource["resourceType"]))]

    def find(self, node: tree.Node) -> list[Place]:
        match node:
            case tree.Name(name) if name in supertypes(self.root[0].type):
                return self.root
            case tree.Name(name):
                return self.members(self.root, name)
            case tree.Member(target, name):
                return self.members(self.find(target), name)
            case tree.Index(target, tree.Literal(int(index), "Integer")):
                return self.find(target)[index : index + 1]
            case tree.Call(target, name, arguments) if target is not None:
                return self.called(self.find(target), name, arguments)
        raise self.refused("this step")

    def called(self, found: list[Place], name: str, arguments: Sequence[tree.Node]) -> list[Place]:
        match name, len(arguments):
            case "first", 0:
                return found[:1]
            case "last", 0:
                return found[-1:]
            case "single", 0:
                if len(found) > 1:
                    raise BadRequest(f"{self.path}: single() finds {len(found)} elements", code="processing")
                return found
            case "where", 1:
                return [place for place in found if self.holds(arguments[0], place)]
        raise self.refused(f"{name}()")

    def holds(self, criterion: tree.Node, place: Place) -> bool:
        node = element_node(place.value, place.type)
        environment = Environment(resource=resource_node(self.resource), context=[node], allowance=self.allowance)
        return truth(compiled(criterion)(environment, [node])) is True

    def members(self, found: list[Place], name: str) -> list[Place]:
        below = []
        for place in found:
            holder = place.value
            kind = holder.get("resourceType", place.type) if isinstance(holder, dict) else place.type
            element = element_of(kind, name) if kind in resource_types() or isinstance(holder, dict) else None
            for key, ref in element.json_names().items() if element else ():
                if key in holder:
                    value = holder[key]
                    if isinstance(value, list):
                        beside = f"_{key}" in holder
                        below += [Place(value, i, ref.name, beside) for i in range(len(value))]
                    else:
                        below.append(Place(holder, key, ref.name))
        return below

    def refused(self, step: str) -> BadRequest:
        text = "accepted are elements, [index], where(…), first(), last() and single()"
        return BadRequest(f"{self.path}: a patch can't follow {step}; {text}", code="not-supported")
