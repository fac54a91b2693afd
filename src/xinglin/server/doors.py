"""Who may come in by HTTP: sessions by token, for the command interface and for FHIR."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from xinglin.exchange.api.application import Unauthorized, bearer
from xinglin.exchange.fhir.responses import failure
from xinglin.exchange.fhir.scopes import demand_scopes
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.application import Application
from xinglin.kernel.errors import NotPermitted
from xinglin.kernel.roles import FHIR_PERMISSIONS
from xinglin.platform import audit
from xinglin.platform.door import Door, Unfinished
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import AccountError, Actor, KnownActors, OpenedSession, Post, SignInRefused
from xinglin.platform.identity.keys import PREFIX
from xinglin.platform.settings import Settings
from xinglin.server import recording
from xinglin.store.repository import Repository

READ = "fhir.read"


class SignInFailed(FhirError):
    """Login and password do not fit (HTTP 401)."""

    status = 401
    code = "login"

    def __init__(self, refused: SignInRefused) -> None:
        super().__init__(refused.text)
        self.refused = refused


class SignInTooOften(SignInFailed):
    """Too many failures in a row (HTTP 429)."""

    status = 429
    code = "throttled"


class TokenGate:
    """Sessions of those who come with a token."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._door = Door(application.database, settings, application.local_time)
        self._known = KnownActors()

    async def sign_in(self, login: str, password: str, client: str, code: str | None = None) -> OpenedSession:
        """Opens a session. Raises `SignInFailed`, also where the account wants what only a person can do."""
        try:
            opened = await self._door.sign_in(login, password, client)
            if isinstance(opened, Unfinished) and opened.wanted == "code" and code:
                opened = await self._door.prove(opened.token, code, client)
        except SignInRefused as refused:
            raise (SignInTooOften if refused.status == 429 else SignInFailed)(refused) from None
        if isinstance(opened, Unfinished):
            wanted = {
                "code": _("A code of the second factor is needed; send it as `code`"),
                "enrolment": _("Sign in with a browser first: a second factor must be set up"),
                "renewal": _("Sign in with a browser first: the password must be changed"),
            }
            raise SignInFailed(SignInRefused(wanted[opened.wanted], 401))
        return opened

    async def sign_out(self, token: str, client: str) -> None:
        """Closes a session."""
        session = await self._door.resume(token)
        self._known.forget(token)
        await self._door.sign_out(token, session.actor if session else None, client)

    async def posts(self, token: str) -> list[Post]:
        """The posts of whoever holds `token`. Raises `Unauthorized`."""
        return await self._door.posts(await self.caller(token))

    async def switch_post(self, token: str, reference: str, client: str) -> OpenedSession:
        """Goes on in another post, under a new token. Raises `Unauthorized`, or `NotPermitted` for a foreign one."""
        session = await self._door.resume(token)
        if session is None:
            raise Unauthorized(_("The session has ended; please sign in again"))
        self._known.forget(token)
        try:
            return await self._door.switch_post(session, token, reference, client, renew=True)
        except AccountError as error:
            raise NotPermitted(str(error), expression="post") from error

    async def caller(self, token: str) -> Actor:
        """Who holds `token`, a session's or the key of a service. Raises `Unauthorized`."""
        known = self._known.get(token)
        if known is not None:
            return known
        if token.startswith(PREFIX):
            service = await self._door.service(token)
            if service is None:
                raise Unauthorized(_("This key is unknown, has expired or was revoked"))
            self._known.keep(token, service)
            return service
        session = await self._door.resume(token)
        if session is None:
            raise Unauthorized(_("The session has ended; please sign in again"))
        self._known.keep(token, session.actor)
        return session.actor

    @asynccontextmanager
    async def repository(self, request: Request, permission: str) -> AsyncIterator[Repository]:
        """The store for a caller with `permission`, such as `fhir.read`: to write in one transaction, to read
        outside of any. A write is on record in its transaction, all else before the answer goes out (`OnRecord`).

        Raises:
            Unauthorized: nobody is signed in. NotPermitted: the caller's roles do not give the permission.
        """
        actor = await self.caller(bearer(request))
        now = self._application.clock()
        entry = recording.begin(request, actor, "read" if permission == READ else "write", now)
        await self._application.know_policies()
        access = self._application.grant(actor)
        if permission == READ:
            allowed = access is not None and bool(access.rules)
        else:
            allowed = any(permission in FHIR_PERMISSIONS.get(role, ()) for role in actor.roles)
        if not allowed:
            raise NotPermitted(_("You may not do this: {what}").format(what=permission))
        if actor.scopes is not None:
            await demand_scopes(request, actor.scopes, permission)
        database, zone = self._application.database, self._application.zone
        if permission == READ:
            async with database.reading() as connection:
                yield Repository(connection, now=now, zone=zone, maintain=database.transaction, access=access)
            return
        async with database.transaction() as connection:
            repository = Repository(connection, now=now, zone=zone, access=access)
            repository.seal = self._application.seal
            yield repository
            for each in recording.written(entry, repository.written):
                await audit.write(connection, each)
        recording.committed(request, repository.written)


class OnlySignedIn:
    """ASGI middleware before FHIR REST: strangers are turned away before anything of their body is read.

    The paths in `public`, below the mount, are for everybody.
    """

    def __init__(self, app: ASGIApp, gate: TokenGate, public: tuple[str, ...] = ("/metadata",)) -> None:
        self.app = app
        self._gate = gate
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) not in self._public:
            request = Request(scope)
            try:
                request.state.actor = await self._gate.caller(bearer(request))
            except FhirError as error:
                await failure(request, error)(scope, receive, send)
                return
        await self.app(scope, receive, send)
