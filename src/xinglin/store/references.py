"""Replaces a bundle's temporary references by those of the stored resources (FHIR R4, RESTful API, transaction)."""

import re
from collections.abc import Iterator, Mapping

from xinglin.fhir.definitions import uri_elements
from xinglin.fhir.types import Json, Resource

_CONDITION = re.compile(r"([A-Z][A-Za-z]+)\?(\S+)")


def replaced(resource: Resource, targets: Mapping[str, str]) -> Resource:
    """The resource with every reference, URI and link of its narrative that is a key of `targets` replaced.

    An element is only looked at where R4 lets a reference or URI stand, so an identifier's value that happens to equal
    a temporary URN stays what it is. The resource itself is not changed.
    """
    names = uri_elements() | {"reference"}

    def walk(value: Json, name: str) -> Json:
        if value.__class__ is dict:
            return {key: walk(item, key) if item.__class__ in _SEARCHED else item for key, item in value.items()}
        if value.__class__ is list:
            return [walk(item, name) for item in value]
        if value.__class__ is str:
            if name in names:
                return targets.get(value, value)
            if name == "div":
                return _narrative(value, targets)
        return value

    return {key: walk(item, key) for key, item in resource.items()}


_SEARCHED = frozenset({dict, list, str})
_LINK = re.compile(r"""(\b(?:href|src)=)(["'])(.*?)\2""")


def _narrative(text: str, targets: Mapping[str, str]) -> str:
    if "href=" not in text and "src=" not in text:
        return text
    return _LINK.sub(lambda m: f"{m[1]}{m[2]}{targets.get(m[3], m[3])}{m[2]}", text)


def conditions(resource: Json, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Conditional references: (the reference, type, search, FHIRPath of the element)."""
    if isinstance(resource, dict):
        reference = resource.get("reference")
        if isinstance(reference, str) and (match := _CONDITION.fullmatch(reference)):
            yield reference, match[1], match[2], f"{path}.reference"
        for key, value in resource.items():
            yield from conditions(value, f"{path}.{key}")
    elif isinstance(resource, list):
        for index, value in enumerate(resource):
            yield from conditions(value, f"{path}[{index}]")
