"""Checks of references (FHIR R4, References): the form of `Reference.reference`, and the type that it points to."""

import re
from functools import cache

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.types import Json
from xinglin.fhir.validation.faults import Check, Context, Fault, Faults, listed, shown

_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#\S+)?")
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+\-.]*:\S+")
_ABSOLUTE_TYPE = re.compile(r"https?://\S+/([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_FORMS = "Type/id, an absolute URL, urn:uuid:…, or #id of a contained resource"


@cache
def reference_check(targets: frozenset[str]) -> Check:
    """Checks what a Reference points to, beyond its structure; `targets` empty: any resource type."""

    def check(value: Json, context: Context) -> Faults:
        reference = value.get("reference")
        if reference.__class__ is str:
            match = _RELATIVE.fullmatch(reference)
            if match is not None:
                return _wrong_type(match[1], targets, ".reference")
            return _other_form(reference, targets, context)
        kind = value.get("type")
        if targets and kind.__class__ is str and kind in resource_types():
            return _wrong_type(kind, targets, ".type")
        return None

    return check


def _wrong_type(kind: str, targets: frozenset[str], path: str) -> Faults:
    if kind in targets or (not targets and kind in resource_types()):
        return None
    if kind not in resource_types():
        return [Fault(path, "value", f"{kind} is not a resource type of FHIR R4")]
    return [Fault(path, "value", f"this element can't refer to {kind}; accepted is a reference to: {listed(targets)}")]


def _other_form(reference: str, targets: frozenset[str], context: Context) -> Faults:
    if reference.startswith("#"):
        kind = context.contained.get(reference[1:])
        context.referred.add(reference[1:])
        if reference == "#":
            return None  # from a contained resource to the one that contains it
        if kind is None:
            return [Fault(".reference", "not-found", f"{reference} refers to no contained resource of this resource")]
        return _wrong_type(kind, targets, ".reference")
    absolute = _ABSOLUTE_TYPE.fullmatch(reference)
    if absolute is not None and absolute[1] in resource_types():
        return _wrong_type(absolute[1], targets, ".reference")
    if _ABSOLUTE.fullmatch(reference):
        return None
    return [Fault(".reference", "value", f"{shown(reference)} is not a reference; accepted is {_FORMS}")]
