"""Validation against the definitions of FHIR R4.

`validate` finds every breach of a resource's type: unknown elements, cardinality, formats of primitives, choice types,
required bindings, targets of references, contained resources, and the invariants of R4. Each issue names the element
by its FHIRPath, the reason, and what would be accepted. Bindings that are not required are not checked here.

A checker is compiled for each type at its first use, so a resource is walked once, without looking into tables.
Invariants are evaluated only where its structure has no fault.
"""

from xinglin.fhir.outcome import Invalid, Issue
from xinglin.fhir.types import Resource
from xinglin.fhir.validation.structure import check_resource

__all__ = ["ensure_valid", "validate"]


def validate(resource: Resource, *, warnings: bool = False) -> list[Issue]:
    """Every breach of FHIR R4; with `warnings` also those of invariants that only warn. Empty where there is none."""
    try:
        faults = check_resource(resource, warnings=warnings)
    except RecursionError:
        return [Issue("error", "too-costly", "This resource is nested too deeply", _root(resource))]
    root = _root(resource)
    return [Issue(fault.severity, fault.code, fault.text, root + fault.path) for fault in faults]


def ensure_valid(resource: Resource) -> None:
    """Raises `Invalid` with every issue where `validate` finds any."""
    if issues := validate(resource):
        raise Invalid(issues=issues)


def _root(resource: Resource) -> str:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    return name if isinstance(name, str) and name else "Resource"
