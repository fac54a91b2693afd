"""Snapshots from differentials (FHIR R4, Profiling FHIR; ElementDefinition; StructureDefinition.differential).

A profile that tells only in what it differs is expanded on its base: on R4's own definitions, or on another profile.
Elements are opened only as far as a profile walks into them, so a snapshot stays small. R4's invariants are not
repeated in it, since every resource is held to them anyway; of R4's bindings it has the required ones.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from xinglin.fhir.definitions import Element, is_type, type_definition
from xinglin.fhir.outcome import Invalid, Issue
from xinglin.fhir.types import Resource
from xinglin.fhir.validation.faults import listed

CORE = "http://hl7.org/fhir/StructureDefinition/"
"""Before the name of a type in the canonical URL of R4's own definitions."""

_Resolve = Callable[[str], "Resource | None"]
_KEPT = frozenset({"id", "path", "sliceName", "constraint"})
_TYPE_SLICING = {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False, "rules": "open"}
_URL_SLICING = {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "open"}


@dataclass(slots=True)
class _Part:
    """An element with those below it, which are None until something asks for them, and its slices by their name."""

    name: str
    element: dict[str, Any]
    type: str = ""
    """The type of R4 that tells the elements below; "": the element's own `type` does."""
    children: "dict[str, _Part] | None" = None
    slices: "dict[str, _Part]" = field(default_factory=dict)


class _Fault(Exception):
    """What is wrong with one element of a differential."""


def snapshot_of(profile: Resource, resolve: _Resolve) -> list[dict[str, Any]]:
    """The ElementDefinitions of a profile's snapshot, made from its differential.

    `resolve` gives profiles by canonical URL: its base, and those of datatypes that it walks into. Raises `Invalid`
    with an issue for every element that its base does not have, and for a base that is not known.
    """
    root = _expanded(profile, resolve, ())
    return list(_listed(root, root.name, root.name))


def _expanded(profile: Resource, resolve: _Resolve, path: tuple[str, ...]) -> _Part:
    """The tree of a profile, by its snapshot where it has one."""
    url = str(profile.get("url"))
    if (profile.get("snapshot") or {}).get("element"):
        return _read(profile["snapshot"]["element"])
    differential = (profile.get("differential") or {}).get("element") or []
    if url in path:
        raise Invalid(f"Profiles are based on one another without end: {' → '.join([*path, url])}")
    root = _base(profile, resolve, (*path, url))
    issues = []
    for index, (id, element) in enumerate(_with_ids(differential)):
        try:
            _merge(_place(root, id, resolve, (*path, url)), element)
            _narrow(root, id, str(element.get("path")))
        except _Fault as fault:
            where = f"StructureDefinition.differential.element[{index}]"
            issues.append(Issue("error", "not-found", f"{url}: {id}: {fault}", where))
    if issues:
        raise Invalid(issues=issues)
    return root


def _base(profile: Resource, resolve: _Resolve, path: tuple[str, ...]) -> _Part:
    base, type = str(profile.get("baseDefinition")), str(profile.get("type"))
    name = base.partition("|")[0].removeprefix(CORE)
    if is_type(name) and base.startswith(CORE):
        return _Part(type, {"min": 0, "max": "*"}, name)
    known = resolve(base)
    if known is None:
        text = f"{profile.get('url')}: its base {base} is not known; store it, too"
        raise Invalid(text, expression="StructureDefinition.baseDefinition", code="not-found")
    if known.get("type") != type:
        text = f"{profile.get('url')} is of {type}, its base {base} is of {known.get('type')}"
        raise Invalid(text, expression="StructureDefinition.type")
    return _expanded(known, resolve, path)


def _with_ids(differential: list[Resource]) -> Iterator[tuple[str, Resource]]:
    """Each element with its id, which is made of its path and the slices that it stands in where it has none."""
    latest: dict[str, str] = {}
    for element in differential:
        path = str(element.get("path"))
        above, _, last = path.rpartition(".")
        slice = element.get("sliceName")
        made = (f"{latest.get(above, above)}." if above else "") + last + (f":{slice}" if slice else "")
        latest[path] = str(element.get("id") or made)
        yield latest[path], element


