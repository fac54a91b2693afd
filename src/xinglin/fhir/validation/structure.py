"""Compiles, for each type, the check of its JSON objects, and walks a resource with them."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from xinglin.fhir.definitions import Element, Rule, TypeRef, resource_types, rules, type_definition
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation.bindings import bound_codes, coding_check, concept_check
from xinglin.fhir.validation.faults import Check, Context, Fault, Faults, Pending, listed, shown
from xinglin.fhir.validation.invariants import Undecided, broken_rules
from xinglin.fhir.validation.primitives import primitive_check
from xinglin.fhir.validation.references import reference_check
from xinglin.fhir.validation.repetition import REPEATED, remembered


class _Plan(NamedTuple):
    """How objects with the same properties are checked, property by property; `missing` are those that lack."""

    fields: tuple[tuple[Check, str], ...]
    missing: tuple[Fault, ...]
    arrays: tuple[str, ...]
    """Properties that may be arrays with null where a primitive has only an extension."""
    rules: tuple[Rule, ...]
    warned: tuple[Rule, ...]
    """The same rules with those that only warn."""


class _Shape:
    """What the objects of one type may hold: property → (its check, the element's name, whether it is a choice).

    Objects of a type have few different sets of properties, in few orders: what follows from these is found once.
    """

    __slots__ = ("fields", "name", "plans", "required", "undecided")

    def __init__(self, name: str) -> None:
        definition = type_definition(name)
        self.name = name
        self.fields: dict[str, tuple[Check, str, bool]] = {}
        self.required: list[tuple[str, frozenset[str]]] = []
        self.undecided = Undecided(name) if rules(name) else None
        for element in definition.elements.values():
            names = element.json_names()
            for json_name, ref in names.items():
                self.fields[json_name] = (_field_check(element, ref), element.name, element.choice)
                if type_definition(ref.name).primitive and element.name != "id":
                    self.fields[f"_{json_name}"] = (_companion_check(element), element.name, False)
            if element.min:
                accepted = frozenset(names) | {f"_{n}" for n in names}
                self.required.append((element.name, accepted))
        if definition.kind == "resource":
            self.fields["resourceType"] = (lambda *_: None, "resourceType", False)
        self.plans: dict[tuple[str, ...], _Plan] = {}

    def plan(self, value: Resource) -> _Plan:
        """How this object is checked."""
        properties = tuple(value)
        fields: list[tuple[Check, str]] = []
        chosen: dict[str, str] = {}
        for key in properties:
            if key not in self.fields:
                fields.append((_refused(_unknown(key, self)), ""))
                continue
            check, element, choice = self.fields[key]
            if choice and (other := chosen.setdefault(element, key)) != key:
                check = _refused(Fault("", "structure", f"only one of {other} and {key} may be present"), check)
            fields.append((check, f".{element}"))
        missing = [
            Fault(f".{element}", "required", f"{self.name} must have the element {element}")
            for element, accepted in self.required
            if element not in value and accepted.isdisjoint(value)
        ]
        arrays = tuple(key for key in properties if key in self.fields and self._repeats(key))
        rules, warned = ((), ()) if self.undecided is None else map(self.undecided.rules, (value, value), (False, True))
        plan = _Plan(tuple(fields), tuple(missing), arrays, rules, warned)
        if len(self.plans) < _MOST_PLANS:
            self.plans[properties] = plan
        return plan

    def _repeats(self, key: str) -> bool:
        definition = type_definition(self.name).elements
        element = definition.get(self.fields[key][1])
        if element is None or element.max == 1:
            return False
        return key[0] == "_" or f"_{key}" in self.fields


_MOST_PLANS = 4096
"""Of each type, so that hostile input can't fill the memory with them; real data have some tens."""


def _refused(fault: Fault, further: Check | None = None) -> Check:
    """The check of a property that must not be there, whatever its value."""

    def check(value: Json, context: Context) -> Faults:
        return [fault, *((further(value, context) if further else None) or ())]

    return check


@cache
def _shape(name: str) -> _Shape:
    return _Shape(name)


@cache
def object_check(name: str) -> Check:
    """The check of a JSON object of this type. What it needs is compiled when the first object comes."""
    shape: _Shape | None = None

    def check(value: Json, context: Context) -> Faults:
        nonlocal shape
        if (value.__class__ is not dict or len(value) < 2) and (hollow := _hollow(value, name)):
            return [hollow]
        if shape is None:
            shape = _shape(name)
        plan = shape.plans.get(tuple(value)) or shape.plan(value)
        faults: list[Fault] = []
        for (item_check, path), item in zip(plan.fields, value.values(), strict=True):
            result = item_check(item, context)
            if result is not None:
                faults += [fault.below(path) for fault in result]
        faults += plan.missing
        if plan.arrays:
            faults += _nulls(value, plan.arrays)
        if open_rules := plan.warned if context.warnings else plan.rules:
            context.pending.append(Pending(value, name, open_rules, context))
        return faults or None

    return check


@cache
def _remembered(name: str) -> Check:
    return remembered(object_check(name))


def _hollow(value: Json, name: str) -> Fault | None:
    """What is wrong with a value that is no object, or one without content (ele-1)."""
    if value.__class__ is list:
        return Fault("", "structure", "this element does not repeat, so it must not be a JSON array")
    if value.__class__ is not dict:
        return Fault("", "structure", f"{shown(value)} is not a JSON object, as the type {name} must be")
    if not value:
        return Fault("", "structure", "an object must not be empty; leave the element out")
    if "id" in value and name != "Element":
        return Fault("", "structure", "an object must have more than an id; leave the element out (ele-1)")
    return None


def _nulls(value: Resource, arrays: tuple[str, ...]) -> list[Fault]:
    """Nulls without an extension in their place."""
    faults: list[Fault] = []
    for key in arrays:
        item = value[key]
        if item.__class__ is list and None in item:
            other = value.get(key[1:] if key[:1] == "_" else f"_{key}")
            partner = other if isinstance(other, list) else []
            faults += [
                Fault(f".{key.lstrip('_')}[{i}]", "structure", f"null stands only where _{key} has an extension")
                for i, entry in enumerate(item)
                if entry is None and (i >= len(partner) or partner[i] is None)
            ]
    return faults


def _unknown(key: str, shape: _Shape) -> Fault:
    known = {name for name in shape.fields if name[0] != "_"}
    return Fault(f".{key}", "structure", f"{shape.name} has no element {key}; accepted are {listed(known, 60)}")


def _field_check(element: Element, ref: TypeRef) -> Check:
    single = _value_check(element, ref)
    if element.max == 1:
        return single
    primitive = type_definition(ref.name).primitive

    def check(value: Json, context: Context) -> Faults:
        if value.__class__ is not list:
            return [Fault("", "structure", "this element repeats, so it must be a JSON array")]
        if not value:
            return [Fault("", "structure", "an array must not be empty; leave the element out")]
        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item is None and primitive:
                continue  # the parent sees whether an extension stands in its place
            result = single(item, context)
            if result is not None:
                faults += [fault.below(f"[{index}]") for fault in result]
        if element.max and len(value) > element.max:
            faults.append(Fault("", "structure", f"at most {element.max} are accepted, there are {len(value)}"))
        return faults or None

    return check


def _value_check(element: Element, ref: TypeRef) -> Check:
    """The check of one value of this type, with the binding and the reference targets of the element."""
    if type_definition(ref.name).primitive:
        codes = bound_codes(element.binding) if ref.name in ("code", "string", "uri") else None
        return primitive_check(ref.name, codes)
    if ref.name == "Resource" or ref.name in resource_types():
        return _contained if element.name == "contained" else _nested_resource
    structure = _remembered(ref.name) if ref.name in REPEATED else object_check(ref.name)
    further: Check | None = None
    if ref.name == "Reference":
        further = reference_check(ref.targets)
    elif element.binding:
        by_type: dict[str, Callable[[str], Check | None]] = {"Coding": coding_check, "CodeableConcept": concept_check}
        further = by_type[ref.name](element.binding) if ref.name in by_type else None
    return structure if further is None else _both(structure, further)


def _both(structure: Check, further: Check) -> Check:
    def check(value: Json, context: Context) -> Faults:
        faults = structure(value, context)
        return faults if faults is not None else further(value, context)

    return check


def _companion_check(element: Element) -> Check:
    """The check of `_name`: id and extensions of a primitive (FHIR R4, JSON, primitive elements)."""
    single = object_check("Element")
    if element.max == 1:
        return single

    def check(value: Json, context: Context) -> Faults:
        if value.__class__ is not list or not value:
            return [Fault("", "structure", f"_{element.name} must be a JSON array, with null where there is nothing")]
        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item is not None:
                faults += [fault.below(f"[{index}]") for fault in single(item, context) or ()]
        return faults or None

    return check


def check_resource(resource: Json, *, warnings: bool = False) -> list[Fault]:
    """Every fault of a resource, with paths relative to it; of its invariants only where its structure has none."""
    context = _context(resource, [], warnings)
    return _typed(resource, context) or broken_rules(resource, context.pending)


def _context(resource: Json, pending: list[Pending], warnings: bool) -> Context:
    contained = resource.get("contained") if isinstance(resource, dict) else None
    kinds = {}
    if isinstance(contained, list):
        kinds = {str(r.get("id")): str(r.get("resourceType")) for r in contained if isinstance(r, dict) and "id" in r}
    return Context(kinds, resource, resource, pending, warnings)


def _typed(resource: Json, context: Context) -> Faults:
    if not isinstance(resource, dict):
        return [Fault("", "structure", f"{shown(resource)} is not a JSON object, as a resource must be")]
    kind = resource.get("resourceType")
    if kind is None:
        return [Fault(".resourceType", "required", "a resource must name its resourceType, such as Patient")]
    if not isinstance(kind, str) or kind not in resource_types():
        return [Fault(".resourceType", "value", f"{shown(kind)} is not a resource type of FHIR R4")]
    return object_check(kind)(resource, context)


def _nested_resource(value: Json, context: Context) -> Faults:
    return _typed(value, _context(value, context.pending, context.warnings))


def _contained(value: Json, context: Context) -> Faults:
    if isinstance(value, dict) and "contained" in value:
        return [Fault(".contained", "structure", "a contained resource must not contain others")]
    if isinstance(value, dict) and "id" not in value:
        return [Fault(".id", "required", "a contained resource must have an id, so that it can be referred to")]
    return _typed(value, replace(context, resource=value))
