"""Replaces a bundle's temporary references by those of the stored resources (FHIR R4, RESTful API, transaction)."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from xinglin.fhir.definitions import uri_elements
from xinglin.fhir.types import Json, Resource

_CONDITION = re.compile(r"([A-Z][A-Za-z]+)\?(\S+)")


def replaced(resource: Resource, targets: Mapping[str, str]) -> tuple[Resource, bool]:
    """The resource with every reference, URI and link of its narrative that is a key of `targets` replaced, and
    whether a reference remains that may be a conditional one.

    An element is only looked at where R4 lets a reference or URI stand, so an identifier's value that happens to equal
    a temporary URN stays what it is. The resource itself is not changed.
    """
    names = _names()
    conditional = False

    def walk(value: Json, name: str) -> Json:
        nonlocal conditional
        if value.__class__ is dict:
            return {key: walk(item, key) if item.__class__ in _SEARCHED else item for key, item in value.items()}
        if value.__class__ is list:
            return [walk(item, name) for item in value]
        if value.__class__ is str:
            if name in names:
                if name == "reference" and "?" in value and value not in targets:
                    conditional = True
                return targets.get(value, value)
            if name == "div":
                return _narrative(value, targets)
        return value

    whole = {key: walk(item, key) for key, item in resource.items()}
    return whole, conditional


@cache
def _names() -> frozenset[str]:
    return uri_elements() | {"reference"}


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
