"""The test catalogue as resources: what can be ordered, from which specimen, and what is usual."""

from collections.abc import Iterator

from xinglin.capabilities.laboratory import definitions
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.synthetic.catalogue.laboratory import TEST, studies


def catalogue() -> Iterator[Resource]:
    """What the laboratory begins with, and an ActivityDefinition of every examination."""
    yield from definitions.resources()
    for study in studies().values():
        yield _activity(study.code, study.name)


def _activity(id: str, name: str) -> Resource:
    return {
        "resourceType": "ActivityDefinition",
        "id": id,
        "url": f"urn:xinglin:test:{id}",
        "name": "".join(part.capitalize() for part in id.split("-")),
        "title": name,
        "status": "active",
        "kind": "ServiceRequest",
        "code": build.concept(TEST, id, name),
    }
