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
    """One operation; `parts` are its parameters by name, `kind` is the data type of its value, such as Code."""

    number: int
    type: str
    path: str
    parts: dict[str, Json]
    kind: str

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
    data_type = next((_kind(part) for part in item.get("part") or () if part["name"] == "value"), "")
    return Step(number, kind, path, parts, data_type)


@dataclass(frozen=True, slots=True)
class Described:
    """An element that is given by parts: (name, data type of its value, value)."""

    parts: tuple[tuple[str, str, Json], ...]


def _value(part: Resource) -> Json:
    """The value of a part; parts of their own describe an element without a data type, such as Patient.contact."""
    if "part" in part:
        return Described(tuple((below["name"], _kind(below), _value(below)) for below in part["part"]))
    return next((value for name, value in part.items() if name.startswith(("value", "resource"))), None)


def _kind(part: Resource) -> str:
    return next((name.removeprefix("value") for name in part if name.startswith("value")), "")


def _below(whole: Resource, step: Step) -> list[Place]:
    """What the path finds, which must be elements of the resource."""
    found = places(whole, step.path)
    if any(place.value is whole for place in found):
        raise step.failure("the path finds the resource itself, to which only add applies")
    return found


def _sole(found: list[Place], step: Step) -> Place:
    if len(found) != 1:
        raise step.failure(f"the path finds {len(found)} elements, not one")
    return found[0]


def _add(whole: Resource, step: Step) -> None:
    place, name = _sole(places(whole, step.path), step), step.text("name")
    holder, kind = place.inside
    if kind == "Element" and isinstance(place.holder, dict):
        # The id and the extensions of a primitive stand beside it.
        holder = place.companion or {}
        place.holder[f"_{place.key}"] = holder
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
    """A value as it stands in an element of a type: one that was given by parts becomes an object."""
    if not isinstance(value, Described):
        return value
    fitted: dict[str, Json] = {}
    for name, kind, inner in value.parts:
        element = element_of(type, name)
        names = element.json_names() if element else {}
        key = f"{name}{kind}" if element is not None and element.choice else name
        item = _fitted(inner, names[key].name if key in names else "Element")
        if element is not None and element.max != 1:
            fitted.setdefault(key, []).append(item)
        else:
            # What does not repeat and is given twice becomes a list, which validation refuses by its name.
            fitted[key] = [fitted[key], item] if key in fitted else item
    return fitted


def _list(whole: Resource, step: Step) -> list[Json]:
    found = _below(whole, step)
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
    found = _below(whole, step)
    if len(found) > 1:
        raise step.failure(f"the path finds {len(found)} elements, more than one")
    for place in found:
        _refuse_described(place, step)
        _forget_companion(place)
        if isinstance(place.holder, list):
            del place.holder[place.key]
        else:
            place.holder.pop(place.key, None)


def _replace(whole: Resource, step: Step) -> None:
    place = _sole(_below(whole, step), step)
    _refuse_described(place, step)
    _forget_companion(place)
    if place.choice and step.kind:
        place.holder.pop(place.key, None)
        place.holder[f"{place.choice}{step.kind}"] = step.parts["value"]
        return
    place.holder[place.key] = _fitted(step.parts["value"], place.type)


def _move(whole: Resource, step: Step) -> None:
    source, destination, items = step.index("source"), step.index("destination"), _list(whole, step)
    if max(source, destination) >= len(items):
        raise step.failure(f"the list has {len(items)} elements")
    items.insert(destination, items.pop(source))


def _prune(value: Json) -> None:
    """Takes away lists, and what stands beside primitives, that a delete has left empty: FHIR's JSON has none."""
    if isinstance(value, dict):
        for item in value.values():
            _prune(item)
        for key in [key for key, item in value.items() if item == [] or (key[0] == "_" and not _tells(item))]:
            del value[key]
    elif isinstance(value, list):
        for item in value:
            _prune(item)


def _tells(beside: Json) -> bool:
    if isinstance(beside, list):
        beside[:] = [item or None for item in beside]
        return any(beside)
    return bool(beside)


_APPLY: dict[str, Callable[[Resource, Step], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
