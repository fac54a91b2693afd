"""Reads resources from XML."""

import re
from typing import Any
from xml.parsers import expat

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.xml.plan import FHIR, XHTML, Slot, slots

_DEEPEST = 200
_DECLARATION = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")
_WHOLE = frozenset({"integer", "unsignedInt", "positiveInt"})


def loads(data: bytes | str) -> Resource:
    """The resource of an XML document. Raises `BadRequest` with line and element for what is not FHIR's XML."""
    text = data.encode() if isinstance(data, str) else data
    if (match := _DECLARATION.match(text)) and match[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise BadRequest(f"The encoding {match[1].decode()} is not accepted; FHIR's XML is UTF-8", code="structure")
    reader = _Reader(text)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise BadRequest(f"This is not XML: {error}", code="structure") from error
    assert reader.result is not None  # expat refuses a document without an element
    return reader.result


class _Frame:
    """An element that is open: `slot` is what it is to its parent; `value` collects its properties."""

    __slots__ = ("lists", "path", "primitive", "slot", "type", "value")

    def __init__(self, slot: Slot, type_name: str, path: str) -> None:
        self.slot = slot
        self.type = type_name
        self.path = path
        self.value: Resource = {}
        self.primitive: Json = None
        self.lists: dict[str, list[tuple[Json, Json]]] = {}

    def closed(self) -> Resource:
        """The object, with its repeating primitives in their two arrays."""
        for name, pairs in self.lists.items():
            values, companions = [value for value, _ in pairs], [companion for _, companion in pairs]
            if any(value is not None for value in values):
                self.value[name] = values
            if any(companion is not None for companion in companions):
                self.value[f"_{name}"] = companions
        return self.value


_ROOT = Slot("", "Resource", repeats=False, primitive=False, attribute=False, resource=True)


class _Reader:
    def __init__(self, text: bytes) -> None:
        self.text = text
        self.result: Resource | None = None
        self.open: list[_Frame] = [_Frame(_ROOT, "", "")]
        self.narrative_depth = 0
        self.narrative_start = 0
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype

    def error(self, reason: str, path: str) -> BadRequest:
        line = self.parser.CurrentLineNumber
        return BadRequest(f"line {line}: {reason}", expression=path or None, code="structure")

    def doctype(self, *_: Any) -> None:
        raise self.error("a document type or an entity may not be declared", "")

    def characters(self, text: str) -> None:
        if not self.narrative_depth and text.strip():
            frame = self.open[-1]
            raise self.error(f"{frame.slot.name or frame.type} may not hold text: {text.strip()[:40]!r}", frame.path)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.narrative_depth:
            self.narrative_depth += 1
            return
        namespace, _, local = name.rpartition(" ")
        parent = self.open[-1]
        if len(self.open) > _DEEPEST:
            raise self.error("this document is nested too deeply", parent.path)
        if parent.slot.resource and not parent.type:
            self.start_resource(namespace, local, parent)
            return
        slot = slots(parent.type).get(local)
        path = f"{parent.path}.{local}"
        if slot is not None and slot.type == "xhtml":
            self.start_narrative(namespace, path)
        elif slot is None or slot.attribute:
            raise self.error(f"{parent.type} has no element {local}", path)
        elif namespace != FHIR:
            raise self.error(f"{local} must be of the namespace {FHIR}", path)
        else:
            self.start_element(slot, attributes, path, parent)

    def start_resource(self, namespace: str, name: str, holder: _Frame) -> None:
        if namespace != FHIR or name not in resource_types():
            raise self.error(f"{name} of the namespace {namespace!r} is not a resource type of FHIR R4", holder.path)
        if "resourceType" in holder.value:
            raise self.error(f"{holder.slot.name} holds one resource", holder.path)
        holder.value["resourceType"] = name
        frame = _Frame(_ROOT, name, holder.path or name)
        frame.value["resourceType"] = name
        self.open.append(frame)

    def start_narrative(self, namespace: str, path: str) -> None:
        at = self.parser.CurrentByteIndex
        if namespace != XHTML or not self.text.startswith(b"<div", at):
            raise self.error(f'the narrative must be <div xmlns="{XHTML}">', path)
        self.narrative_depth, self.narrative_start = 1, at

    def start_element(self, slot: Slot, attributes: dict[str, str], path: str, parent: _Frame) -> None:
        if not slot.repeats and (slot.name in parent.value or f"_{slot.name}" in parent.value):
            raise self.error(f"{slot.name} does not repeat", path)
        frame = _Frame(slot, "" if slot.resource else slot.type, path)
        for name, value in attributes.items():
            if " " in name:
                continue  # of another namespace, such as xsi:schemaLocation
            if name == "value" and slot.primitive:
                frame.primitive = self.primitive(slot.type, value, path)
            elif name == "id" or (name == "url" and slot.type == "Extension"):
                frame.value[name] = value
            else:
                raise self.error(f"{slot.name} has no attribute {name}", path)
        self.open.append(frame)

    def primitive(self, type_name: str, text: str, path: str) -> Json:
        """The JSON value of a primitive's text."""
        if type_name == "boolean" and text in ("true", "false"):
            return text == "true"
        if type_name == "decimal" or type_name in _WHOLE:
            try:
                number = json.loads(text.strip())
            except json.JsonError:
                number = None
            if not isinstance(number, bool | str | list | dict) and number is not None:
                return number
        elif type_name != "boolean":
            return text
        raise self.error(f"{text!r} is not of the type {type_name}", path)

    def end(self, _: str) -> None:
        if self.narrative_depth:
            self.narrative_depth -= 1
            if not self.narrative_depth:
                self.end_narrative()
            return
        frame = self.open.pop()
        parent = self.open[-1]
        value = frame.closed()
        if frame.slot is _ROOT:
            # A resource: to the document, or to the element that holds it.
            parent.value = value
            if len(self.open) == 1:
                self.result = value
        elif frame.slot.primitive:
            self.end_primitive(frame, value, parent)
        elif not value:
            raise self.error(f"{frame.slot.name} is empty", frame.path)
        elif frame.slot.repeats:
            parent.value.setdefault(frame.slot.name, []).append(value)
        else:
            parent.value[frame.slot.name] = value

    def end_primitive(self, frame: _Frame, companion: Resource, parent: _Frame) -> None:
        name = frame.slot.name
        if frame.primitive is None and not companion:
            raise self.error(f"{name} has neither a value nor extensions", frame.path)
        if frame.slot.repeats:
            parent.lists.setdefault(name, []).append((frame.primitive, companion or None))
            return
        if frame.primitive is not None:
            parent.value[name] = frame.primitive
        if companion:
            parent.value[f"_{name}"] = companion

    def end_narrative(self) -> None:
        # The index is that of the end tag; an empty element has none, and ends where it started.
        at = self.parser.CurrentByteIndex
        end = self.text.index(b">", at) + 1
        self.open[-1].value["div"] = self.text[self.narrative_start : end].decode()
