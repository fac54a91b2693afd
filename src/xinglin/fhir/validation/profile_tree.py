"""The snapshot of a StructureDefinition as a tree (FHIR R4, ElementDefinition, Profiling FHIR)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from xinglin.fhir.outcome import Invalid
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation.snapshot import snapshot_of


@dataclass(slots=True)
class Definition:
    """One ElementDefinition, with the elements below it by name, and its slices."""

    element: dict[str, Any]
    name: str
    children: "dict[str, Definition]" = field(default_factory=dict)
    slices: "list[Definition]" = field(default_factory=list)
    reference: "Definition | None" = None

    @property
    def min(self) -> int:
        """The least number of values."""
        return int(self.element.get("min", 0))

    @property
    def max(self) -> int | None:
        """The greatest number of values; None: unbounded."""
        written = self.element.get("max", "*")
        return None if written == "*" else int(written)

    @property
    def types(self) -> list[dict[str, Any]]:
        """The types that are accepted."""
        return self.element.get("type") or []

    @property
    def profiles(self) -> list[str]:
        """The profiles of which a value must fit one."""
        return [url for entry in self.types for url in entry.get("profile") or ()]

    def value(self, prefix: str) -> Json:
        """The value of `fixed[x]`, `pattern[x]`, `minValue[x]` or `maxValue[x]`, None where there is none."""
        return next((v for key, v in self.element.items() if key.startswith(prefix) and key != prefix), None)

    def below(self) -> "dict[str, Definition]":
        """The elements below, those of the element referred to where this one is the same again."""
        return self.reference.children if self.reference is not None and not self.children else self.children


def tree(profile: Resource, resolve: "Callable[[str], Resource | None]") -> Definition:
    """The root of a profile's snapshot, which is made from its differential where there is none.

    `resolve` gives the profiles that this takes. Raises `Invalid` where there is neither, where the differential does
    not fit its base, and where the snapshot doesn't hang together.
    """
    elements = (profile.get("snapshot") or {}).get("element") or []
    if not elements:
        if not (profile.get("differential") or {}).get("element"):
            text = f"{profile.get('url')} has neither a snapshot nor a differential, so nothing can be held against it"
            raise Invalid(text, code="not-supported")
        elements = snapshot_of(profile, resolve)
    root = Definition(elements[0], str(profile.get("type")))
    by_id = {str(elements[0].get("id", root.name)): root}
    for element in elements[1:]:
        id = str(element.get("id") or element["path"])
        parent_id, _, last = id.rpartition(".")
        name, _, slice_name = last.partition(":")
        definition = Definition(element, name.removesuffix("[x]"))
        by_id[id] = definition
        above = f":{slice_name.rpartition('/')[0]}" if "/" in slice_name else ""  # a slice of a slice
        sliced = by_id.get(f"{parent_id}.{name}{above}") if slice_name else None
        if sliced is not None and sliced is not definition:
            sliced.slices.append(definition)
            continue
        parent = by_id.get(parent_id)
        if parent is None:
            raise Invalid(f"{profile.get('url')}: the element {id} has no parent in the snapshot")
        parent.children[definition.name] = definition
    for definition in parts(root):
        if target := definition.element.get("contentReference"):
            definition.reference = by_id.get(str(target).rpartition("#")[2])
    return root


def parts(definition: Definition) -> Iterator[Definition]:
    """A definition and all below it, slices among them."""
    yield definition
    for below in (*definition.children.values(), *definition.slices):
        yield from parts(below)
