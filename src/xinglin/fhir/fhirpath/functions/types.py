"""`is`, `as`, `ofType` and `type()` (FHIRPath 2.0, Types; FHIR R4, FHIRPath, Using FHIR types in expressions)."""

from xinglin.fhir.definitions import is_type
from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, SYSTEM_TYPES, TRUE, Collection, Item, Node, system_type, type_of
from xinglin.fhir.fhirpath.registry import function


def known_type(name: str, namespace: str) -> None:
    """Raises `FhirPathError` for a type that neither FHIR R4 nor System has."""
    if (namespace != "System" and is_type(name)) or (namespace != "FHIR" and name in SYSTEM_TYPES):
        return
    raise FhirPathError(f"There is no type {namespace + '.' if namespace else ''}{name}")


def _is(item: Item, name: str, namespace: str) -> bool:
    """Whether an item is of the type or of one below it. FHIR.boolean is no System.Boolean."""
    if item.__class__ is Node:
        return namespace != "System" and name in item.type.supertypes
    return namespace != "FHIR" and name in (system_type(item), "Any")


def _casts(item: Item, name: str, namespace: str) -> bool:
    """Whether `as` keeps an item. A primitive is kept for exactly its type: a code is not cast to string."""
    if item.__class__ is Node and item.type.primitive:
        return namespace != "System" and bool(item.type.name == name)
    return _is(item, name, namespace)


@function("is", 1, kind="typed")
def is_of_type(items: Collection, name: str, namespace: str) -> Collection:
    """Whether the one item is of the type."""
    if not items:
        return EMPTY
    if len(items) > 1:
        raise FhirPathError(f"`is` needs one item, there are {len(items)}")
    return TRUE if _is(items[0], name, namespace) else FALSE


@function("as", 1, kind="typed")
def as_type(items: Collection, name: str, namespace: str) -> Collection:
    """The one item where it is of the type."""
    if len(items) > 1:
        raise FhirPathError(f"`as` needs one item, there are {len(items)}")
    return items if items and _casts(items[0], name, namespace) else EMPTY


@function("ofType", 1, kind="typed")
def of_type(items: Collection, name: str, namespace: str) -> Collection:
    """The items that are of the type."""
    return [item for item in items if _casts(item, name, namespace)]


@function("type")
def type_function(_: Environment, items: Collection) -> Collection:
    """The types of the items."""
    return [type_of(item) for item in items]
