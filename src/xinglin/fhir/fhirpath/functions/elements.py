"""Tree navigation, and the functions that FHIR adds (FHIRPath 2.0, Tree navigation; FHIR R4, FHIRPath, Functions)."""

from xinglin.fhir.definitions import is_type, resource_types, value_set
from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import (
    EMPTY,
    FALSE,
    TRUE,
    Collection,
    Item,
    Node,
    below,
    children,
    resource_node,
    type_named,
)
from xinglin.fhir.fhirpath.registry import boxed, function, single, text
from xinglin.fhir.narrative import narrative_faults
from xinglin.fhir.types import Resource

_STRUCTURES = "http://hl7.org/fhir/StructureDefinition/"


@function("children")
def all_children(_: Environment, items: Collection) -> Collection:
    """The elements directly below the items."""
    return [child for item in items if item.__class__ is Node for child in children(item)]


@function("descendants")
def descendants(env: Environment, items: Collection) -> Collection:
    """All elements below the items."""
    found: Collection = []
    waiting = [item for item in items if item.__class__ is Node]
    while waiting:
        node = waiting.pop()
        inner = children(node)
        if env.allowance is not None:
            env.allowance.spend(len(inner))
        found += inner
        waiting += inner
    return found


@function("extension", 1)
def extension(_: Environment, items: Collection, url: Collection) -> Collection:
    """The extensions with that URL."""
    wanted = text(url, "extension()")
    if wanted is None:
        return EMPTY
    found: Collection = []
    for item in items:
        if item.__class__ is Node:
            below(item, item.type.members.get("extension", ()), found)
    return [node for node in found if node.value.get("url") == wanted]


@function("hasValue")
def has_value(_: Environment, items: Collection) -> Collection:
    """Whether there is one primitive with a value, not only with extensions."""
    return TRUE if len(items) == 1 and _primitive(items[0]) is not None else FALSE


@function("getValue")
def get_value(_: Environment, items: Collection) -> Collection:
    """The System value of the one primitive."""
    return boxed(_primitive(items[0])) if len(items) == 1 else EMPTY


def _primitive(item: Item) -> Item:
    if item.__class__ is not Node:
        return item
    return item.system() if item.type.primitive else None


@function("resolve")
def resolve(env: Environment, items: Collection) -> Collection:
    """The resources that references point to: contained, in the same Bundle, or found by the caller."""
    found: Collection = []
    for item in items:
        reference = item.value if item.__class__ is Node else item
        if reference.__class__ is dict:
            reference = reference.get("reference")
        if reference.__class__ is str and (resource := referred(env, reference)) is not None:
            found.append(resource_node(resource))
    return found


def referred(env: Environment, reference: str) -> Resource | None:
    """The resource that a reference points to, if known: contained, in the same Bundle, or found by the caller."""
    root = (env.root or env.resource or Node(None, type_named("Resource"))).value
    if reference.startswith("#"):
        return _contained(env, reference[1:])
    if isinstance(root, dict) and root.get("resourceType") == "Bundle":
        for entry in root.get("entry") or ():
            url = entry.get("fullUrl")
            if url is not None and "resource" in entry and (url == reference or url.endswith(f"/{reference}")):
                found: Resource = entry["resource"]
                return found
    resource = env.resolve(reference)
    return resource if resource is not None and resource.get("resourceType") in resource_types() else None


def _contained(env: Environment, id: str) -> Resource | None:
    for holder in (env.resource, env.root):
        if holder is None:
            continue
        if id == "":
            return holder.value  # type: ignore[no-any-return]
        for resource in holder.value.get("contained") or ():
            if resource.get("id") == id:
                return resource  # type: ignore[no-any-return]
    return None


@function("memberOf", 1)
def member_of(env: Environment, items: Collection, url: Collection) -> Collection:
    """Whether a code, Coding or CodeableConcept is in the value set; empty where that can't be told."""
    wanted = text(url, "memberOf()")
    if not items or wanted is None:
        return EMPTY
    if len(items) > 1:
        raise FhirPathError(f"memberOf() needs one item, there are {len(items)}")
    item = items[0]
    kind, value = (item.type.name, item.value) if item.__class__ is Node else ("string", item)
    verdict = _in_known_set(kind, value, wanted) if env.member_of is None else env.member_of(kind, value, wanted)
    return EMPTY if verdict is None else TRUE if verdict else FALSE


