"""The definitions of FHIR R4: types with their elements and invariants, required value sets, search parameters.

They come from one compressed table beside this module, which tools/definitions.py makes; its `source` names where the
content is from. The table is read on first use, in about 10 ms.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from xinglin.fhir.types import Resource


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type that an element may have. `targets` are the resource types that a Reference may point to; empty: any."""

    name: str
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type. `max` 0 means unbounded; `binding` is the value set of a required binding, or ""."""

    name: str
    min: int
    max: int
    types: tuple[TypeRef, ...]
    binding: str
    choice: bool

    def json_names(self) -> dict[str, TypeRef]:
        """The property names that this element can have in JSON, with the type that each one tells."""
        if not self.choice:
            return {self.name: self.types[0]}
        return {f"{self.name}{ref.name[0].upper()}{ref.name[1:]}": ref for ref in self.types}


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A resource type, a data type, or a backbone such as `Patient.contact`; `kind` is as in StructureDefinition."""

    name: str
    kind: str
    base: str
    elements: dict[str, Element]
    regex: str

    @property
    def primitive(self) -> bool:
        """Whether values of this type are JSON strings, numbers or booleans."""
        return self.kind == "primitive-type"


@dataclass(frozen=True, slots=True)
class SearchDefinition:
    """A search parameter as R4 defines it: the FHIRPath covers all of `bases` at once."""

    code: str
    bases: frozenset[str]
    type: str
    expression: str
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """An invariant: `key` such as obs-6, `severity` error or warning, R4's text for people, its FHIRPath."""

    key: str
    severity: str
    text: str
    expression: str


@cache
def _table() -> dict[str, Any]:
    content = files("xinglin.fhir").joinpath("r4.json.gz").read_bytes()
    table: dict[str, Any] = orjson.loads(gzip.decompress(content))
    return table


@cache
def resource_types() -> frozenset[str]:
    """The names of all concrete resource types."""
    types = _table()["types"].items()
    return frozenset(n for n, t in types if t["kind"] == "resource" and n not in ("Resource", "DomainResource"))


@cache
def type_definition(name: str) -> TypeDefinition:
    """The definition of a type. Raises KeyError for a name that R4 doesn't have."""
    entry = _table()["types"][name]
    rows = [*_inherited(name, entry), *entry.get("elements", ())]
    elements = {element.name: element for element in map(_element, rows)}
    return TypeDefinition(name, entry["kind"], entry["base"], elements, entry.get("regex", ""))


def is_type(name: str) -> bool:
    """Whether R4 has a type of that name."""
    return name in _table()["types"]


@cache
def rules(name: str) -> tuple[Rule, ...]:
    """The invariants of a type, its bases' first; without ele-1, ref-1, dom-2 and txt-*, which need no FHIRPath."""
    entry = _table()["types"][name]
    inherited = rules(entry["base"]) if entry["base"] in _table()["types"] else ()
    return (*inherited, *(Rule(*row) for row in entry.get("rules", ())))


@cache
def value_set(url: str) -> dict[str, frozenset[str]] | None:
    """System → codes of a required value set; None where it can't be enumerated (MIME types, currencies, UCUM)."""
    systems = _table()["value_sets"].get(url)
    return None if systems is None else {system: frozenset(codes) for system, codes in systems.items()}


@cache
def search_definitions() -> tuple[SearchDefinition, ...]:
    """All search parameters of R4 that have an expression."""
    return tuple(
        SearchDefinition(code, frozenset(bases), type_, expression, frozenset(targets))
        for code, bases, type_, expression, targets in _table()["search"]
    )


@cache
def supertypes(name: str) -> frozenset[str]:
    """A type's name with those of all its bases, for `is` and `ofType`."""
    found = {name}
    while name := _table()["types"].get(name, {}).get("base", ""):
        found.add(name)
    return frozenset(found)


@cache
def uri_elements() -> frozenset[str]:
    """JSON names of elements that hold a uri, url, oid or uuid somewhere in R4: where a temporary URN may stand."""
    kinds = {"uri", "url", "oid", "uuid"}
    names = set()
    for type_name, entry in _table()["types"].items():
        if entry["kind"] != "primitive-type":
            for element in type_definition(type_name).elements.values():
                names |= {json_name for json_name, ref in element.json_names().items() if ref.name in kinds}
    return frozenset(names)


def source() -> Resource:
    """Where the table is from: content, package, its SHA-256, the tool that made it."""
    return dict(_table()["source"])


def _inherited(name: str, entry: dict[str, Any]) -> list[list[Any]]:
    is_resource = entry["kind"] == "resource"
    if entry["kind"] == "primitive-type":
        return []
    rows: list[list[Any]] = [["id", 0, 1, ["id" if is_resource else "string"], ""]]
    extensible = not is_resource or "DomainResource" in (name, entry["base"])
    if extensible:
        rows.append(["extension", 0, 0, ["Extension"], ""])
    if extensible and (is_resource or "BackboneElement" in (name, entry["base"])):
        rows.append(["modifierExtension", 0, 0, ["Extension"], ""])
    return rows


def _element(row: list[Any]) -> Element:
    name, minimum, maximum, types, binding = row
    choice = name.endswith("[x]")
    return Element(name.removesuffix("[x]"), minimum, maximum, tuple(map(_type_ref, types)), binding, choice)


@cache
def _type_ref(spelled: str) -> TypeRef:
    name, _, targets = spelled.partition("(")
    if not targets:
        return TypeRef(name)
    accepted = frozenset(targets.rstrip(")").split("|"))
    return TypeRef(name, frozenset() if "Resource" in accepted else accepted)
