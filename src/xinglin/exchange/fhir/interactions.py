"""The interactions of FHIR's RESTful API (FHIR R4, RESTful API), each with the route where it lives."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from xinglin.exchange.fhir import requests, responses
from xinglin.exchange.fhir.capabilities import capability_statement
from xinglin.exchange.fhir.operations.bundled import in_bundles
from xinglin.exchange.fhir.operations.registry import Operation
from xinglin.fhir.outcome import BadRequest, Gone, NotFound
from xinglin.fhir.search import SearchParameters
from xinglin.fhir.types import Resource
from xinglin.store.history import parse_history
from xinglin.store.repository import Repository
from xinglin.store.systemwide import search_types
from xinglin.store.topics import Topics

OpenRepository: TypeAlias = Callable[[Request, str], AbstractAsyncContextManager[Repository]]
"""Opens the repository in one transaction for a request whose caller has a permission, or raises a `FhirError`."""

Compartment: TypeAlias = tuple[str, str]
"""Type and id of the resource whose compartment it is."""

Known: TypeAlias = Callable[[], Awaitable[SearchParameters]]
"""Tells the search parameters that are in force."""

READ, WRITE = "fhir.read", "fhir.write"
"""The permissions that the interactions ask for."""

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Interaction:
    """A handler with its method and path."""

    method: str
    path: str
    handler: Handler


class Interactions:
    """The handlers. Each opens one transaction, and answers only when it is committed.

    `bundle_limit` are the bytes that a bundle may have; the number of its entries is not limited. `known` tells the
    search parameters for the CapabilityStatement, which strangers may read.
    """

    def __init__(
        self,
        open_repository: OpenRepository,
        known: Known,
        operations: tuple[Operation, ...],
        body_limit: int,
        bundle_limit: int,
        topics: Topics,
    ) -> None:
        self.open = open_repository
        self.known = known
        self.operations = operations
        self.limit = body_limit
        self.bundle_limit = bundle_limit
        self.topics = topics
        self.started = datetime.now(UTC)

    def listed(self) -> list[Interaction]:
        """All interactions, those with fixed words in their path before those with names."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/", self.bundle),
            ("GET", "/", self.search_system),
            ("GET", "/metadata", self.metadata),
            ("GET", "/_history", self.history),
            ("GET", "/{type}/_history", self.history),
            ("POST", "/{type}/_search", self.search_by_post),
            ("GET", "/{type}", self.search),
            ("POST", "/{type}", self.create),
            ("PUT", "/{type}", self.update_where),
            ("PATCH", "/{type}", self.patch_where),
            ("DELETE", "/{type}", self.delete_where),
            ("GET", "/{type}/{id}", self.read),
            ("PUT", "/{type}/{id}", self.update),
            ("PATCH", "/{type}/{id}", self.patch),
            ("DELETE", "/{type}/{id}", self.delete),
            ("GET", "/{type}/{id}/_history", self.history),
            ("GET", "/{type}/{id}/_history/{version}", self.vread),
            ("GET", "/{compartment}/{id}/*", self.search_whole_compartment),
            ("GET", "/{compartment}/{id}/{type}", self.search_compartment),
        ]
        return [Interaction(*row) for row in table]

    async def metadata(self, request: Request) -> Response:
        """The CapabilityStatement (capabilities)."""
        base, known = responses.base_url(request), await self.known()
        statement = capability_statement(self.started, base, self.operations, known, self.topics)
        return responses.answer(request, statement)

    async def read(self, request: Request) -> Response:
        """The current version of a resource (read)."""
        type, id = requests.type_of(request), request.path_params["id"]
        shape = requests.shape(request, type)
        async with self.open(request, READ) as repository:
            version = await repository.read_raw(type, id)
        return responses.stored(request, version, shape)

    async def vread(self, request: Request) -> Response:
        """One version of a resource (vread)."""
        type, id, number = requests.type_of(request), request.path_params["id"], request.path_params["version"]
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise NotFound(f"There is no version {number} of {type}/{id}")
        async with self.open(request, READ) as repository:
            version = await repository.vread_raw(type, id, int(number))
        return responses.stored(request, version)

    async def history(self, request: Request) -> Response:
        """Versions of a resource, of a type or of everything, newest first (history)."""
        type = requests.type_of(request) if "type" in request.path_params else None
        id = request.path_params.get("id")
        async with self.open(request, READ) as repository:
            query = parse_history(requests.parameters(request), repository.zone, type=type, id=id)
            page = await repository.history_page(query)
        path = "/".join(part for part in (type, id, "_history") if part)
        return responses.answer(request, responses.history_bundle(request, path, page))

    async def create(self, request: Request) -> Response:
        """A new resource, unless `If-None-Exist` finds one (create)."""
        resource = await self._resource(request)
        condition = request.headers.get("if-none-exist")
        async with self.open(request, WRITE) as repository:
            made, new = await repository.create_unless(resource, condition)
        return responses.written(request, made, new=new)

    async def update(self, request: Request) -> Response:
        """A new version of a resource, or the first one of a new id (update)."""
        type, id = requests.type_of(request), request.path_params["id"]
        resource = await requests.read_resource(request, self.limit)
        if (resource.get("resourceType"), resource.get("id")) != (type, id):
            found = f"{resource.get('resourceType')}/{resource.get('id')}"
            raise BadRequest(f"The request is for {type}/{id}, the resource is {found}", expression=f"{type}.id")
        async with self.open(request, WRITE) as repository:
            made, new = await repository.put(resource, if_match=requests.if_match(request))
        return responses.written(request, made, new=new)

    async def update_where(self, request: Request) -> Response:
        """A new version of the one resource that a search finds, else a new resource (conditional update)."""
        resource = await self._resource(request)
        condition, version = requests.condition(request), requests.if_match(request)
        async with self.open(request, WRITE) as repository:
            made, new = await repository.put_where(resource, condition, if_match=version)
        return responses.written(request, made, new=new)

    async def patch(self, request: Request) -> Response:
        """A new version by a JSON Patch (patch)."""
        type, id, version = requests.type_of(request), request.path_params["id"], requests.if_match(request)
        change = await requests.read_patch(request, self.limit)
        async with self.open(request, WRITE) as repository:
            made = await repository.patch(type, id, change, if_match=version)
        return responses.written(request, made, new=False)

    async def patch_where(self, request: Request) -> Response:
        """A new version, by a JSON Patch, of the one resource that a search finds (conditional patch)."""
        type, condition, version = requests.type_of(request), requests.condition(request), requests.if_match(request)
        change = await requests.read_patch(request, self.limit)
        async with self.open(request, WRITE) as repository:
            made = await repository.patch_where(type, condition, change, if_match=version)
        return responses.written(request, made, new=False)

    async def delete(self, request: Request) -> Response:
        """Deletes a resource; one that is not there is deleted already (delete)."""
        type, id, version = requests.type_of(request), request.path_params["id"], requests.if_match(request)
        try:
            async with self.open(request, WRITE) as repository:
                await repository.delete(type, id, if_match=version)
        except (NotFound, Gone):
            if version is not None:
                raise
        return responses.deleted(request, f"{type}/{id}")

    async def delete_where(self, request: Request) -> Response:
        """Deletes the one resource that a search finds, if any (conditional delete, single)."""
        type, condition, version = requests.type_of(request), requests.condition(request), requests.if_match(request)
        async with self.open(request, WRITE) as repository:
            await repository.delete_where(type, condition, if_match=version)
        return responses.deleted(request, f"{type}?{condition}")

    async def search(self, request: Request) -> Response:
        """A page of the resources that match (search-type)."""
        return await self._search(request, requests.parameters(request))

    async def search_by_post(self, request: Request) -> Response:
        """The same, with parameters in the body (search-type)."""
        form = await requests.read_form(request, self.limit)
        return await self._search(request, [*requests.parameters(request), *form])

    async def search_compartment(self, request: Request) -> Response:
        """A page of what belongs to a compartment, is of a type, and matches (search-compartment)."""
        return await self._search(request, requests.parameters(request), _compartment(request))

    async def search_whole_compartment(self, request: Request) -> Response:
        """A page of what belongs to a compartment and matches, of all its types or those of `_type`."""
        return await self._search_types(request, _compartment(request))

    async def search_system(self, request: Request) -> Response:
        """A page of what matches among the types of `_type` (search-system)."""
        return await self._search_types(request)

    async def _search(
        self, request: Request, params: list[tuple[str, str]], compartment: Compartment | None = None
    ) -> Response:
        type, lenient = requests.type_of(request), requests.lenient(request)
        async with self.open(request, READ) as repository:
            page = await repository.search(type, params, lenient=lenient, compartment=compartment)
        path = "/".join([*(compartment or ()), type])
        return responses.answer(request, responses.search_bundle(request, path, params, page))

    async def _search_types(self, request: Request, compartment: Compartment | None = None) -> Response:
        params, lenient = requests.parameters(request), requests.lenient(request)
        async with self.open(request, READ) as repository:
            page = await search_types(repository, params, lenient=lenient, compartment=compartment)
        path = "/".join([*compartment, "*"]) if compartment else ""
        return responses.answer(request, responses.search_bundle(request, path, params, page))

    async def bundle(self, request: Request) -> Response:
        """Many interactions in one request (transaction, batch)."""
        bundle = await requests.read_resource(request, self.bundle_limit)
        whole = requests.prefers(request) == "representation"
        async with self.open(request, WRITE) as repository:
            repository.operations = in_bundles(request, repository, self.operations)
            if bundle.get("type") == "batch":
                done = await repository.batch(bundle, representation=whole)
            else:
                done = await repository.transaction(bundle, representation=whole)
        return responses.answer(request, done)

    async def _resource(self, request: Request) -> Resource:
        """The resource in the body, of the type in the path."""
        type = requests.type_of(request)
        resource = await requests.read_resource(request, self.limit)
        if resource.get("resourceType") != type:
            raise BadRequest(f"The request is for {type}, the resource is {resource.get('resourceType')!r}")
        return resource


def _compartment(request: Request) -> Compartment:
    return request.path_params["compartment"], request.path_params["id"]
