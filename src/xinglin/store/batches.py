"""Batches (FHIR R4, RESTful API, batch): every entry on its own, one failure does not touch the others."""

from typing import TYPE_CHECKING

from xinglin.fhir.outcome import BadRequest, FhirError, Issue
from xinglin.fhir.types import Resource
from xinglin.store.bundles import process_transaction

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    422: "Unprocessable Entity",
}


async def process_batch(repository: "Repository", bundle: Resource, *, representation: bool = False) -> Resource:
    """Carries out a batch bundle and gives the batch-response, with an OperationOutcome for each entry that failed."""
    entries = bundle.get("entry", [])
    if bundle.get("type") != "batch" or not isinstance(entries, list):
        raise BadRequest("A Bundle of type batch is expected", expression="Bundle.type", code="value")
    answered = [await _alone(repository, index, entry, representation) for index, entry in enumerate(entries)]
    return {"resourceType": "Bundle", "type": "batch-response", **({"entry": answered} if answered else {})}


async def _alone(repository: "Repository", index: int, entry: Resource, representation: bool) -> Resource:
    single = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    try:
        async with repository.connection.transaction():  # a savepoint within the caller's transaction
            done = await process_transaction(repository, single, representation=representation)
    except FhirError as error:
        located = FhirError(issues=[_at(issue, index) for issue in error.issues])
        status = f"{error.status} {_REASONS.get(error.status, 'Error')}"
        return {"response": {"status": status, "outcome": located.outcome()}}
    answer: Resource = done["entry"][0]
    return answer


def _at(issue: Issue, index: int) -> Issue:
    expression = (issue.expression or "").replace("Bundle.entry[0]", f"Bundle.entry[{index}]")
    return Issue(issue.severity, issue.code, issue.diagnostics, expression or None)
