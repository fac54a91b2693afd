"""The HTTP interface to commands and views.

Every command is `POST /commands/{name}` and every view `GET /views/{name}`; both are described by OpenAPI from the
typed input, the docstring and the row. Callers sign in with `POST /session` and send the token as
`Authorization: Bearer`; cookies are not looked at, so no page of another site can act through a browser.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from xinglin.fhir import json
from xinglin.fhir.outcome import FhirError, Issue, operation_outcome
from xinglin.kernel.application import Application
from xinglin.kernel.command import Command
from xinglin.kernel.view import Row, View
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Actor, OpenedSession, Post


class Session(BaseModel):
    """An open session. `token` goes into the header `Authorization: Bearer`; `roles` are those of the `post`."""

    token: str
    name: str
    roles: list[str]
    post: str | None = Field(description="The PractitionerRole in force")


class PostInForce(BaseModel):
    """A post that the caller holds now, and may work in."""

    reference: str = Field(description="A PractitionerRole")
    title: str
    roles: list[str]
    department: str | None = Field(description="An Organization")
    campus: str | None = Field(description="A Location")


class ChosenPost(BaseModel):
    """The post in which to go on."""

    post: str = Field(description="One of the caller's PractitionerRoles", max_length=100)


class Gate(Protocol):
    """Who may come in: signs people in and out, and tells who is calling."""

    async def sign_in(self, login: str, password: str, client: str, code: str | None) -> OpenedSession:
        """Opens a session; raises `FhirError` with status 401 where login, password and code do not fit."""

    async def sign_out(self, token: str, client: str) -> None:
        """Closes a session."""

    async def posts(self, token: str) -> list[Post]:
        """The posts of whoever holds `token`; raises `FhirError` with status 401 where nobody does."""

    async def switch_post(self, token: str, reference: str, client: str) -> OpenedSession:
        """Goes on in another post; the token is a new one. Raises `FhirError` with status 401 or 403."""

    async def caller(self, token: str) -> Actor:
        """Who holds `token`; raises `FhirError` with status 401 where nobody does."""


class Unauthorized(FhirError):
    """Nobody is signed in (HTTP 401)."""

    status = 401
    code = "login"


class SignIn(BaseModel):
    """Login and password, and a code of the second factor for whoever has one."""

    login: str = Field(max_length=100)
    password: str = Field(max_length=1000)
    code: str | None = Field(None, max_length=40, description="Of the authenticator app, or a recovery code")


class FhirJson(JSONResponse):
    """JSON by the house's own writer, which keeps decimals as they were written."""

    def render(self, content: Any) -> bytes:
        """The content as JSON."""
        return json.dumps(content)


class Changed(BaseModel):
    """One resource that a command wrote."""

    kind: str = Field(description="create, update or delete")
    type: str
    id: str
    version: int
    patient: str | None


class CommandResult(BaseModel):
    """What a command did."""

    resource: dict[str, Any] = Field(description="The FHIR resource that the command is about")
    changes: list[Changed]
    replayed: bool = Field(description="Whether it had been done before, under the same idempotency key")


RowT = TypeVar("RowT", bound=Row)


class ViewPage(BaseModel, Generic[RowT]):
    """Rows of a view."""

    rows: list[RowT]
    next: str | None = Field(description="Cursor of the following page")
    total: int | None = Field(description="Number of all rows, where it is known")


Responses = dict[int | str, dict[str, Any]]
REFUSALS: Responses = {
    status: {"description": f"{text}; a FHIR OperationOutcome"}
    for status, text in (
        (400, "The input is wrong"),
        (401, "Nobody is signed in"),
        (403, "Not permitted"),
        (404, "There is no such thing"),
        (409, "The rules of the hospital forbid it now"),
    )
}

Caller = Callable[[Request], Awaitable[Actor]]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        description="A second call with the same key and input changes nothing and gives the first one's result.",
    ),
]


def create_api(application: Callable[[], Application], gate: Gate) -> FastAPI:
    """The interface as an ASGI application to be mounted where it belongs. `application` is asked for at every call."""
    api = FastAPI(
        title="Xinglin 杏林",
        summary="Commands and views of the hospital",
        version="1",
        default_response_class=FhirJson,
        docs_url=None,
        redoc_url=None,
    )
    api.add_exception_handler(FhirError, _refused)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(HTTPException, _protocol)
    api.add_exception_handler(Exception, _broken)
    _add_session(api, gate)

    async def caller(request: Request) -> Actor:
        actor = await gate.caller(bearer(request))
        request.state.actor = actor
        return actor

    registry = application().registry
    for command in registry.commands.values():
        _add_command(api, command, application, caller)
    for view in registry.views.values():
        _add_view(api, view, application, caller)
    return api


