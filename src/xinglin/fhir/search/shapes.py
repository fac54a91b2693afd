"""Cuts resources down to what `_summary` and `_elements` ask for (FHIR R4, Search, Summary and Elements)."""

from functools import cache

from xinglin.fhir.definitions import type_definition
from xinglin.fhir.search.query import Shape
from xinglin.fhir.search.registry import summary
from xinglin.fhir.types import Json, Resource

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
"""The tag of a resource that is not whole, so that nobody takes it for the resource and writes it back."""

_ALWAYS = frozenset({"resourceType", "id", "meta"})


def shaped(resource: Resource, shape: Shape) -> Resource:
    """The part of a resource that is wanted, marked as a part; the resource itself where all of it is."""
    if not shape.summary and not shape.elements:
        return resource
    type_name = str(resource["resourceType"])
    match shape.summary:
        case "data":
            kept = {key: value for key, value in resource.items() if key != "text"}
        case "text":
            kept = _chosen(resource, _mandatory(type_name) | {"text"})
        case "true":
            kept = _summarised(resource, summary(type_name) | _mandatory(type_name) | _ALWAYS, "")
        case _:
            own = {n.rpartition(".")[2] for n in shape.elements if "." not in n or n.startswith(f"{type_name}.")}
            kept = _chosen(resource, _mandatory(type_name) | own) if own else dict(resource)
    if kept.keys() == resource.keys() and shape.summary != "true":
        return resource
    meta = dict(kept.get("meta") or {})
    return {**kept, "meta": {**meta, "tag": [*(meta.get("tag") or ()), SUBSETTED]}}


@cache
def _mandatory(type_name: str) -> frozenset[str]:
    """Elements that a resource of this type can't be without."""
    return frozenset(e.name for e in type_definition(type_name).elements.values() if e.min)


@cache
def _properties(type_name: str, element: str) -> frozenset[str]:
    """The property names of an element: several where its type is chosen."""
    found = type_definition(type_name).elements.get(element)
    return frozenset([element, *(found.json_names() if found else ())])


def _chosen(resource: Resource, elements: frozenset[str]) -> Resource:
    names = {p for element in elements for p in _properties(str(resource["resourceType"]), element)} | _ALWAYS
    return {key: value for key, value in resource.items() if key.removeprefix("_") in names}


def _summarised(value: Json, paths: frozenset[str], prefix: str) -> Json:
    """An object without what is not in the summary; a data type, whose parts have no paths here, is left whole."""
    kept = {}
    for key, item in value.items():
        name = f"{prefix}{key.removeprefix('_')}"
        # A choice such as value[x] stands in the summary as `value`.
        path = next((p for p in (name, *_stems(name)) if p in paths), None)
        if path is None:
            continue
        below = f"{path}."
        if any(other.startswith(below) for other in paths):
            item = (
                [_summarised(i, paths, below) for i in item] if isinstance(item, list) else _below(item, paths, below)
            )
        kept[key] = item
    return kept


def _below(item: Json, paths: frozenset[str], prefix: str) -> Json:
    return _summarised(item, paths, prefix) if isinstance(item, dict) else item


def _stems(name: str) -> list[str]:
    """What a property of a choice may be a choice of: deceasedBoolean of deceased."""
    start = name.rfind(".") + 1
    return [name[:i] for i in range(start + 1, len(name)) if name[i].isupper()]
