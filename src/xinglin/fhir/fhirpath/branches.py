"""What an expression compiles to: branches, each of one static type, that pick values out of a JSON object.

`Observation.value` has eleven branches, one for each type that the element may have. Since the types are known when an
expression is compiled, `ofType(Quantity)` only drops branches and costs nothing when it runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xinglin.fhir.definitions import Element, TypeRef, supertypes, type_definition
from xinglin.fhir.types import Json

Values: TypeAlias = Callable[[Json], Sequence[Json]]
"""From the focus, a JSON value, to the values below it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Values of one type. `root` is the property that the focus must have for there to be any, or None: unknown.

    `path` holds the (property, repeats) steps where the branch is a plain path, so that a further step can be fused
    with them. `binding` is the value set of a required binding, which tells the system of a code. `sought` are
    SQL/JSON paths to the same values; there are none where that can't be said in them.
    """

    type: str
    values: Values
    root: str | None = None
    path: tuple[tuple[str, bool], ...] | None = None
    binding: str = ""
    sought: tuple[str, ...] = ()


def itself(type_name: str) -> Branch:
    """The focus."""
    return Branch(type_name, lambda focus: (focus,), None, (), sought=("$",))


def member(branch: Branch, name: str) -> list[Branch]:
    """One step down, to the element `name`: a branch for each type that the element may have; none if unknown."""
    try:
        element = type_definition(branch.type).elements.get(name)
    except KeyError:
        return []
    if element is None:
        return []
    return [_step(branch, key, element, ref) for key, ref in element.json_names().items()]


def _step(branch: Branch, key: str, element: Element, ref: TypeRef) -> Branch:
    repeats = element.max != 1
    sought = tuple(f'{path}."{key}"' for path in branch.sought)
    if branch.path is None:
        return Branch(ref.name, _chained(branch.values, key, repeats), branch.root, None, element.binding, sought)
    path = (*branch.path, (key, repeats))
    return Branch(ref.name, _fused(path), path[0][0], path, element.binding, sought)


def _fused(path: tuple[tuple[str, bool], ...]) -> Values:
    """The values at a plain path. Nulls, which stand in arrays for primitives with only an extension, are left out."""
    if len(path) == 1:
        ((key, repeats),) = path
        if repeats:
            return lambda focus: [v for v in focus.get(key) or () if v is not None]
        return lambda focus: (focus[key],) if key in focus else ()

    def values(focus: Json) -> Sequence[Json]:
        level: list[Json] = [focus]
        for key, repeats in path:
            below: list[Json] = []
            for item in level:
                found = item.get(key)
                if found is not None:
                    if repeats:
                        below += found
                    else:
                        below.append(found)
            if not below:
                return ()
            level = below
        return level if None not in level else [v for v in level if v is not None]

    return values


def _chained(upper: Values, key: str, repeats: bool) -> Values:
    lower = _fused(((key, repeats),))
    return lambda focus: [value for item in upper(focus) for value in lower(item)]


def of_type(branches: Sequence[Branch], type_name: str) -> list[Branch]:
    """The branches of a type or of one below it; those of type Resource are narrowed by their `resourceType`."""
    kept = []
    for branch in branches:
        if type_name in supertypes(branch.type):
            kept.append(branch)
        elif branch.type in ("Resource", "DomainResource") and branch.type in supertypes(type_name):
            kept.append(filtered(branch, lambda v: v.get("resourceType") == type_name, type_name))
    return kept


def filtered(
    branch: Branch, keep: Callable[[Json], bool], type_name: str | None = None, condition: str | None = None
) -> Branch:
    """The values of a branch that `keep` accepts, as `type_name` where that is narrower; `condition` says the same in
    an SQL/JSON path."""
    values = branch.values
    sought = tuple(f"{path} ? ({condition})" for path in branch.sought) if condition else ()
    return Branch(
        type_name or branch.type,
        lambda focus: [v for v in values(focus) if keep(v)],
        branch.root,
        None,
        branch.binding,
        sought,
    )


def union(branches: Sequence[Branch]) -> list[Branch]:
    """One branch for each type, without duplicates among its values (FHIRPath 2.0, | union)."""
    by_type: dict[str, list[Branch]] = {}
    for branch in branches:
        by_type.setdefault(branch.type, []).append(branch)
    return [group[0] if len(group) == 1 else _merged(group) for group in by_type.values()]


def _merged(group: Sequence[Branch]) -> Branch:
    functions = [branch.values for branch in group]
    roots = {branch.root for branch in group}

    def values(focus: Json) -> Sequence[Json]:
        found: list[Json] = []
        for function in functions:
            found += [value for value in function(focus) if value not in found]
        return found

    sought = tuple(path for branch in group for path in branch.sought) if all(b.sought for b in group) else ()
    return Branch(group[0].type, values, roots.pop() if len(roots) == 1 else None, sought=sought)


def collected(branches: Sequence[Branch]) -> Values:
    """All values of all branches, in order."""
    functions = [branch.values for branch in branches]
    if len(functions) == 1:
        return functions[0]
    return lambda focus: [value for function in functions for value in function(focus)]
