"""The routes of FHIR's RESTful API, and what surrounds every interaction: errors as OperationOutcomes, repetition of
what concurrent writers undid, HEAD and OPTIONS."""

import asyncio
import logging
import random
from functools import wraps
from pathlib import Path

import psycopg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from xinglin.exchange.fhir import formats, requests, responses
from xinglin.exchange.fhir.interactions import Handler, Interactions, Known, OpenRepository
from xinglin.exchange.fhir.operations import OPERATIONS
from xinglin.exchange.fhir.operations.calling import caller
from xinglin.fhir.outcome import Conflict, FhirError, NotFound
from xinglin.store.topics import BY_TYPE, Topics

ATTEMPTS = 5
"""How often a request is carried out that a deadlock or a serialization failure undid."""

BUNDLE_LIMIT = 256 * 1024 * 1024
"""Bytes that a bundle may have; the number of its entries is not limited."""

_log = logging.getLogger(__name__)


def routes(
    open_repository: OpenRepository,
    known: Known,
    *,
    body_limit: int = requests.BODY_LIMIT,
    bundle_limit: int | None = None,
    folder: Path | None = None,
    topics: Topics = BY_TYPE,
) -> list[Route]:
    """The routes, to be mounted at the base of the FHIR server, such as /fhir.

    `known` tells the search parameters in force. `body_limit` are the bytes that a body may have; `bundle_limit` those
    of a bundle, by default as many or `BUNDLE_LIMIT`. `folder` keeps the files of exports and imports; without one
    there are no such operations. `topics` are listed in the CapabilityStatement.
    """
    if bundle_limit is None:
        bundle_limit = BUNDLE_LIMIT if body_limit == requests.BODY_LIMIT else body_limit
    operations = tuple(each for each in OPERATIONS if folder is not None or not each.bulk)
    api = Interactions(open_repository, known, operations, body_limit, bundle_limit, topics)
    call = answering(caller(open_repository, operations, body_limit, folder))
    made = [
        Route(path, call, methods=["GET", "POST", "DELETE"])
        for path in ("/${op}", "/{type}/${op}", "/{type}/{id}/${op}")
    ]
    made += [Route(each.path, answering(each.handler), methods=[each.method]) for each in api.listed()]
    every = tuple(made)

    async def other(request: Request) -> Response:
        path = f"/{request.path_params['path']}"
        methods = sorted({name for route in every if route.path_regex.match(path) for name in route.methods or ()})
        if not methods:
            raise NotFound(f"There is no {path}; /metadata tells what there is")
        allowed = {"Allow": ", ".join([*methods, "OPTIONS"])}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        refused = responses.failure(request, requests.NotSupported(f"{request.method} {path} is not supported"))
        refused.headers.update(allowed)
        return refused

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [*made, Route("/{path:path}", answering(other), methods=methods)]


def answering(handler: Handler) -> Handler:
    """Answers every error with an OperationOutcome. What was not foreseen is logged and not told."""

    @wraps(handler)
    async def answering(request: Request) -> Response:
        try:
            formats.wanted(request)
            return _for_method(request, await repeated(handler, request))
        except FhirError as error:
            return responses.failure(request, error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return responses.failure(request, FhirError("The server failed; the fault is in its log"))

    return answering


async def repeated(handler: Handler, request: Request) -> Response:
    """Carries out a request, again where another one's changes undid it. Raises `Conflict` after `ATTEMPTS`.

    The transaction was rolled back each time, so nothing is done twice.
    """
    for attempt in range(ATTEMPTS):
        try:
            return await handler(request)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            # Not all at once again, and each time with more room between them.
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
    raise Conflict("Other requests keep changing the same resources; repeat this one")


def _for_method(request: Request, response: Response) -> Response:
    """HEAD gets the headers, the length among them, of what GET would get (RFC 9110, 9.3.2)."""
    if request.method != "HEAD":
        return response
    return Response(status_code=response.status_code, headers=dict(response.headers))
