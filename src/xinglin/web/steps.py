"""What a sign-in still wants after the password: each step has a page of its own."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.kernel.application import Application
from xinglin.platform import identity
from xinglin.platform.door import Door
from xinglin.platform.i18n import gettext as _
from xinglin.web.rendering import Renderer, here
from xinglin.web.security import local_address
from xinglin.web.sessions import SESSION, STEP
from xinglin.web.signin import LONGEST, address, entered


class Steps:
    """The routes below `/signin/step`."""

    def __init__(self, application: Application, renderer: Renderer, door: Door) -> None:
        self._application = application
        self._renderer = renderer
        self._door = door

    async def page(self, request: Request) -> Response:
        """The page of the step that comes next; whoever has no sign-in under way begins one."""
        return await self._page(request, local_address(request.query_params.get("next")))

    async def renewal(self, request: Request) -> Response:
        """Takes a new password."""
        data = await request.form()
        target = local_address(str(data.get("next", "")))
        new, again = (str(data.get(name, ""))[: LONGEST + 1] for name in ("new", "again"))
        if new != again:
            return await self._page(request, target, message=_("The two passwords differ"), status=422)
        token, former = (request.cookies.get(name, "") for name in (STEP, SESSION))
        try:
            opened = await self._door.renew_password(token, new, address(request), former=former)
        except (identity.AccountError, identity.PasswordError) as error:
            return await self._page(request, target, message=str(error), status=422)
        except identity.SignInRefused:
            return RedirectResponse("/signin", 303)
        return entered(request, opened, target)

    async def _page(self, request: Request, target: str, *, message: str = "", status: int = 200) -> Response:
        try:
            step, wanted = await self._door.step(request.cookies.get(STEP, ""))
        except identity.SignInRefused:
            return RedirectResponse("/signin", 303)
        shown = here(request, self._application.registry, _("Sign in"))
        text = self._renderer.render(
            f"steps/{wanted}.html", page=shown, next=target, step=step, rules=self._door.rules, message=message
        )
        return HTMLResponse(text, status)