def _place(root: _Part, id: str, resolve: _Resolve, path: tuple[str, ...]) -> _Part:
    """The part that an id names; slices and choices of one type are made where they are new."""
    first, *steps = id.split(".")
    if first != root.name:
        raise _Fault(f"this is not an element of {root.name}")
    part = root
    for number, step in enumerate(steps, 1):
        name, _, slice = step.partition(":")
        part = _child(part, name, resolve, path)
        if slice and part.element.get("sliceName") != slice:
            part = _slice(part, slice, new=number == len(steps))
    return part


def _narrow(root: _Part, id: str, path: str) -> None:
    """A choice that a path names by one of its types, as in `Observation.valueQuantity`, has only these types."""
    part = root
    for step, written in zip(id.split(".")[1:], path.split(".")[1:], strict=False):
        name, _, slice = step.partition(":")
        below = part.children or {}
        if name not in below:
            name, slice = next(n for n, choice in below.items() if step in choice.slices), step
        part = below[name]
        if written == slice and name.endswith("[x]") and part.element["slicing"] == _TYPE_SLICING:
            part.element["slicing"] = {**_TYPE_SLICING, "rules": "closed"}
            part.element["type"] = []
        if written == slice and name.endswith("[x]"):
            kept = part.element["type"]
            kept += [type for type in part.slices[slice].element["type"] if type not in kept]
        part = _sliced(part, slice) if slice else part


def _child(part: _Part, name: str, resolve: _Resolve, path: tuple[str, ...]) -> _Part:
    if part.children is None:
        part.children = _opened(part, resolve, path)
    if found := part.children.get(name):
        return found
    for choice in part.children.values():
        stem = choice.name.removesuffix("[x]")
        for type in choice.element.get("type") or () if stem != choice.name else ():
            code = str(type.get("code"))
            if name == stem + code[:1].upper() + code[1:]:
                return _slice(choice, name, new=True)
    raise _Fault(f"there is no element {name} here; accepted are {listed(set(part.children), 60)}")


def _opened(part: _Part, resolve: _Resolve, path: tuple[str, ...]) -> dict[str, _Part]:
    """The elements below, as R4 or the profile of the element's datatype has them."""
    types = part.element.get("type") or []
    refers = str(part.element.get("contentReference", "")).rpartition("#")[2]
    profiles = [url for type in types for url in type.get("profile") or ()]
    if len(types) == 1 and len(profiles) == 1 and (known := resolve(profiles[0])) is not None:
        return deepcopy(_expanded(known, resolve, path).children or _of_type(str(types[0]["code"])))
    if part.type or refers:
        return _of_type(part.type or refers)
    return _of_type(str(types[0]["code"]) if len(types) == 1 else "Element")


def _of_type(name: str) -> dict[str, _Part]:
    if not is_type(name):
        return {}
    parts = (_part(element, name) for element in type_definition(name).elements.values())
    return {part.name: part for part in parts}


def _part(element: Element, owner: str) -> _Part:
    """An element as R4 defines it for the type `owner`."""
    made: dict[str, Any] = {"min": element.min, "max": str(element.max or "*"), "type": []}
    below = ""
    for ref in element.types:
        code = ref.name
        if "." in code and code != f"{owner}.{element.name}":
            return _Part(element.name, {"min": made["min"], "max": made["max"], "contentReference": f"#{code}"})
        if "." in code:
            below, code = code, type_definition(code).base
        targets = [CORE + target for target in sorted(ref.targets)]
        made["type"].append({"code": code, **({"targetProfile": targets} if targets else {})})
    if element.binding:
        made["binding"] = {"strength": "required", "valueSet": element.binding}
    # Backbones are opened at once, so that content references lead somewhere.
    name = f"{element.name}[x]" if element.choice else element.name
    return _Part(name, made, below, _of_type(below) if below else None)


