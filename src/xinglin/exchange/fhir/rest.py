"""The routes of FHIR's RESTful API (FHIR R4, RESTful API)."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import wraps
from typing import TypeAlias
from urllib.parse import parse_qsl

import psycopg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from xinglin.exchange.fhir import requests, responses
from xinglin.exchange.fhir.capabilities import capability_statement
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, Conflict, FhirError, NotFound
from xinglin.store.repository import Repository

OpenRepository: TypeAlias = Callable[[Request, str], AbstractAsyncContextManager[Repository]]
"""Opens the repository in one transaction for a request whose caller has a permission, or raises a `FhirError`."""

READ, WRITE = "fhir.read", "fhir.write"
"""The permissions that the routes ask for."""

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_log = logging.getLogger(__name__)


class NotSupported(FhirError):
    """The path exists, but not with this method."""

    status, code = 405, "not-supported"


def routes(open_repository: OpenRepository, *, body_limit: int = requests.BODY_LIMIT) -> list[Route]:
    """The routes, to be mounted at the base of the FHIR server, such as /fhir."""
    api = _Api(open_repository, body_limit)
    made = [
        Route("/", _answering(api.bundle), methods=["POST"]),
        Route("/metadata", _answering(api.metadata), methods=["GET"]),
        Route("/{type}", _answering(api.search), methods=["GET"]),
        Route("/{type}", _answering(api.create), methods=["POST"]),
        Route("/{type}/_search", _answering(api.search_by_post), methods=["POST"]),
        Route("/{type}/{id}", _answering(api.read), methods=["GET"]),
        Route("/{type}/{id}", _answering(api.update), methods=["PUT"]),
        Route("/{type}/{id}", _answering(api.delete), methods=["DELETE"]),
        Route("/{type}/{id}/_history", _answering(api.history), methods=["GET"]),
        Route("/{type}/{id}/_history/{version}", _answering(api.vread), methods=["GET"]),
    ]
    known = tuple(made)

    async def unknown(request: Request) -> Response:
        path = f"/{request.path_params['path']}"
        if any(route.path_regex.match(path) for route in known):
            raise NotSupported(f"{request.method} {path} is not supported")
        raise NotFound(f"There is no {path}; /metadata tells what there is")

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [*made, Route("/{path:path}", _answering(unknown), methods=methods)]


def _answering(handler: Handler) -> Handler:
    """Answers every error with an OperationOutcome. What was not foreseen is logged and not told."""

    @wraps(handler)
    async def answering(request: Request) -> Response:
        try:
            requests.check_accepted(request)
            return await handler(request)
        except FhirError as error:
            return responses.failure(error)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            return responses.failure(Conflict("Another request changed the same resources; repeat this one"))
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return responses.failure(FhirError("The server failed; the fault is in its log"))

    return answering


class _Api:
    """The handlers. Each opens one transaction, and answers only when it is committed."""

    def __init__(self, open_repository: OpenRepository, body_limit: int) -> None:
        self.open = open_repository
        self.limit = body_limit
        self.started = datetime.now(UTC)

    async def metadata(self, request: Request) -> Response:
        return responses.answer(capability_statement(self.started, responses.base_url(request)))

    async def read(self, request: Request) -> Response:
        type, id = _type(request), request.path_params["id"]
        async with self.open(request, READ) as repository:
            version = await repository.read_raw(type, id)
        return responses.stored(request, version)

    async def vread(self, request: Request) -> Response:
        type, id, number = _type(request), request.path_params["id"], request.path_params["version"]
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise NotFound(f"There is no version {number} of {type}/{id}")
        async with self.open(request, READ) as repository:
            version = await repository.vread_raw(type, id, int(number))
        return responses.stored(request, version)

    async def history(self, request: Request) -> Response:
        type, id = _type(request), request.path_params["id"]
        _refuse_parameters(request)
        async with self.open(request, READ) as repository:
            versions = await repository.history(type, id)
        return responses.answer(responses.history_bundle(request, type, id, versions))

    async def create(self, request: Request) -> Response:
        type = _type(request)
        resource = await requests.read_resource(request, self.limit)
        if resource.get("resourceType") != type:
            raise BadRequest(f"The request is for {type}, the resource is {resource.get('resourceType')!r}")
        condition = request.headers.get("if-none-exist")
        async with self.open(request, WRITE) as repository:
            made, new = await repository.create_unless(resource, condition)
        return responses.written(request, made, new=new, prefers=requests.prefers(request))

    async def update(self, request: Request) -> Response:
        type, id = _type(request), request.path_params["id"]
        resource = await requests.read_resource(request, self.limit)
        if (resource.get("resourceType"), resource.get("id")) != (type, id):
            found = f"{resource.get('resourceType')}/{resource.get('id')}"
            raise BadRequest(f"The request is for {type}/{id}, the resource is {found}", expression=f"{type}.id")
        async with self.open(request, WRITE) as repository:
            made, new = await repository.put(resource, if_match=requests.if_match(request))
        return responses.written(request, made, new=new, prefers=requests.prefers(request))

    async def delete(self, request: Request) -> Response:
        type, id = _type(request), request.path_params["id"]
        async with self.open(request, WRITE) as repository:
            await repository.delete(type, id, if_match=requests.if_match(request))
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        return await self._search(request, _parameters(request))

    async def search_by_post(self, request: Request) -> Response:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            raise requests.UnsupportedMediaType(f"{media!r} is not read; accepted is application/x-www-form-urlencoded")
        body = await requests.read_body(request, self.limit)
        try:
            form = parse_qsl(body.decode(), keep_blank_values=True)
        except ValueError as error:
            raise BadRequest(f"The form can't be read: {error}") from error
        return await self._search(request, [*_parameters(request), *form])

    async def _search(self, request: Request, params: list[tuple[str, str]]) -> Response:
        type = _type(request)
        async with self.open(request, READ) as repository:
            page = await repository.search(type, params)
        return responses.answer(responses.search_bundle(request, type, params, page))

    async def bundle(self, request: Request) -> Response:
        bundle = await requests.read_resource(request, self.limit)
        async with self.open(request, WRITE) as repository:
            if bundle.get("type") == "batch":
                done = await repository.batch(bundle)
            else:
                done = await repository.transaction(bundle)
        return responses.answer(done)


def _type(request: Request) -> str:
    name: str = request.path_params["type"]
    if name not in resource_types():
        raise NotFound(f"{name} is not a resource type of FHIR R4", code="not-supported")
    return name


def _parameters(request: Request) -> list[tuple[str, str]]:
    """The query's parameters without the one on the format, which `check_accepted` reads."""
    return [(name, value) for name, value in request.query_params.multi_items() if name != "_format"]


def _refuse_parameters(request: Request) -> None:
    if named := _parameters(request):
        raise BadRequest(f"{named[0][0]} is not supported here; accepted is _format", code="not-supported")
