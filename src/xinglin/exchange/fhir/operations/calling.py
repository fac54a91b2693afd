"""Calls operations over HTTP: finds the one that is meant, reads its input, opens the repository."""

from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from xinglin.exchange.fhir import formats, requests, responses
from xinglin.exchange.fhir.bulk.uploading import upload
from xinglin.exchange.fhir.interactions import Handler, OpenRepository
from xinglin.exchange.fhir.operations.parameters import Inputs, read_inputs
from xinglin.exchange.fhir.operations.registry import Call, Operation, find
from xinglin.fhir.types import Resource

FORM = "application/x-www-form-urlencoded"


def caller(
    open_repository: OpenRepository, operations: Sequence[Operation], limit: int, folder: Path | None
) -> Handler:
    """The handler for all paths with an operation; `limit` are the bytes that a body may have, `folder` keeps files."""

    async def call(request: Request) -> Response:
        type = requests.type_of(request) if "type" in request.path_params else None
        id = request.path_params.get("id")
        operation = find(operations, request.path_params["op"], type, id)
        accepted = ("POST",) if operation.changes else operation.methods
        if request.method not in accepted:
            raise requests.NotSupported(f"${operation.name} is called by {' or '.join(accepted)}")
        uploaded = None
        if operation.uploads and folder is not None:
            async with open_repository(request, operation.permission):
                pass  # whoever may not come in must not fill the disk
            uploaded = await upload(request, folder)
        inputs = Inputs(requests.parameters(request) if uploaded else await _inputs(request, limit))
        inputs.accept(operation.parameters)
        async with open_repository(request, operation.permission) as repository:
            done = await operation.handler(Call(request, repository, type, id, inputs, folder, uploaded))
        return done if isinstance(done, Response) else responses.answer(request, done)

    return call


async def _inputs(request: Request, limit: int) -> list[tuple[str, object]]:
    """What the query, a form, a Parameters resource or a resource as the body says."""
    found: list[tuple[str, object]] = list(requests.parameters(request))
    if request.method != "POST" or not await requests.read_body(request, limit):
        return found
    if formats.plain(request.headers.get("content-type")) == FORM:
        return found + list(await requests.read_form(request, limit))
    resource: Resource = await requests.read_resource(request, limit)
    if resource.get("resourceType") == "Parameters":
        return found + read_inputs(resource)
    return [*found, ("resource", resource)]
