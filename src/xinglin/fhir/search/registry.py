"""The search parameters that can be used, by resource type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from xinglin.fhir.definitions import (
    Element,
    SearchDefinition,
    resource_types,
    search_definitions,
    type_definition,
)
from xinglin.fhir.fhirpath import Branch, compile_path

INDEXED = frozenset({"token", "reference", "string", "date", "uri", "number", "quantity", "composite"})
"""Types of search parameters that are indexed. The only other one that has an expression is special: NEAR."""

NEAR = "near"
"""The parameter of Location that asks for a distance from a position."""

_EVERYWHERE = ("Resource", "DomainResource")
# These two have columns of their own and need no terms.
_COLUMNS = frozenset({"_id", "_lastUpdated"})


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite: the parameter that it is written like, its type, and its values below the focus."""

    code: str
    type: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Focus:
    """What a composite is about: elements that each hold all components. `path` is "" where it is the resource.

    Of three components, as coordinates of MolecularSequence have them, the first is one of the resource, and the others
    are the numbers at which a stretch of the element starts and ends.
    """

    path: str
    branch: Branch
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter on one resource type; `branches` pick its values out of a resource of that type.

    A composite has `foci` instead. `definition` is the canonical URL of a parameter that R4 does not have; it is not
    `ready` as long as resources of before are being indexed by it.
    """

    code: str
    type: str
    targets: frozenset[str]
    branches: tuple[Branch, ...]
    foci: tuple[Focus, ...] = ()
    definition: str = ""
    ready: bool = True

    def single(self, type_name: str) -> bool:
        """Whether resources of the type have one value at most: an element of their own that is not repeated."""
        roots = {branch.root for branch in self.branches}
        element = type_definition(type_name).elements.get(roots.pop() or "") if len(roots) == 1 else None
        if element is None or element.max != 1:
            return False
        return all(branch.type in _types(element) for branch in self.branches)


def _types(element: Element) -> set[str]:
    return {ref.name for ref in element.json_names().values()}


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = orjson.loads(files("xinglin.fhir.search").joinpath("r4.json").read_bytes())
    return table


@cache
def _by_base() -> dict[str, list[SearchDefinition]]:
    found: dict[str, list[SearchDefinition]] = {}
    for definition in search_definitions():
        if definition.type in INDEXED or definition.code == NEAR:
            for base in definition.bases:
                found.setdefault(base, []).append(definition)
    return found


@cache
def parameters(type_name: str) -> dict[str, Parameter]:
    """Code → parameter of every indexed search parameter of a resource type, without `_id` and `_lastUpdated`."""
    if type_name not in resource_types():
        return {}
    found: dict[str, Parameter] = {}
    composites = []
    for base in (type_name, *_EVERYWHERE):
        for d in _by_base().get(base, ()):
            if d.type == "composite":
                composites.append(d.code)
            elif d.code not in _COLUMNS:
                branches = compile_path(d.expression, type_name).branches
                found[d.code] = Parameter(d.code, d.type, d.targets, branches)
    found |= {code: _composite(type_name, code, found) for code in composites}
    return dict(sorted(found.items()))


def _composite(type_name: str, code: str, simple: dict[str, Parameter]) -> Parameter:
    expression, parts = _table()["composites"][f"{type_name}.{code}"]
    return Parameter(code, "composite", frozenset(), (), foci(type_name, expression, parts, simple))


def foci(
    type_name: str, expression: str, parts: Sequence[tuple[str, str]], simple: Mapping[str, Parameter]
) -> tuple[Focus, ...]:
    """The foci of a composite whose parts are (code of a parameter in `simple`, expression below the focus)."""
    found = []
    for path in (text.strip() for text in expression.split("|")):
        for branch in compile_path(path, type_name).branches:
            below = path.removeprefix(type_name).lstrip(".")
            components = tuple(_component(part, spelled, branch, below, simple) for part, spelled in parts)
            found.append(Focus(below, branch, components))
    return tuple(found)


def _component(code: str, expression: str, focus: Branch, below: str, simple: Mapping[str, Parameter]) -> Component:
    branches = compile_path(expression, focus.type).branches
    if not below:  # combo-code looks into the components too; what is asked of the resource itself is code
        code = code.removeprefix("combo-")
    kind = simple[code].type
    if kind in ("token", "reference"):  # R4 names the two parts of DocumentReference.relationship the wrong way round
        kind = "reference" if branches and branches[0].type == "Reference" else "token"
    return Component(code, kind, branches)


def compartments() -> tuple[str, ...]:
    """The types of resources that have a compartment (FHIR R4, CompartmentDefinition)."""
    return tuple(_table()["compartments"])


def compartment(name: str) -> dict[str, list[str]]:
    """Type → the parameters by which its resources belong to a compartment such as Patient; empty for unknown ones."""
    found: dict[str, list[str]] = _table()["compartments"].get(name, {})
    return found


@cache
def summary(type_name: str) -> frozenset[str]:
    """Paths of the elements that belong to the summary of a resource type; `link.other` is below `link`."""
    return frozenset(_table()["summaries"].get(type_name, ()))
