"""JSON Patch (RFC 6902) on resources: read and checked as a whole, then applied to a copy.

Numbers are compared by value, so `1.50` passes a test for `1.5`. What a patch may grow a resource by is bounded, since
a few `copy` operations would otherwise double it without end.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.outcome import BadRequest, Invalid
from xinglin.fhir.types import Json, Resource

MEDIA_TYPE = "application/json-patch+json"

OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
COPIED = 100_000
"""JSON values that the `copy` operations of one patch may add."""

Patch = Callable[[Resource], Resource]
"""Gives the changed resource and leaves the one given as it is. Raises `Invalid` where it can't be applied."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation. `path` and `source` (`from`) are JSON Pointers in parts (RFC 6901)."""

    number: int
    name: str
    path: tuple[str, ...]
    source: tuple[str, ...]
    value: Json

    def failure(self, text: str) -> Invalid:
        """The error of a patch that can't be applied."""
        return Invalid(f"Operation {self.number} ({self.name} /{'/'.join(self.path)}): {text}", code="processing")


def json_patch(document: Json) -> Patch:
    """The patch that a JSON document describes. Raises `BadRequest` that names the operation and what is accepted."""
    if not isinstance(document, list):
        raise BadRequest("A JSON Patch must be an array of operations", code="structure")
    steps = [_step(number, operation) for number, operation in enumerate(document)]

    def patch(resource: Resource) -> Resource:
        whole: Json = copy.deepcopy(resource)
        copied = 0
        for step in steps:
            if step.name == "copy":
                copied += _size(_get(whole, step.source, step))
                if copied > COPIED:
                    raise step.failure(f"the patch copies more than {COPIED:,} values")
            whole = _apply(whole, step)
        return checked(resource, whole)

    return patch


def checked(before: Resource, after: Json) -> Resource:
    """What a patch has made, if it still is the same resource. Raises `Invalid`."""
    if not isinstance(after, dict):
        raise Invalid("The patch leaves no resource", code="processing")
    for name in ("resourceType", "id"):
        if after.get(name) != before.get(name):
            kind = before.get("resourceType")
            raise Invalid(f"A patch can't change {name}", expression=f"{kind}.{name}", code="processing")
    return after


def _step(number: int, operation: Json) -> Step:
    if not isinstance(operation, dict):
        raise BadRequest(f"Operation {number} must be a JSON object", code="structure")
    name = operation.get("op")
    if name not in OPERATIONS:
        raise BadRequest(f"Operation {number}: op is {name!r}; accepted are {', '.join(OPERATIONS)}")
    if name in ("add", "replace", "test") and "value" not in operation:
        raise BadRequest(f"Operation {number}: {name} needs a value", code="required")
    path = _pointer(number, "path", operation.get("path"))
    source = _pointer(number, "from", operation.get("from")) if name in ("move", "copy") else ()
    if name == "move" and path[: len(source)] == source and path != source:
        raise BadRequest(f"Operation {number}: a value can't be moved into itself")
    return Step(number, name, path, source, operation.get("value"))


def _pointer(number: int, name: str, text: Any) -> tuple[str, ...]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise BadRequest(f"Operation {number}: {name} is {text!r}; accepted is a JSON Pointer such as /name/0/family")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _apply(whole: Json, step: Step) -> Json:
    match step.name:
        case "add":
            return _add(whole, step.path, copy.deepcopy(step.value), step)
        case "remove":
            return _remove(whole, step.path, step)[0]
        case "replace":
            return _replace(whole, step)
        case "copy":
            return _add(whole, step.path, copy.deepcopy(_get(whole, step.source, step)), step)
        case "move":
            whole, value = _remove(whole, step.source, step)
            return _add(whole, step.path, value, step)
    if not same(_get(whole, step.path, step), step.value):
        raise step.failure("the value is another one")
    return whole


def _get(whole: Json, path: Sequence[str], step: Step) -> Json:
    value = whole
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list):
            value = value[_index(part, len(value) - 1, step)]
        else:
            raise step.failure(f"there is no {part}")
    return value


def _add(whole: Json, path: Sequence[str], value: Json, step: Step) -> Json:
    if not path:
        return value
    parent, last = _get(whole, path[:-1], step), path[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else _index(last, len(parent), step), value)
    else:
        raise step.failure("the parent is neither an object nor an array")
    return whole


def _remove(whole: Json, path: Sequence[str], step: Step) -> tuple[Json, Json]:
    removed = _get(whole, path, step)
    if not path:
        return None, removed
    parent, last = _get(whole, path[:-1], step), path[-1]
    del parent[last if isinstance(parent, dict) else int(last)]
    return whole, removed


def _replace(whole: Json, step: Step) -> Json:
    _get(whole, step.path, step)
    value = copy.deepcopy(step.value)
    if not step.path:
        return value
    parent, last = _get(whole, step.path[:-1], step), step.path[-1]
    parent[last if isinstance(parent, dict) else int(last)] = value
    return whole


def _index(part: str, last: int, step: Step) -> int:
    proper = part.isascii() and part.isdigit() and len(part) < 10 and (part == "0" or part[0] != "0")
    if not proper or int(part) > last:
        raise step.failure(f"there is no element {part} in an array of {last + 1 if step.name != 'add' else last}")
    return int(part)


def _size(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal (RFC 6902, 4.6): numbers by value, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
