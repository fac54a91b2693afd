"""Expressions as callers use them: compiled once, evaluated on resources and elements."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.fhirpath import functions
from xinglin.fhir.fhirpath.engine import compiled
from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import Collection, Item, Node, TypeName, resource_node
from xinglin.fhir.fhirpath.parser import parse
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.registry import Evaluate, truth
from xinglin.fhir.fhirpath.special import Deviation, specialise
from xinglin.fhir.fhirpath.special.generator import Special
from xinglin.fhir.fhirpath.temporal import Temporal
from xinglin.fhir.types import Json, Resource

assert functions  # imported so that they are registered


@dataclass(frozen=True, slots=True)
class Expression:
    """A FHIRPath expression, compiled for any type."""

    text: str
    run: Evaluate
    special: dict[str, Special | None] = field(default_factory=dict, compare=False)
    """The expression written out for resource types that it was evaluated on."""

    def items(self, focus: "Resource | Node | Collection", env: Environment | None = None) -> Collection:
        """The typed items that the expression has on a resource, an element or a collection.

        `%resource` and `%context` are the focus where the environment does not tell them. Raises `FhirPathError`.
        """
        if focus.__class__ is Node:
            nodes: Collection = [focus]
        elif isinstance(focus, dict):
            nodes = [resource_node(focus)]
        else:
            nodes = list(focus)  # type: ignore[arg-type]
        if env is None:
            env = Environment()
        if env.resource is None or not env.context:
            first = nodes[0] if nodes and nodes[0].__class__ is Node else None
            env = replace(env, resource=env.resource or first, context=env.context or nodes)
        try:
            return self.run(env, nodes)
        except RecursionError as error:
            raise _too_deep(self.text) from error

    def evaluate(self, focus: "Resource | Node | Collection", **environment: Any) -> list[Json]:
        """The values as JSON: elements as they are written, dates and times as text, quantities as objects.

        Keywords are the fields of `Environment`, such as `resolve=` and `now=`.
        """
        if focus.__class__ is dict and not environment:
            kind = focus.get("resourceType", "")
            special = self.special[kind] if kind in self.special else self._specialised(kind)
            if special is not None:
                try:
                    return special(focus)
                except Deviation:
                    pass
        env = Environment(**environment) if environment else None
        return [as_json(item) for item in self.items(focus, env)]

    def _specialised(self, kind: str) -> Special | None:
        found = specialise(parse(self.text), kind)
        if kind in resource_types():
            self.special[kind] = found
        return found

    def holds(self, focus: "Resource | Node | Collection", env: Environment | None = None) -> bool | None:
        """The truth of the expression by singleton evaluation; None where it is empty."""
        return truth(self.items(focus, env))


@lru_cache(maxsize=8192)
def expression(text: str) -> Expression:
    """Parses and compiles an expression. Raises `FhirPathError`."""
    try:
        return Expression(text, compiled(parse(text)))
    except RecursionError as error:
        raise _too_deep(text) from error


def _too_deep(text: str) -> FhirPathError:
    return FhirPathError(f"This expression is nested too deeply: {text[:80]}")


def evaluate(text: str, focus: "Resource | Node | Collection", **environment: Any) -> list[Json]:
    """The values of an expression; see `Expression.evaluate`."""
    return expression(text).evaluate(focus, **environment)


def as_json(item: Item) -> Json:
    """An item as JSON."""
    if item.__class__ is Node:
        return item.value
    if isinstance(item, Temporal):
        return str(item)
    if isinstance(item, Quantity):
        return {"value": item.value, "unit": item.unit, "system": item.system, "code": item.unit}
    if isinstance(item, TypeName):
        return {"namespace": item.namespace, "name": item.name}
    return item
