"""How the operations of terminology are told a code: as code and system, as a Coding, or as a CodeableConcept."""

from xinglin.exchange.fhir.operations.parameters import Inputs
from xinglin.exchange.fhir.operations.registry import Call
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.terminology.index import CodeSystem, code_system_by_id
from xinglin.terminology.lookup import known_system
from xinglin.terminology.valuesets import value_set

Coded = tuple[str | None, str, str | None]
"""System, code, display."""


def codings(inputs: Inputs) -> list[Coded]:
    """The codes of a call: one, or those of a CodeableConcept. Raises `BadRequest` where none is told."""
    if coding := inputs.structure("coding"):
        return [_coded(coding)]
    if concept := inputs.structure("codeableConcept"):
        found = [_coded(coding) for coding in concept.get("coding") or () if coding.get("code")]
        if found:
            return found
    code = inputs.text("code")
    if not code:
        raise BadRequest("A code is missing: give code and system, or coding", code="required")
    return [(inputs.text("system"), code, inputs.text("display"))]


def _coded(coding: Resource) -> Coded:
    if not isinstance(coding.get("code"), str):
        raise BadRequest("The coding has no code", code="required")
    return coding.get("system"), coding["code"], coding.get("display")


async def system_of(call: Call, url: str | None) -> CodeSystem:
    """The code system that a call is about: the resource it is on, or the one with a URL."""
    if call.id:
        return await code_system_by_id(call.repository, call.id)
    if not url:
        raise BadRequest("The system is missing", code="required")
    return await known_system(call.repository, url, call.inputs.text("version"))


async def value_set_of(call: Call) -> Resource:
    """The value set that a call is about: the resource it is on, the one that it carries, or the one with a URL."""
    if call.id:
        return await call.repository.read("ValueSet", call.id)
    if given := call.inputs.resource("valueSet", "ValueSet"):
        return given
    return await value_set(call.repository, call.inputs.needed("url"), call.inputs.text("valueSetVersion"))
