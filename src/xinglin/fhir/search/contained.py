"""What contained resources are found by, each on its own (FHIR R4, Search, Contained Resources)."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from operator import is_

from xinglin.fhir import json
from xinglin.fhir.search.extract import extract
from xinglin.fhir.search.found_by import Terms
from xinglin.fhir.search.known import R4, SearchParameters
from xinglin.fhir.search.terms import name_number
from xinglin.fhir.types import Json, Resource


@dataclass(frozen=True, slots=True)
class Contained:
    """A contained resource, the number of its name, `Type/id#its-id`, and what it is found by."""

    resource: Resource
    name: int
    terms: Terms


def extract_all(
    resource: Resource, zone: tzinfo = UTC, known: SearchParameters = R4
) -> tuple[Terms, tuple[Contained, ...]]:
    """The terms of a valid resource that has its id, and the resources that it contains with theirs.

    A reference to one of them has the term of its name, so that chains lead into it.
    """
    inside = resource.get("contained")
    if not inside:
        return extract(resource, zone, known), ()
    owner = f"{resource['resourceType']}/{resource['id']}"
    types = {each["id"]: each["resourceType"] for each in inside}
    named = {key: _named(item, owner, types) if _refers(item) else item for key, item in resource.items()}
    found = (
        Contained(each, name_number(f"{owner}#{each['id']}"), extract(named_each, zone, known))
        for each, named_each in zip(inside, named["contained"], strict=True)
    )
    return extract(named, zone, known), tuple(found)


def _refers(value: Json) -> bool:
    """Whether something in a value refers to the container or what it contains; its text tells at once."""
    return isinstance(value, dict | list) and b'"reference":"#' in json.dumps(value)


def _named(value: Json, owner: str, types: dict[str, str]) -> Json:
    """A value whose references to contained resources (`#id`) name them wholly, with their type, and whose references
    to the container (`#`) are like those from outside. What has none of them, which is most, is given back as it is."""
    if isinstance(value, list):
        items = [_named(item, owner, types) for item in value]
        return value if all(map(is_, items, value)) else items
    if not isinstance(value, dict):
        return value
    found: Resource | None = None
    for key, item in value.items():
        if isinstance(item, dict | list) and (new := _named(item, owner, types)) is not item:
            found = dict(value) if found is None else found
            found[key] = new
    reference = value.get("reference")
    if isinstance(reference, str) and reference.startswith("#"):
        if reference == "#":
            return {**(found or value), "reference": owner}
        if type := types.get(reference[1:]):
            return {**(found or value), "reference": f"{owner}{reference}", "type": type}
    return value if found is None else found
