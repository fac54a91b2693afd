"""Operations as entries of a batch or transaction: those that only read (FHIR R4, Operations; Bundle, request)."""

from collections.abc import Sequence

from starlette.requests import Request

from xinglin.exchange.fhir import requests
from xinglin.exchange.fhir.operations.parameters import Inputs, read_inputs
from xinglin.exchange.fhir.operations.registry import READ, Call, Operation, find
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.store.entries import Entry
from xinglin.store.repository import Operations, Repository


def permitted(operation: Operation) -> bool:
    """Whether an operation may be an entry of a bundle: it only reads, and answers at once."""
    return operation.permission == READ and not operation.changes and not operation.bulk


def in_bundles(request: Request, repository: Repository, operations: Sequence[Operation]) -> Operations:
    """What calls the operations of the entries of a bundle that came with a request."""

    async def call(entry: Entry) -> Resource:
        target = entry.target
        type, id = target.type or None, target.id
        operation = find(operations, target.operation, type, id)
        if not permitted(operation):
            accepted = ", ".join(sorted({f"${each.name}" for each in operations if permitted(each)}))
            text = f"${operation.name} is not supported in a bundle; accepted are: {accepted}"
            raise BadRequest(text, code="not-supported")
        own = _request(request, entry)
        inputs = Inputs([*requests.parameters(own), *_given(entry)])
        inputs.accept(operation.parameters)
        done = await operation.handler(Call(own, repository, type, id, inputs))
        assert isinstance(done, dict)  # only what works in bulk answers otherwise
        return done

    return call


def _given(entry: Entry) -> list[tuple[str, object]]:
    """What the resource of a POST says: Parameters, or the parameter `resource` itself."""
    if entry.method != "POST" or not entry.resource:
        return []
    if entry.resource.get("resourceType") == "Parameters":
        return read_inputs(entry.resource)
    return [("resource", entry.resource)]


def _request(request: Request, entry: Entry) -> Request:
    """The request as if the entry had come by itself, for the links in its answer."""
    target = entry.target
    name = "/".join(part for part in (target.type, target.id, f"${target.operation}") if part)
    root = request.scope.get("root_path", "")
    query = target.query.encode()
    return Request({**request.scope, "method": entry.method, "path": f"{root}/{name}", "query_string": query})
