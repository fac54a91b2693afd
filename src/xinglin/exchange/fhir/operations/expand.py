"""`ValueSet/$expand`: the codes of a value set, page by page (FHIR R4, ValueSet, $expand)."""

from xinglin.exchange.fhir.operations.codes import value_set_of
from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.fhir.types import Resource
from xinglin.terminology.expansion import Wanted, expand


async def handle(call: Call) -> Resource:
    """The value set with its expansion. `filter` finds by code, characters, pinyin, initials and synonyms."""
    inputs = call.inputs
    wanted = Wanted(
        text=inputs.text("filter") or "",
        offset=inputs.number("offset") or 0,
        count=inputs.number("count"),
        active_only=inputs.flag("activeOnly"),
        language=inputs.text("displayLanguage"),
        designations=inputs.flag("includeDesignations"),
    )
    return await expand(call.repository, await value_set_of(call), wanted)


EXPAND = Operation(
    "expand",
    (TYPE, INSTANCE),
    handle,
    types=frozenset({"ValueSet"}),
    parameters=(
        *("url", "valueSet", "valueSetVersion", "filter", "offset", "count"),
        *("activeOnly", "displayLanguage", "includeDesignations"),
    ),
)
