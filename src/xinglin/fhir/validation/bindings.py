"""Checks of required bindings on coded elements (FHIR R4, Terminologies, Binding strength: required)."""

from functools import cache

from xinglin.fhir.definitions import value_set
from xinglin.fhir.types import Json
from xinglin.fhir.validation.faults import Check, Context, Fault, Faults, listed, shown


@cache
def bound_codes(url: str) -> frozenset[str] | None:
    """All codes of a required value set for an element of type code; None where it can't be enumerated."""
    systems = value_set(url) if url else None
    return None if systems is None else frozenset().union(*systems.values())


@cache
def coding_check(url: str) -> Check | None:
    """The check of a Coding with a required binding to the value set `url`."""
    systems = value_set(url)
    if systems is None:
        return None

    def check(value: Json, _: Context) -> Faults:
        code, system = value.get("code"), value.get("system")
        if code is None or (system in systems and code in systems[system]):
            return None
        return [Fault(".code", "code-invalid", f"{shown(code)} of {shown(system)} is not accepted here: {_all(url)}")]

    return check


@cache
def concept_check(url: str) -> Check | None:
    """The check of a CodeableConcept: where it has codings, one of them must be of the value set."""
    systems = value_set(url)
    if systems is None:
        return None

    def check(value: Json, _: Context) -> Faults:
        codings = [c for c in value.get("coding") or () if isinstance(c, dict) and "code" in c]
        if not codings or any(c["code"] in systems.get(str(c.get("system")), ()) for c in codings):
            return None
        return [Fault(".coding", "code-invalid", f"one coding must be among those accepted here: {_all(url)}")]

    return check


def _all(url: str) -> str:
    systems = value_set(url) or {}
    return "; ".join(f"{system} with {listed(codes)}" for system, codes in sorted(systems.items()))
