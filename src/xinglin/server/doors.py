"""Who may come in by HTTP: sessions by token, for the command interface and for FHIR."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from xinglin.exchange.api.application import Unauthorized, bearer
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.application import Application
from xinglin.kernel.errors import NotPermitted
from xinglin.platform import audit
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Actor, SignInRefused, authenticate, close_session, open_session, resume_session
from xinglin.platform.settings import Settings
from xinglin.store.repository import Repository

FHIR_PERMISSIONS = {
    "integrator": frozenset({"fhir.read", "fhir.write", "fhir.export", "fhir.import"}),
    "custodian": frozenset({"fhir.read", "fhir.expunge"}),
}
"""Roles that may use FHIR REST: no role of the wards, since it reaches everybody's record. To remove versions for good
is for the custodian alone, who can't write any."""


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
        self._settings = settings

    async def sign_in(self, login: str, password: str, client: str) -> tuple[str, Actor]:
        """Opens a session. Raises `SignInFailed`."""
        now = self._application.clock()
        database = self._application.database
        try:
            actor = await authenticate(database, login=login, password=password, client=client, now=now)
        except SignInRefused as refused:
            raise (SignInTooOften if refused.status == 429 else SignInFailed)(refused) from None
        async with database.transaction() as connection:
            opened = await open_session(
                connection, actor, client=client, now=now, absolute=self._settings.session_absolute
            )
            await audit.record(
                connection,
                actor=actor,
                action="sign-in",
                command="session.open",
                entities=[],
                outcome="success",
                at=now,
                client=client,
            )
        return opened.token, actor

    async def sign_out(self, token: str) -> None:
        """Closes a session."""
        async with self._application.database.transaction() as connection:
            await close_session(connection, token, self._application.clock())

    async def caller(self, token: str) -> Actor:
        """Who holds `token`. Raises `Unauthorized`."""
        async with self._application.database.transaction() as connection:
            session = await resume_session(
                connection, token, self._application.clock(), idle=self._settings.session_idle
            )
        if session is None:
            raise Unauthorized(_("The session has ended; please sign in again"))
        return session.actor

    @asynccontextmanager
    async def repository(self, request: Request, permission: str) -> AsyncIterator[Repository]:
        """The store in one transaction, for a caller with `permission` (`fhir.read`, `fhir.write`, ...).

        Raises:
            Unauthorized: nobody is signed in. NotPermitted: the caller's roles do not give the permission.
        """
        actor = await self.caller(bearer(request))
        if not any(permission in FHIR_PERMISSIONS.get(role, ()) for role in actor.roles):
            raise NotPermitted(_("You may not do this: {what}").format(what=permission))
        application = self._application
        async with application.database.transaction() as connection:
            now = application.clock()
            yield Repository(connection, now=now, zone=application.zone)
            await audit.record(
                connection,
                actor=actor,
                action="read" if permission == "fhir.read" else "write",
                command=f"fhir.{request.method.lower()}",
                entities=[request.url.path.removeprefix("/fhir/")[:200]],
                outcome="success",
                at=now,
                client=request.client.host if request.client else None,
            )
