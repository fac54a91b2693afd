"""The FHIR server as one ASGI application, which answers every path, even those that no route can match."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.requests import Request
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from xinglin.exchange.fhir import responses
from xinglin.exchange.fhir.interactions import Known, OpenRepository
from xinglin.exchange.fhir.requests import BODY_LIMIT
from xinglin.exchange.fhir.rest import routes
from xinglin.fhir.outcome import NotFound
from xinglin.store.repository import Repository
from xinglin.store.topics import BY_TYPE, Topics
from xinglin.terminology.knowing import knowing


def create_fhir(
    open_repository: OpenRepository,
    known: Known,
    *,
    folder: Path | None = None,
    body_limit: int = BODY_LIMIT,
    topics: Topics = BY_TYPE,
) -> Router:
    """The routes, to be mounted at the base of the FHIR server, such as /fhir.

    `known` tells the search parameters in force, without asking who wants to know. `folder` keeps the files of exports
    and imports; without one there are no such operations. `body_limit` are the bytes that a body may have; `topics` are
    those to which one may subscribe.
    """
    made = routes(_knowing(open_repository, topics), known, body_limit=body_limit, folder=folder, topics=topics)
    return Router(made, default=_unknown)


def _knowing(open_repository: OpenRepository, topics: Topics) -> OpenRepository:
    """The same, with repositories that know their terminology, and the topics."""

    @asynccontextmanager
    async def opened(request: Request, permission: str) -> AsyncIterator[Repository]:
        async with open_repository(request, permission) as repository:
            repository.topics = topics
            yield knowing(repository)

    return opened


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    # A path with a line break, say: Starlette's own answer would be a plain text.
    error = NotFound("There is no such path; /metadata tells what there is")
    await responses.failure(Request(scope), error)(scope, receive, send)