def _slice(part: _Part, name: str, *, new: bool) -> _Part:
    """A slice, or a slice of a slice (`a/b`). What is `new` begins as what it is a slice of."""
    above = name.rpartition("/")[0]
    if above:
        part = _slice(part, above, new=False)
    if name in part.slices:
        return part.slices[name]
    types = _chosen(part, name)
    if not new and not types:
        raise _Fault(f"there is no slice {name} here" + (f"; there are {listed(set(part.slices))}" * bool(part.slices)))
    if "slicing" not in part.element:
        extension = part.name in ("extension", "modifierExtension")
        if not types and not extension and part.element.get("max") != "1":
            raise _Fault(f"{name} is a slice, but nothing tells how {part.name} is sliced")
        if types or extension:  # else it's a name for an element that does not repeat, as R4's own profiles have it
            part.element["slicing"] = _TYPE_SLICING if types else _URL_SLICING
    element = {key: value for key, value in part.element.items() if key != "slicing"}
    element |= {"sliceName": name, "min": 0, **({"type": types} if types else {})}
    part.slices[name] = _Part(part.name, deepcopy(element), part.type, deepcopy(part.children) if not types else None)
    return part.slices[name]


def _chosen(part: _Part, name: str) -> list[Any]:
    """The type that the name of a slice of a choice tells: `valueQuantity` of `value[x]`."""
    stem = part.name.removesuffix("[x]")
    types = part.element.get("type") or () if stem != part.name else ()
    return [t for t in types if name == stem + str(t.get("code"))[:1].upper() + str(t.get("code"))[1:]]


def _merge(part: _Part, element: Resource) -> None:
    """Lays an element of a differential over what the base says."""
    held = part.element
    low, high = element.get("min", held.get("min", 0)), str(element.get("max", held.get("max", "*")))
    if low < held.get("min", 0) or (held.get("max", "*") != "*" and (high == "*" or int(high) > int(held["max"]))):
        raise _Fault(f"{low}..{high} is wider than the base's {held.get('min', 0)}..{held.get('max', '*')}")
    known = {entry["key"] for entry in element.get("constraint") or ()}
    constraints = [c for c in held.get("constraint") or () if c["key"] not in known]
    held |= deepcopy({key: value for key, value in element.items() if key not in _KEPT})
    if constraints := [*constraints, *(element.get("constraint") or ())]:
        held["constraint"] = constraints


def _read(elements: list[Resource]) -> _Part:
    """The tree of a snapshot."""
    root = _Part(str(elements[0]["path"]), deepcopy(elements[0]))
    for id, element in list(_with_ids(elements))[1:]:
        part = root
        *above, last = id.split(".")[1:]
        for step in above:
            name, _, slice = step.partition(":")
            part = (part.children or {})[name]
            part = _sliced(part, slice) if slice else part
        name, _, slice = last.partition(":")
        path = str(element["path"])
        made = _Part(name, deepcopy(element), path if is_type(path) else "")
        if slice:
            parent = (part.children or {})[name]
            _sliced(parent, slice.rpartition("/")[0]).slices[slice] = made
        else:
            part.children = {**(part.children or {}), name: made}
    return root


def _sliced(part: _Part, name: str) -> _Part:
    for end in (index for index, letter in enumerate(f"{name}/") if letter == "/" and name):
        part = part.slices[name[:end]]
    return part


def _listed(part: _Part, id: str, path: str) -> Iterator[dict[str, Any]]:
    """The part, those below it, then its slices."""
    yield {**part.element, "id": id, "path": path}
    for child in (part.children or {}).values():
        yield from _listed(child, f"{id}.{child.name}", f"{path}.{child.name}")
    for name, slice in part.slices.items():
        yield from _listed(slice, f"{_unsliced(id)}:{name}", path)


def _unsliced(id: str) -> str:
    """An id without the slice of its last step."""
    above, dot, last = id.rpartition(".")
    return above + dot + last.partition(":")[0]
