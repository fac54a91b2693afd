"""FHIRPath Patch (FHIR R4, FHIRPath Patch): operations in a Parameters resource, applied to a copy of a resource."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.definitions import type_definition
from xinglin.fhir.outcome import BadRequest, Invalid
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation import ensure_valid
from xinglin.store.patch import Patch, checked
from xinglin.store.places import Place, element_of, places

OPERATIONS = ("add", "insert", "delete", "replace", "move")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation; `parts` are its parameters by name."""

    number: int
    type: str
    path: str
    parts: dict[str, Json]

    def text(self, name: str) -> str:
        """A part that must be there. Raises `BadRequest`."""
        value = self.parts.get(name)
        if not isinstance(value, str):
            raise BadRequest(f"Operation {self.number} ({self.type}) needs {name}", code="required")
        return value

    def index(self, name: str) -> int:
        """A part that is a position. Raises `BadRequest`."""
        value = self.parts.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise BadRequest(f"Operation {self.number} ({self.type}) needs {name}, a number from 0 on", code="required")
        return value

    def failure(self, text: str) -> Invalid:
        """The error of a patch that can't be applied."""
        return Invalid(f"Operation {self.number} ({self.type} {self.path}): {text}", code="processing")


def fhirpath_patch(parameters: Resource) -> Patch:
    """The patch that a Parameters resource describes. Raises `Invalid`, and `BadRequest` that names the operation."""
    ensure_valid(parameters)
    steps = [_step(number, item) for number, item in enumerate(parameters.get("parameter") or ())]
    if not steps:
        raise BadRequest("A FHIRPath Patch needs an operation", code="required")

    def patch(resource: Resource) -> Resource:
        whole = copy.deepcopy(resource)
        for step in steps:
            _APPLY[step.type](whole, step)
        _prune(whole)
        return checked(resource, whole)

    return patch


def _step(number: int, item: Resource) -> Step:
    if item["name"] != "operation":
        raise BadRequest(f"Parameter {number} is {item['name']}; a FHIRPath Patch has only operation")
    parts = {part["name"]: _value(part) for part in item.get("part") or ()}
    kind, path = parts.get("type"), parts.get("path")
    if kind not in OPERATIONS:
        raise BadRequest(f"Operation {number}: type is {kind!r}; accepted are {', '.join(OPERATIONS)}")
    if not isinstance(path, str):
        raise BadRequest(f"Operation {number} needs a path", code="required")
    if kind in ("add", "insert", "replace") and parts.get("value") is None:
        raise BadRequest(f"Operation {number}: {kind} needs a value", code="required")
    return Step(number, kind, path, parts)


def _value(part: Resource) -> Json:
    """The value of a part; parts of their own describe an element without a data type, such as Patient.contact."""
    if "part" in part:
        found: dict[str, Any] = {}
        for below in part["part"]:
            found.setdefault(below["name"], []).append(_value(below))
        return found
    return next((value for name, value in part.items() if name.startswith(("value", "resource"))), None)


def _sole(whole: Resource, step: Step) -> Place:
    found = places(whole, step.path)
    if len(found) != 1:
        raise step.failure(f"the path finds {len(found)} elements, not one")
    return found[0]


def _add(whole: Resource, step: Step) -> None:
    place, name = _sole(whole, step), step.text("name")
    holder = place.value
    kind = holder.get("resourceType", place.type) if isinstance(holder, dict) else place.type
    element = element_of(kind, name) or next((e for e in _choices(kind) if name in e.json_names()), None)
    if element is None or not isinstance(holder, dict):
        raise step.failure(f"{kind} has no element {name}")
    names = element.json_names()
    key = name if name in names else next(iter(names)) if len(names) == 1 else ""
    if not key:
        raise step.failure(f"{name} has one of several types; tell which: {', '.join(sorted(names))}")
    value = _fitted(step.parts["value"], names[key].name)
    if element.max != 1:
        holder.setdefault(key, []).append(value)
    elif key in holder:
        raise step.failure(f"{name} is there already; replace it")
    else:
        holder[key] = value


def _choices(kind: str) -> list[Any]:
    return [element for element in type_definition(kind).elements.values() if element.choice]


def _fitted(value: Json, type: str) -> Json:
    """A value that was given by parts: those elements that don't repeat are single."""
    if not isinstance(value, dict) or not value or not all(isinstance(item, list) for item in value.values()):
        return value
    fitted = {}
    for name, items in value.items():
        element = element_of(type, name)
        if element is None or (element.max == 1 and len(items) != 1):
            return value
        below = [_fitted(item, element.types[0].name) for item in items]
        fitted[name] = below[0] if element.max == 1 else below
    return fitted


def _list(whole: Resource, step: Step) -> list[Json]:
    found = places(whole, step.path)
    if not found or not all(place.holder is found[0].holder for place in found):
        raise step.failure("the path finds no list")
    if not isinstance(found[0].holder, list) or len(found) != len(found[0].holder):
        raise step.failure("the path must find a whole list")
    _refuse_described(found[0], step)
    return found[0].holder


def _refuse_described(place: Place, step: Step) -> None:
    """A list beside must not get out of step, or an extension would describe another value."""
    if place.described:
        raise step.failure(
            "this list has extensions of single values, which only a JSON Patch can change along with it"
        )


def _forget_companion(place: Place) -> None:
    """The id and extensions of a primitive go with it."""
    if isinstance(place.holder, dict):
        place.holder.pop(f"_{place.key}", None)


def _insert(whole: Resource, step: Step) -> None:
    index, items = step.index("index"), _list(whole, step)
    if index > len(items):
        raise step.failure(f"the list has {len(items)} elements")
    items.insert(index, _fitted(step.parts["value"], places(whole, step.path)[0].type))


def _delete(whole: Resource, step: Step) -> None:
    found = places(whole, step.path)
    if len(found) > 1:
        raise step.failure(f"the path finds {len(found)} elements, more than one")
    for place in found:
        _refuse_described(place, step)
        _forget_companion(place)
        del place.holder[place.key]


def _replace(whole: Resource, step: Step) -> None:
    place = _sole(whole, step)
    _refuse_described(place, step)
    _forget_companion(place)
    place.holder[place.key] = _fitted(step.parts["value"], place.type)


def _move(whole: Resource, step: Step) -> None:
    source, destination, items = step.index("source"), step.index("destination"), _list(whole, step)
    if max(source, destination) >= len(items):
        raise step.failure(f"the list has {len(items)} elements")
    items.insert(destination, items.pop(source))


def _prune(value: Json) -> None:
    """Takes away lists that a delete has left empty, which FHIR's JSON does not have."""
    if isinstance(value, dict):
        for key in [key for key, item in value.items() if item == []]:
            del value[key]
        for item in value.values():
            _prune(item)
    elif isinstance(value, list):
        for item in value:
            _prune(item)


_APPLY: dict[str, Callable[[Resource, Step], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
