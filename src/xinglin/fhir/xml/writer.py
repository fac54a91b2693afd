"""Writes resources as XML."""

from collections.abc import Iterable, Iterator

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.xml.plan import FHIR, XHTML, Slot, slots

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def dumps(resource: Resource, *, pretty: bool = False) -> bytes:
    """The resource as an XML document in UTF-8; `pretty`: an element on each line, narratives as they are.

    Raises `BadRequest` for what its type does not have.
    """
    parts: list[str] = []
    try:
        _write_resource(resource, parts, "", f' xmlns="{FHIR}"')
    except RecursionError as error:
        raise BadRequest("This resource is nested too deeply to be written as XML", code="too-costly") from error
    return "".join(['<?xml version="1.0" encoding="UTF-8"?>', *(_indented(parts) if pretty else parts)]).encode()


def _indented(parts: Iterable[str]) -> Iterator[str]:
    """The parts of a document with line breaks, which stand nowhere but between the tags of elements."""
    depth = 0
    for part in parts:
        if part.startswith("</"):
            depth -= 1
        if part[0] == "<":
            yield f"\n{'  ' * depth}"
        yield part
        if part == "/>":
            depth -= 1
        elif part.startswith("<") and not part.startswith(("</", "<div")):
            depth += 1
    yield "\n"


def _write_resource(resource: Json, parts: list[str], path: str, namespace: str = "") -> None:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind not in resource_types():
        raise BadRequest(f"{kind!r} is not a resource type of FHIR R4", expression=path or None)
    parts.append(f"<{kind}{namespace}>")
    _write_elements({k: v for k, v in resource.items() if k != "resourceType"}, kind, parts, path or kind)
    parts.append(f"</{kind}>")


def _write_elements(value: Resource, type_name: str, parts: list[str], path: str) -> None:
    plan = slots(type_name)
    for key in value:
        if key not in plan and not (key[0] == "_" and key[1:] in plan and plan[key[1:]].primitive):
            raise BadRequest(f"{type_name} has no element {key}", expression=f"{path}.{key}")
    for name, slot in plan.items():
        if slot.attribute:
            continue
        item, companion = value.get(name), value.get(f"_{name}")
        if item is None and companion is None:
            continue
        below = f"{path}.{name}"
        if not slot.repeats:
            _write(slot, item, companion, parts, below)
            continue
        items = item if isinstance(item, list) else []
        companions = companion if isinstance(companion, list) else []
        for index in range(max(len(items), len(companions))):
            one = items[index] if index < len(items) else None
            other = companions[index] if index < len(companions) else None
            _write(slot, one, other, parts, f"{below}[{index}]")


def _write(slot: Slot, value: Json, companion: Json, parts: list[str], path: str) -> None:
    if slot.resource:
        parts.append(f"<{slot.name}>")
        _write_resource(value, parts, path)
        parts.append(f"</{slot.name}>")
    elif slot.type == "xhtml":
        parts.append(_narrative(value, path))
    elif slot.primitive:
        written = "" if value is None else f' value="{_text(value, path)}"'
        _write_object(slot, companion or {}, written, parts, path)
    elif isinstance(value, dict):
        _write_object(slot, value, "", parts, path)
    else:
        raise BadRequest(f"{slot.name} must be an object of the type {slot.type}", expression=path)


def _write_object(slot: Slot, value: Resource, attributes: str, parts: list[str], path: str) -> None:
    for name in ("id", "url") if slot.type == "Extension" else ("id",):
        if name in value:
            attributes += f' {name}="{_text(value[name], path)}"'
    parts.append(f"<{slot.name}{attributes}")
    before = len(parts)
    parts.append(">")
    _write_elements(value, slot.type, parts, path)
    if len(parts) == before + 1:
        parts[before] = "/>"
    else:
        parts.append(f"</{slot.name}>")


def _text(value: Json, path: str) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return json.dumps(value).decode() if not isinstance(value, dict | list) else _refused(path)
    except TypeError:
        return _refused(path)


def _refused(path: str) -> str:
    raise BadRequest("a primitive must be a text, a number or a boolean", expression=path)


def _narrative(value: Json, path: str) -> str:
    """The <div> as it is, in its namespace."""
    text = value.strip() if isinstance(value, str) else ""
    head, bracket, rest = text.partition(">")
    if not text.startswith("<div") or not bracket:
        raise BadRequest("a narrative must be a <div>", expression=path)
    return text if "xmlns" in head else f'<div xmlns="{XHTML}"{head[4:]}>{rest}'
