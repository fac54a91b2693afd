"""`ConceptMap/$translate`: a code in another code system (FHIR R4, ConceptMap, $translate)."""

from xinglin.exchange.fhir.operations.codes import codings
from xinglin.exchange.fhir.operations.parameters import outputs, parts
from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.terminology.maps import NO_MATCH, Match, maps_by_url, translate


async def handle(call: Call) -> Resource:
    """The matches, and whether any of them says that there is a translation."""
    ids = [call.id] if call.id else await maps_by_url(call.repository, call.inputs.needed("url"))
    matches: list[Match] = []
    for system, code, _display in codings(call.inputs):
        if not system:
            raise BadRequest("The system of the code is missing", code="required")
        target, back = call.inputs.text("targetsystem"), call.inputs.flag("reverse")
        matches += await translate(call.repository, ids, system, code, target=target, back=back)
    found = any(match.equivalence not in NO_MATCH for match in matches)
    return outputs(
        ("result", "valueBoolean", found),
        ("message", "valueString", None if matches else "The map does not know this code"),
        *(("match", "part", _part(match)) for match in matches),
    )


def _part(match: Match) -> list[Resource]:
    concept = {"system": match.system, "code": match.code, "display": match.display}
    coding = {name: value for name, value in concept.items() if value} if match.code else None
    return parts(
        ("equivalence", "valueCode", match.equivalence),
        ("concept", "valueCoding", coding),
        ("source", "valueUri", f"ConceptMap/{match.map}"),
    )


TRANSLATE = Operation(
    "translate",
    (TYPE, INSTANCE),
    handle,
    types=frozenset({"ConceptMap"}),
    parameters=("url", "code", "system", "coding", "codeableConcept", "targetsystem", "reverse"),
)
