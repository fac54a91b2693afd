"""Replaces a bundle's temporary references by those of the stored resources (FHIR R4, RESTful API, transaction)."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from operator import is_

from xinglin.fhir.definitions import uri_elements
from xinglin.fhir.types import Json, Resource

_CONDITION = re.compile(r"([A-Z][A-Za-z]+)\?(\S+)")


def replaced(resource: Resource, targets: Mapping[str, str]) -> tuple[Resource, bool]:
    """The resource with every reference, URI and link of its narrative that is a key of `targets` replaced, and
    whether a reference remains that may be a conditional one.

    An element is only looked at where R4 lets a reference or URI stand, so an identifier's value that happens to equal
    a temporary URN stays what it is. The resource itself is not changed.
    """
    replacing = _Replacing(targets)
    return replacing.object(resource), replacing.conditional


class _Replacing:
    """One walk. What holds nothing to be replaced, which is most, is given back as it is, without a copy."""

    __slots__ = ("conditional", "names", "targets")

    def __init__(self, targets: Mapping[str, str]) -> None:
        self.targets = targets
        self.names = _names()
        self.conditional = False

    def object(self, value: Resource) -> Resource:
        changed: Resource | None = None
        names = self.names
        for key, item in value.items():
            kind = item.__class__
            if kind is str:
                new = self.text(item, key) if key in names else item
            elif kind is dict:
                new = self.object(item)
            elif kind is list:
                new = self.array(item, key)
            else:
                continue
            if new is not item:
                changed = dict(value) if changed is None else changed
                changed[key] = new
        return value if changed is None else changed

    def array(self, value: list[Json], name: str) -> list[Json]:
        new: list[Json] = []
        for item in value:
            if item.__class__ is dict:
                new.append(self.object(item))
            elif item.__class__ is list:
                new.append(self.array(item, name))
            elif item.__class__ is str and name in self.names:
                new.append(self.text(item, name))
            else:
                new.append(item)
        return value if all(map(is_, new, value)) else new

    def text(self, value: str, name: str) -> str:
        if name == "div":
            return _narrative(value, self.targets)
        if name == "reference" and "?" in value and value not in self.targets:
            self.conditional = True
        return self.targets.get(value, value)


@cache
def _names() -> frozenset[str]:
    return uri_elements() | {"reference", "div"}


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
