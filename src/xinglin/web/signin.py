"""Signing in and out, and the choice of post and language."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.kernel.application import Application
from xinglin.kernel.errors import NotPermitted
from xinglin.platform import i18n, identity
from xinglin.platform.door import Door, Unfinished
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import OpenedSession
from xinglin.platform.settings import Provider
from xinglin.web.rendering import Renderer, here, query
from xinglin.web.security import local_address
from xinglin.web.sessions import BEFORE, HALF_A_YEAR, LOCALE, SESSION, STEP, set_cookie

LONGEST = 200
"""Characters of a login or password that are looked at."""


class SignIn:
    """The routes `/signin`, `/signout`, `/posts`, `/post` and `/locale`."""

    def __init__(
        self, application: Application, renderer: Renderer, door: Door, providers: tuple[Provider, ...] = ()
    ) -> None:
        self._application = application
        self._providers = providers
        self._renderer = renderer
        self._door = door

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
        former = request.cookies.get(SESSION, "")
        try:
            opened = await self._door.sign_in(login, password, address(request), former=former)
        except identity.SignInRefused as refusal:
            response = self._page(request, target, login=login, message=refusal.text, status=refusal.status)
            if refusal.retry_after:
                response.headers["Retry-After"] = str(refusal.retry_after)
            return response
        return entered(request, opened, target)

    async def sign_out(self, request: Request) -> Response:
        """Ends the session on the server, not only in the browser."""
        await self._door.sign_out(request.cookies.get(SESSION, ""), request.state.actor, address(request))
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(SESSION, path="/")
        return response

    async def posts(self, request: Request) -> Response:
        """The person's posts as a part of the menu; asked for when that opens."""
        shown = here(request, self._application.registry)
        posts = await self._door.posts(request.state.actor)
        return HTMLResponse(self._renderer.render("ui/posts.html", page=shown, posts=posts))

    async def switch_post(self, request: Request) -> Response:
        """Goes on in another post, at its first workstation. Pages ask the database each time, so it counts at once."""
        chosen = str((await request.form()).get("post", ""))
        token = request.cookies.get(SESSION, "")
        try:
            await self._door.switch_post(request.state.session, token, chosen, address(request))
        except identity.AccountError as error:
            raise NotPermitted(str(error)) from error
        return RedirectResponse("/", 303)

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

    def refused(self, request: Request, message: str, status: int, *, target: str = "/") -> Response:
        """The sign-in page with the reason why nobody came in."""
        return self._page(request, target, message=message, status=status)

    def _page(
        self, request: Request, target: str, *, login: str = "", message: str = "", status: int = 200
    ) -> Response:
        shown = here(request, self._application.registry, _("Sign in"))
        text = self._renderer.render(
            "signin.html", page=shown, next=target, login=login, message=message, providers=self._providers
        )
        return HTMLResponse(text, status)


def way_on(opened: OpenedSession | Unfinished, target: str) -> str:
    """Where a sign-in goes on: to where the person was going, or to the next step."""
    if isinstance(opened, OpenedSession):
        return target
    return query("/signin/step", next=target if target != "/" else "")


def entered(
    request: Request, opened: OpenedSession | Unfinished, target: str, response: Response | None = None
) -> Response:
    """The way on, or `response`, with the cookie of the session, or of the next step."""
    response = response or RedirectResponse(way_on(opened, target), 303)
    if isinstance(opened, Unfinished):
        set_cookie(response, request, STEP, opened.token, None)
        return response
    set_cookie(response, request, SESSION, opened.token, None)
    response.delete_cookie(BEFORE, path="/")
    response.delete_cookie(STEP, path="/")
    return response


def address(request: Request) -> str:
    """The network address from which a request comes."""
    return request.client.host if request.client else ""
