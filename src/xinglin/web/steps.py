"""What a sign-in still wants after the password: each step has a page of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.kernel.application import Application
from xinglin.platform import identity
from xinglin.platform.door import Door, Unfinished
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import OpenedSession
from xinglin.web.factors import LONGEST_DRAFT, picture
from xinglin.web.rendering import Renderer, here
from xinglin.web.security import local_address
from xinglin.web.sessions import SESSION, STEP
from xinglin.web.signin import LONGEST, address, entered, way_on

Entered = OpenedSession | Unfinished


class Steps:
    """The routes below `/signin/step`."""

    def __init__(self, application: Application, renderer: Renderer, door: Door) -> None:
        self._application = application
        self._renderer = renderer
        self._door = door

    async def page(self, request: Request) -> Response:
        """The page of the step that comes next; whoever has no sign-in under way begins one."""
        return await self._page(request, local_address(request.query_params.get("next")))

    async def code(self, request: Request) -> Response:
        """Takes a code of the second factor."""

        async def prove(data: FormData, token: str, former: str) -> Response:
            code = str(data.get("code", ""))[:LONGEST]
            return entered(request, await self._door.prove(token, code, address(request), former=former), _target(data))

        return await self._step(request, prove)

    async def enrolment(self, request: Request) -> Response:
        """Sets up a second factor, and shows its recovery codes once."""

        async def enrol(data: FormData, token: str, former: str) -> Response:
            sealed, code = str(data.get("draft", ""))[:LONGEST_DRAFT], str(data.get("code", ""))[:LONGEST]
            opened, codes = await self._door.enrol(token, sealed, code, address(request), former=former)
            shown = here(request, self._application.registry, _("Recovery codes"))
            onward = way_on(opened, _target(data))
            text = self._renderer.render("steps/recovery.html", page=shown, codes=codes, onward=onward)
            return entered(request, opened, _target(data), HTMLResponse(text))

        return await self._step(request, enrol)

    async def renewal(self, request: Request) -> Response:
        """Takes a new password."""

        async def renew(data: FormData, token: str, former: str) -> Response:
            new, again = (str(data.get(name, ""))[: LONGEST + 1] for name in ("new", "again"))
            if new != again:
                raise identity.PasswordError(_("The two passwords differ"))
            opened = await self._door.renew_password(token, new, address(request), former=former)
            return entered(request, opened, _target(data))

        return await self._step(request, renew)

    async def _step(self, request: Request, take: Callable[[FormData, str, str], Awaitable[Response]]) -> Response:
        """Takes a step; what is refused comes back with the reason."""
        data = await request.form()
        token, former = (request.cookies.get(name, "") for name in (STEP, SESSION))
        try:
            return await take(data, token, former)
        except (identity.AccountError, identity.PasswordError, identity.FactorError) as error:
            sealed = str(data.get("draft", ""))[:LONGEST_DRAFT]
            return await self._page(request, _target(data), message=str(error), status=422, sealed=sealed)
        except identity.SignInRefused as refused:
            response = await self._page(request, _target(data), message=refused.text, status=refused.status)
            if refused.retry_after:
                response.headers["Retry-After"] = str(refused.retry_after)
            return response

    async def _page(
        self, request: Request, target: str, *, message: str = "", status: int = 200, sealed: str = ""
    ) -> Response:
        try:
            step, wanted = await self._door.step(request.cookies.get(STEP, ""))
        except identity.SignInRefused:
            return RedirectResponse("/signin", 303)
        shown = here(request, self._application.registry, _("Sign in"))
        values: dict[str, Any] = {"rules": self._door.rules, "step": step, "message": message}
        if wanted == "enrolment":
            values |= self._drafted(step.account, sealed)
        return HTMLResponse(self._renderer.render(f"steps/{wanted}.html", page=shown, next=target, **values), status)

    def _drafted(self, account: identity.Account, sealed: str) -> dict[str, Any]:
        try:
            draft = self._door.draft(account, sealed)
        except identity.FactorError:
            draft = self._door.draft(account)
        return {"draft": draft, "picture": picture(draft, account.login)}


def _target(data: FormData) -> str:
    return local_address(str(data.get("next", "")))
