"""How the elements of a type stand in XML: their order, and which of them are attributes."""

from functools import cache
from typing import NamedTuple

from xinglin.fhir.definitions import type_definition

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"

_RESOURCE_FIRST = ("id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension")


class Slot(NamedTuple):
    """One property: its name in JSON, the type of its values, whether it repeats, is primitive, is an attribute."""

    name: str
    type: str
    repeats: bool
    primitive: bool
    attribute: bool
    resource: bool


@cache
def slots(type_name: str) -> dict[str, Slot]:
    """The properties of a type by their JSON names, in the order that XML demands."""
    definition = type_definition("Element" if type_definition(type_name).primitive else type_name)
    is_resource = definition.kind == "resource"
    elements = list(definition.elements.values())
    if is_resource:
        elements.sort(
            key=lambda e: _RESOURCE_FIRST.index(e.name) if e.name in _RESOURCE_FIRST else len(_RESOURCE_FIRST)
        )
    found = {}
    for element in elements:
        for name, ref in element.json_names().items():
            target = type_definition(ref.name)
            attribute = (name == "id" and not is_resource) or (name == "url" and type_name == "Extension")
            resource = target.kind == "resource"
            found[name] = Slot(name, ref.name, element.max != 1, target.primitive, attribute, resource)
    return found
