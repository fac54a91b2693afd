"""`CodeSystem/$subsumes`: how two codes stand to each other (FHIR R4, CodeSystem, $subsumes)."""

from xinglin.exchange.fhir.operations.codes import system_of
from xinglin.exchange.fhir.operations.parameters import outputs
from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.terminology.lookup import subsumes


async def handle(call: Call) -> Resource:
    """The outcome: equivalent, subsumes, subsumed-by or not-subsumed."""
    url = call.inputs.text("system")
    codes = []
    for letter in ("A", "B"):
        coding = call.inputs.structure(f"coding{letter}")
        if coding is None:
            codes.append(call.inputs.needed(f"code{letter}"))
            continue
        if url is not None and coding.get("system", url) != url:
            raise BadRequest("Both codes must be of the same code system")
        url = coding.get("system", url)
        if not coding.get("code"):
            raise BadRequest(f"coding{letter} has no code", code="required")
        codes.append(coding["code"])
    system = await system_of(call, url)
    outcome = await subsumes(call.repository.connection, system, *codes)
    return outputs(("outcome", "valueCode", outcome))


SUBSUMES = Operation(
    "subsumes",
    (TYPE, INSTANCE),
    handle,
    types=frozenset({"CodeSystem"}),
    parameters=("codeA", "codeB", "codingA", "codingB", "system", "version"),
)
