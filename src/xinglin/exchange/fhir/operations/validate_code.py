"""`$validate-code` on value sets and code systems (FHIR R4, ValueSet and CodeSystem, $validate-code)."""

from xinglin.exchange.fhir.operations.codes import codings, system_of, value_set_of
from xinglin.exchange.fhir.operations.parameters import outputs
from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.fhir.types import Resource
from xinglin.terminology.expansion import Verdict, checked, validate_code
from xinglin.terminology.lookup import find_code


async def handle(call: Call) -> Resource:
    """Whether a code, or any of a CodeableConcept, is valid; if not, why."""
    verdict = await (_in_value_set(call) if call.type == "ValueSet" else _in_code_system(call))
    return outputs(
        ("result", "valueBoolean", verdict.result),
        ("message", "valueString", verdict.message),
        ("display", "valueString", verdict.display),
    )


async def _in_value_set(call: Call) -> Verdict:
    value_set = await value_set_of(call)
    failed = []
    for system, code, display in codings(call.inputs):
        verdict = await validate_code(call.repository, value_set, system, code, display)
        if verdict.result:
            return verdict
        failed.append(verdict)
    return Verdict(False, "; ".join(verdict.message or "" for verdict in failed), failed[0].display)


async def _in_code_system(call: Call) -> Verdict:
    for url, code, display in codings(call.inputs)[:1]:
        system = await system_of(call, call.inputs.text("url") or url)
        found = await find_code(call.repository.connection, system, code)
        if found is not None:
            return checked(found.display, found.designations, display)
    return Verdict(False, f"{system.url} has no code {code}")


VALIDATE_CODE = Operation(
    "validate-code",
    (TYPE, INSTANCE),
    handle,
    types=frozenset({"ValueSet", "CodeSystem"}),
    parameters=(
        *("url", "valueSet", "valueSetVersion", "version", "code", "system", "display"),
        *("coding", "codeableConcept"),
    ),
)