def bearer(request: Request) -> str:
    """The token in the header `Authorization: Bearer`.

    Raises:
        Unauthorized: there is none.
    """
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Sign in first: POST /api/session, then send Authorization: Bearer <token>")
    return token.strip()


def _add_session(api: FastAPI, gate: Gate) -> None:
    @api.post("/session", tags=["session"], summary="Sign in")
    async def sign_in(request: Request, body: SignIn) -> Session:
        return _session(await gate.sign_in(body.login, body.password, _client(request), body.code))

    @api.delete("/session", tags=["session"], summary="Sign out", status_code=204)
    async def sign_out(request: Request) -> Response:
        await gate.sign_out(bearer(request), _client(request))
        return Response(status_code=204)

    @api.get("/session/posts", tags=["session"], summary="The posts among which the caller may choose")
    async def posts(request: Request) -> list[PostInForce]:
        return [PostInForce.model_validate(asdict(post)) for post in await gate.posts(bearer(request))]

    @api.put("/session/post", tags=["session"], summary="Go on in another post, with a new token")
    async def switch_post(request: Request, body: ChosenPost) -> Session:
        return _session(await gate.switch_post(bearer(request), body.post, _client(request)))


def _session(opened: OpenedSession) -> Session:
    actor = opened.actor
    post = actor.post.reference if actor.post else None
    return Session(token=opened.token, name=actor.name, roles=list(actor.roles), post=post)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _add_command(api: FastAPI, command: Command, application: Callable[[], Application], caller: Caller) -> None:
    async def operation(request: Request, input: Any, actor: Actor, key: str | None = None) -> FhirJson:
        client = request.client.host if request.client else None
        outcome = await application().execute(command.name, input.model_dump(), actor, key=key, client=client)
        return FhirJson(outcome.to_json())

    _sign(
        operation,
        request=Request,
        input=command.input,
        actor=Annotated[Actor, Depends(caller)],
        key=IdempotencyKey,
    )
    api.add_api_route(
        f"/commands/{command.name}",
        operation,
        methods=["POST"],
        tags=[command.capability],
        operation_id=command.name,
        summary=command.title,
        description=command.description,
        response_class=FhirJson,
        responses={**REFUSALS, 200: {"model": CommandResult, "description": "Done"}},
    )


def _add_view(api: FastAPI, view: View, application: Callable[[], Application], caller: Caller) -> None:
    async def operation(request: Request, filter: Any, actor: Actor) -> FhirJson:
        client = request.client.host if request.client else None
        page = await application().view(view.name, filter.model_dump(exclude_none=True), actor, client=client)
        rows = [row.model_dump(mode="json") for row in page.rows]
        return FhirJson({"rows": rows, "next": page.next, "total": page.total})

    _sign(operation, request=Request, filter=Annotated[view.filter, Query()], actor=Annotated[Actor, Depends(caller)])
    api.add_api_route(
        f"/views/{view.name}",
        operation,
        methods=["GET"],
        tags=[view.capability],
        operation_id=view.name,
        summary=view.title,
        description=view.description,
        response_class=FhirJson,
        responses={**REFUSALS, 200: {"model": ViewPage[view.row], "description": "Rows"}},  # type: ignore[name-defined]
    )


def _sign(operation: Callable[..., Any], **kinds: Any) -> None:
    """Gives a function the signature that FastAPI reads, with one parameter for each of `kinds`."""
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=kind,
            default=None if name == "key" else inspect.Parameter.empty,
        )
        for name, kind in kinds.items()
    ]
    operation.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, FhirError)
    return FhirJson(operation_outcome(error.issues), status_code=error.status)


async def _protocol(_request: Request, error: Exception) -> Response:
    """An unknown path, a method that is not offered, a body that can't be read at all."""
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "not-supported"}.get(error.status_code, "structure")
    outcome = operation_outcome([Issue("error", code, str(error.detail))])
    return FhirJson(outcome, error.status_code, dict(error.headers or {}))


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    issues = [
        Issue("error", "structure", str(fault["msg"]), ".".join(str(part) for part in fault["loc"][1:]) or None)
        for fault in error.errors()
    ]
    return FhirJson(operation_outcome(issues), status_code=400)


async def _broken(_request: Request, _error: Exception) -> Response:
    """What was not foreseen is in the server's log and not told."""
    return FhirJson(operation_outcome([Issue("fatal", "exception", _("The server failed; please try again"))]), 500)
