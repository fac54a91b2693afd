"""The FHIR server as one ASGI application, which answers every path, even those that no route can match."""

from pathlib import Path

from starlette.requests import Request
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from xinglin.exchange.fhir import responses
from xinglin.exchange.fhir.interactions import OpenRepository
from xinglin.exchange.fhir.rest import routes
from xinglin.fhir.outcome import NotFound


def create_fhir(open_repository: OpenRepository, *, folder: Path | None = None) -> Router:
    """The routes, to be mounted at the base of the FHIR server, such as /fhir; `folder` is where bulk data lie."""
    return Router(routes(open_repository, folder=folder), default=_unknown)


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    # A path with a line break, say: Starlette's own answer would be a plain text.
    error = NotFound("There is no such path; /metadata tells what there is")
    await responses.failure(Request(scope), error)(scope, receive, send)
