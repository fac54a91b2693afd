"""One's own account: the password, and where one is signed in."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.kernel.application import Application
from xinglin.platform import identity
from xinglin.platform.door import Door
from xinglin.platform.i18n import gettext as _
from xinglin.web.rendering import Renderer, here
from xinglin.web.sessions import SESSION
from xinglin.web.signin import LONGEST, address


class OwnAccount:
    """The routes below `/account`."""

    def __init__(self, application: Application, renderer: Renderer, door: Door) -> None:
        self._application = application
        self._renderer = renderer
        self._door = door

    async def page(self, request: Request) -> Response:
        """The page with all of it."""
        done = {"password": _("Password changed"), "sessions": _("The other sessions have ended")}
        return await self._page(request, done=done.get(request.query_params.get("done", ""), ""))

    async def password(self, request: Request) -> Response:
        """Takes a new password in exchange for the present one."""
        data = await request.form()
        old, new, again = (str(data.get(name, ""))[: LONGEST + 1] for name in ("old", "new", "again"))
        if new != again:
            return await self._page(request, message=_("The two passwords differ"), status=422)
        token = request.cookies.get(SESSION, "")
        try:
            await self._door.change_password(request.state.actor, token, old, new, address(request))
        except (identity.AccountError, identity.PasswordError) as error:
            return await self._page(request, message=str(error), status=422)
        except identity.SignInRefused as refused:
            response = await self._page(request, message=refused.text, status=refused.status)
            response.headers["Retry-After"] = str(refused.retry_after)
            return response
        return RedirectResponse("/account?done=password", 303)

    async def end_others(self, request: Request) -> Response:
        """Ends all sessions but this one."""
        await self._door.end_others(request.state.actor, request.cookies.get(SESSION, ""), address(request))
        return RedirectResponse("/account?done=sessions", 303)

    async def _page(self, request: Request, *, message: str = "", done: str = "", status: int = 200) -> Response:
        shown = here(request, self._application.registry, _("My account"))
        sessions = await self._door.sessions(request.state.actor, request.cookies.get(SESSION, ""))
        text = self._renderer.render(
            "account.html", page=shown, sessions=sessions, rules=self._door.rules, message=message, done=done
        )
        return HTMLResponse(text, status)
