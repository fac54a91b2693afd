"""`$expunge`: removes versions for good, with a permission of its own. R4 defines no such operation."""

from xinglin.exchange.fhir.operations.parameters import outputs
from xinglin.exchange.fhir.operations.registry import EXPUNGE as PERMISSION
from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.store import expunging
from xinglin.terminology import index

LIMIT = 1000
"""Resources that one call removes where no `limit` is given, and at most."""


async def handle(call: Call) -> Resource:
    """Removes earlier versions of a resource, or deleted resources with all their versions; gives their number.

    What is to be removed must be said: `expungePreviousVersions` or `expungeDeletedResources`.
    """
    assert call.type is not None
    connection = call.repository.connection
    previous, deleted = call.inputs.flag("expungePreviousVersions"), call.inputs.flag("expungeDeletedResources")
    if previous == deleted:
        raise BadRequest("Say what is to be removed: either expungePreviousVersions or expungeDeletedResources")
    if previous:
        if call.id is None:
            raise BadRequest("expungePreviousVersions needs the resource: /Type/id/$expunge")
        return outputs(("count", "valueInteger", await expunging.previous_versions(connection, call.type, call.id)))
    limit = min(call.inputs.number("limit") or LIMIT, LIMIT)
    ids, count = await expunging.deleted_resources(connection, call.type, call.id, limit)
    await index.forget(connection, call.type, ids)
    return outputs(("count", "valueInteger", count))


EXPUNGE = Operation(
    "expunge",
    (TYPE, INSTANCE),
    handle,
    PERMISSION,
    parameters=("expungePreviousVersions", "expungeDeletedResources", "limit"),
    changes=True,
    definition="urn:xinglin:operation:expunge",
)