def _in_known_set(kind: str, value: Item, url: str) -> bool | None:
    systems = value_set(url.partition("|")[0])
    if systems is None:
        return None
    if kind == "CodeableConcept":
        return any(coding.get("code") in systems.get(coding.get("system"), ()) for coding in value.get("coding") or ())
    if kind == "Coding":
        return value.get("code") in systems.get(value.get("system"), ())
    return any(value in codes for codes in systems.values())


@function("conformsTo", 1)
def conforms_to(env: Environment, items: Collection, url: Collection) -> Collection:
    """Whether the one item conforms to the StructureDefinition. An unknown one is an error."""
    wanted, item = text(url, "conformsTo()"), items[0] if items else None
    if wanted is None or item is None:
        return EMPTY
    if len(items) > 1:
        raise FhirPathError(f"conformsTo() needs one item, there are {len(items)}")
    name = wanted.removeprefix(_STRUCTURES)
    if item.__class__ is Node and name != wanted and is_type(name):
        return TRUE if name in item.type.supertypes else FALSE
    try:
        if env.conforms_to is not None:
            return TRUE if env.conforms_to(item.value, wanted) else FALSE
    except KeyError:
        pass
    raise FhirPathError(f"conformsTo({wanted!r}): this StructureDefinition is not known")


@function("htmlChecks")
def html_checks(_: Environment, items: Collection) -> Collection:
    """Whether a narrative keeps to the rules for XHTML (FHIR R4, Narrative, invariants txt-1 and txt-2)."""
    value = single(items, "htmlChecks()")
    if value is None:
        return EMPTY
    return FALSE if narrative_faults(value) else TRUE


@function("elementDefinition")
def element_definition(_: Environment, items: Collection) -> Collection:
    """Refused: the definitions kept here are a digest of R4's, not ElementDefinitions."""
    raise FhirPathError(f"elementDefinition() is not supported; there are {len(items)} items")


@function("slice", 2)
def of_slice(env: Environment, items: Collection, structure: Collection, name: Collection) -> Collection:
    """The items that are of a slice of a StructureDefinition; empty where either is not known."""
    url, slice_name = text(structure, "slice()"), text(name, "slice()")
    if env.in_slice is None or url is None or slice_name is None:
        return EMPTY
    return [item for item in items if item.__class__ is Node and env.in_slice(item, url, slice_name)]


@function("checkModifiers", 0, 99)
def check_modifiers(_: Environment, items: Collection, *urls: Collection) -> Collection:
    """The input, where it has no modifier extensions but the known ones; an error otherwise.

    Each argument may be several URLs, such as `'urn:a' | 'urn:b'`.
    """
    known = {text([url], "checkModifiers()") for collection in urls for url in collection}
    for item in items:
        found: Collection = []
        if item.__class__ is Node:
            below(item, item.type.members.get("modifierExtension", ()), found)
        for modifier in found:
            if modifier.value.get("url") not in known:
                raise FhirPathError(f"The modifier extension {modifier.value.get('url')} is not known")
    return items


_WEIGHTS = frozenset({f"{_STRUCTURES}ordinalValue", f"{_STRUCTURES}itemWeight"})


@function("weight")
def weight(_: Environment, items: Collection) -> Collection:
    """The weights of codes and codings, by the extensions ordinalValue and itemWeight on them (SDC, weight())."""
    found: Collection = []
    for item in items:
        extensions: Collection = []
        for holder in _codings(item):
            below(holder, holder.type.members.get("extension", ()), extensions)
        weights = [node for node in extensions if node.value.get("url") in _WEIGHTS]
        for node in weights:
            below(node, node.type.members["value"], found)
    return [value for node in found if (value := node.system()) is not None]


def _codings(item: Item) -> Collection:
    """What may carry a weight: an element, and the codings of a concept or of an answer's value."""
    if item.__class__ is not Node:
        return EMPTY
    inner: Collection = []
    for name in ("coding", "value"):
        below(item, item.type.members.get(name, ()), inner)
    return [item, *inner]
