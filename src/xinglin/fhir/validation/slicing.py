"""Which slice an element belongs to (FHIR R4, Profiling FHIR, Discriminator)."""

import re
from collections.abc import Callable

from xinglin.fhir.definitions import supertypes
from xinglin.fhir.fhirpath import Environment, FhirPathError, Node, expression
from xinglin.fhir.types import Json
from xinglin.fhir.validation.profile_tree import Definition

Conforms = Callable[[Node, str], bool]
"""Whether an element conforms to the profile of that URL."""

_STEP = re.compile(r"\.(?![^(]*\))")


def pattern_holds(pattern: Json, value: Json) -> bool:
    """Whether a value has at least what a pattern has (FHIR R4, ElementDefinition.pattern[x])."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(pattern_holds(item, value.get(key)) for key, item in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(pattern_holds(item, one) for one in value) for item in pattern)
    return bool(pattern == value) and isinstance(pattern, bool) == isinstance(value, bool)


def belongs(node: Node, slice: Definition, discriminators: list[Json], env: Environment, conforms: Conforms) -> bool:
    """Whether an element is of a slice by all discriminators of the slicing."""
    return all(_discriminates(node, slice, entry["type"], entry["path"], env, conforms) for entry in discriminators)


def _discriminates(node: Node, slice: Definition, kind: str, path: str, env: Environment, conforms: Conforms) -> bool:
    steps = [step for step in _STEP.split(path) if step != "$this"]
    if kind in ("value", "pattern"):
        return _value_fits(node, slice, steps, env)
    found = _values(node, ".".join(steps), env)
    target = _definition(slice, steps)
    if kind == "exists":
        if target is None:
            return bool(found)
        return not found if target.max == 0 else bool(found)
    if target is None:
        return False
    if kind == "type":
        accepted = _type_names(target, steps)
        return any(accepted & supertypes(item.type.name) for item in found)
    return any(conforms(item, url) for item in found for url in target.profiles)


def _values(node: Node, path: str, env: Environment) -> list[Node]:
    if not path:
        return [node]
    try:
        return [item for item in expression(path).items(node, env) if isinstance(item, Node)]
    except FhirPathError:
        return []


def _definition(slice: Definition, steps: list[str]) -> Definition | None:
    """What the slice says of the element at a path."""
    found: Definition | None = slice
    for step in steps:
        if found is None or step.startswith(("resolve(", "ofType(")):
            continue
        found = found.below().get(step)
    return found


def _type_names(target: Definition, steps: list[str]) -> set[str]:
    if steps and steps[-1].startswith("resolve("):
        return {url.rpartition("/")[2] for entry in target.types for url in entry.get("targetProfile") or ()}
    return {str(entry["code"]) for entry in target.types}


def _value_fits(node: Node, slice: Definition, steps: list[str], env: Environment) -> bool:
    """Whether the values at the path are those that the slice fixes: there, on the way, or in a slice on the way."""
    demands = list(_demands(slice, steps, ""))
    return bool(demands) and all(any(fits(item.value) for item in _values(node, path, env)) for path, fits in demands)


def _demands(definition: Definition, steps: list[str], path: str) -> "list[tuple[str, Callable[[Json], bool]]]":
    fixed, pattern = definition.value("fixed"), definition.value("pattern")
    if fixed is not None:
        return [(path, lambda value: bool(value == fixed))]
    if pattern is not None:
        return [(path, lambda value: pattern_holds(pattern, value))]
    if not steps:
        return []
    if steps[0] == "url" and definition.profiles and "Extension" in {t.get("code") for t in definition.types}:
        urls = frozenset(url.partition("|")[0] for url in definition.profiles)
        return [(f"{path}.url" if path else "url", lambda value: value in urls)]
    below = definition.below().get(steps[0])
    if below is None:
        return []
    inner = f"{path}.{steps[0]}" if path else steps[0]
    found = _demands(below, steps[1:], inner)
    for slice in below.slices:
        if slice.min and not found:
            found = _demands(slice, steps[1:], inner)
    return found
