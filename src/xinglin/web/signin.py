"""Signing in and out, and the choice of language."""

from datetime import datetime
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.kernel.application import Application
from xinglin.platform import audit, i18n, identity
from xinglin.platform.i18n import gettext as _
from xinglin.platform.settings import Settings
from xinglin.web.rendering import Renderer, here
from xinglin.web.security import local_address
from xinglin.web.sessions import BEFORE, HALF_A_YEAR, LOCALE, SESSION, set_cookie

LONGEST = 200
"""Characters of a login or password that are looked at."""


class SignIn:
    """The routes `/signin`, `/signout` and `/locale`."""

    def __init__(self, application: Application, renderer: Renderer, settings: Settings) -> None:
        self._application = application
        self._renderer = renderer
        self._settings = settings

    async def page(self, request: Request) -> Response:
        """The sign-in page; whoever is signed in goes on to the workstation."""
        target = local_address(request.query_params.get("next"))
        if request.state.actor is not None:
            return RedirectResponse(target, 303)
        return self._page(request, target)

    async def sign_in(self, request: Request) -> Response:
        """Checks login and password, and opens a new session: a token from before is worth nothing afterwards."""
        data = await request.form()
        login, password = (str(data.get(name, ""))[:LONGEST] for name in ("login", "password"))
        target = local_address(str(data.get("next", "")))
        client = request.client.host if request.client else ""
        now = self._application.clock()
        try:
            actor = await identity.authenticate(
                self._application.database, login=login, password=password, client=client, now=now
            )
        except identity.SignInRefused as refusal:
            await audit.sign_in_refused(
                self._application.database, login=login, client=client, at=now, status=refusal.status
            )
            response = self._page(request, target, login=login, message=refusal.text, status=refusal.status)
            if refusal.retry_after:
                response.headers["Retry-After"] = str(refusal.retry_after)
            return response
        try:
            return await self._opened(request, actor, target)
        except identity.AccountError as error:
            return self._page(request, target, login=login, message=str(error), status=401)

    async def _opened(self, request: Request, actor: identity.Actor, target: str) -> Response:
        client = request.client.host if request.client else ""
        now = self._application.clock()
        async with self._application.database.transaction() as connection:
            await identity.close_session(connection, request.cookies.get(SESSION, ""), now)
            opened = await identity.open_session(
                connection, actor, client=client, now=now, absolute=self._settings.session_absolute
            )
            await self._record(connection, actor, "sign-in", "session.open", now, client)
        response = RedirectResponse(target, 303)
        set_cookie(response, request, SESSION, opened.token, None)
        response.delete_cookie(BEFORE, path="/")
        return response

    async def sign_out(self, request: Request) -> Response:
        """Ends the session on the server, not only in the browser."""
        async with self._application.database.transaction() as connection:
            now = self._application.clock()
            await identity.close_session(connection, request.cookies.get(SESSION, ""), now)
            if request.state.actor is not None:
                client = request.client.host if request.client else ""
                await self._record(connection, request.state.actor, "sign-out", "session.close", now, client)
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(SESSION, path="/")
        return response

    async def locale(self, request: Request) -> Response:
        """Remembers the language in the browser, and in the account of whoever is signed in."""
        data = await request.form()
        chosen = str(data.get("locale", ""))
        response = RedirectResponse(local_address(str(data.get("next", ""))), 303)
        if chosen in i18n.LOCALES:
            set_cookie(response, request, LOCALE, chosen, HALF_A_YEAR)
            if request.state.actor is not None:
                async with self._application.database.transaction() as connection:
                    await identity.set_locale(connection, request.state.actor.account_id, chosen)
        return response

    async def _record(
        self,
        connection: psycopg.AsyncConnection[Any],
        actor: identity.Actor,
        action: str,
        command: str,
        now: datetime,
        client: str,
    ) -> None:
        await audit.record(
            connection,
            actor=actor,
            action=action,
            command=command,
            entities=[],
            outcome="success",
            at=now,
            client=client,
        )

    def _page(
        self, request: Request, target: str, *, login: str = "", message: str = "", status: int = 200
    ) -> Response:
        shown = here(request, self._application.registry, _("Sign in"))
        text = self._renderer.render("signin.html", page=shown, next=target, login=login, message=message)
        return HTMLResponse(text, status)
