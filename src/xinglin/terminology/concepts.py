"""What a concept is, and the concepts of a CodeSystem resource (FHIR R4, CodeSystem)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xinglin.fhir.types import Resource

_INACTIVE = frozenset({"retired", "inactive", "deprecated"})


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept: its code system, code and name."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A concept as it is written to the index. `designations` as in CodeSystem; `properties` have texts as values."""

    code: str
    display: str
    definition: str | None = None
    designations: tuple[Resource, ...] = ()
    properties: dict[str, list[str]] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    active: bool = True
    abstract: bool = False


def concepts_of(resource: Resource) -> Iterator[Definition]:
    """The concepts of a CodeSystem resource, parents before their children."""
    yield from _below(resource.get("concept") or (), ())


def _below(nodes: Any, parents: tuple[str, ...]) -> Iterator[Definition]:
    for node in nodes:
        properties: dict[str, list[str]] = {}
        for item in node.get("property") or ():
            properties.setdefault(item["code"], []).append(_text(item))
        code = node["code"]
        yield Definition(
            code,
            node.get("display") or code,
            node.get("definition"),
            tuple(node.get("designation") or ()),
            {name: values for name, values in properties.items() if name != "parent"},
            tuple(dict.fromkeys((*parents, *properties.get("parent", ())))),
            not (_INACTIVE & {*properties.get("status", ())} or "true" in properties.get("inactive", ())),
            "true" in properties.get("notSelectable", ()),
        )
        yield from _below(node.get("concept") or (), (code,))


def _text(item: Resource) -> str:
    """The value of a property as the text by which filters compare it."""
    value = next((value for name, value in item.items() if name.startswith("value")), "")
    if isinstance(value, dict):
        return str(value.get("code", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)
