"""What contained resources are found by, each on its own (FHIR R4, Search, Contained Resources)."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

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
    named = _named(resource, owner, {each["id"]: each["resourceType"] for each in inside})
    found = (
        Contained(each, name_number(f"{owner}#{each['id']}"), extract(named_each, zone, known))
        for each, named_each in zip(inside, named["contained"], strict=True)
    )
    return extract(named, zone, known), tuple(found)


def _named(value: Json, owner: str, types: dict[str, str]) -> Json:
    """A value whose references to contained resources (`#id`) name them wholly, with their type, and whose references
    to the container (`#`) are like those from outside."""
    if isinstance(value, list):
        return [_named(item, owner, types) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _named(item, owner, types) if isinstance(item, dict | list) else item for key, item in value.items()}
    reference = value.get("reference")
    if reference == "#":
        found["reference"] = owner
    elif isinstance(reference, str) and (type := types.get(reference[1:])) and reference[0] == "#":
        found |= {"reference": f"{owner}{reference}", "type": type}
    return found
