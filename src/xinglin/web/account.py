"""One's own account: the password, the second factor, and where one is signed in."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.kernel.application import Application
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _
from xinglin.platform.own_account import OwnAccount
from xinglin.web.factors import LONGEST_DRAFT, picture
from xinglin.web.rendering import Renderer, here
from xinglin.web.sessions import SESSION
from xinglin.web.signin import LONGEST, address


class AccountPages:
    """The routes below `/account`."""

    def __init__(self, application: Application, renderer: Renderer, account: OwnAccount) -> None:
        self._application = application
        self._renderer = renderer
        self._account = account

    async def page(self, request: Request) -> Response:
        """The page with all of it."""
        done = {
            "password": _("Password changed"),
            "sessions": _("The other sessions have ended"),
            "removed": _("Second factor removed"),
        }
        return await self._page(request, done=done.get(request.query_params.get("done", ""), ""))

    async def password(self, request: Request) -> Response:
        """Takes a new password in exchange for the present one."""

        async def change(data: FormData) -> Response:
            old, new, again = (str(data.get(name, ""))[: LONGEST + 1] for name in ("old", "new", "again"))
            if new != again:
                raise identity.PasswordError(_("The two passwords differ"))
            token = request.cookies.get(SESSION, "")
            await self._account.change_password(request.state.actor, token, old, new, address(request))
            return RedirectResponse("/account?done=password", 303)

        return await self._change(request, change)

    async def set_factor(self, request: Request) -> Response:
        """Sets up a second factor."""

        async def set_up(data: FormData) -> Response:
            password, code = (str(data.get(name, ""))[: LONGEST + 1] for name in ("password", "code"))
            draft = self._account.draft(request.state.actor, str(data.get("draft", ""))[:LONGEST_DRAFT] or "-")
            actor = request.state.actor
            codes = await self._account.set_factor(actor, password, draft, code, address(request))
            return await self._page(request, done=_("Second factor set up"), codes=codes)

        return await self._change(request, set_up)

    async def recovery_codes(self, request: Request) -> Response:
        """New recovery codes."""

        async def renew(data: FormData) -> Response:
            code = str(data.get("code", ""))[:LONGEST]
            codes = await self._account.renew_recovery_codes(request.state.actor, code, address(request))
            return await self._page(request, done=_("The former codes are worth nothing from now on"), codes=codes)

        return await self._change(request, renew)

    async def remove_factor(self, request: Request) -> Response:
        """Takes the second factor away."""

        async def remove(data: FormData) -> Response:
            code = str(data.get("code", ""))[:LONGEST]
            await self._account.remove_factor(request.state.actor, code, address(request))
            return RedirectResponse("/account?done=removed", 303)

        return await self._change(request, remove)

    async def end_others(self, request: Request) -> Response:
        """Ends all sessions but this one."""
        await self._account.end_others(request.state.actor, request.cookies.get(SESSION, ""), address(request))
        return RedirectResponse("/account?done=sessions", 303)

    async def _change(self, request: Request, change: Callable[[FormData], Awaitable[Response]]) -> Response:
        """Makes a change; what is refused comes back with the reason."""
        data = await request.form()
        try:
            return await change(data)
        except (identity.AccountError, identity.PasswordError, identity.FactorError) as error:
            sealed = str(data.get("draft", ""))[:LONGEST_DRAFT]
            return await self._page(request, message=str(error), status=422, sealed=sealed)
        except identity.SignInRefused as refused:
            response = await self._page(request, message=refused.text, status=refused.status)
            response.headers["Retry-After"] = str(refused.retry_after)
            return response

    async def _page(
        self,
        request: Request,
        *,
        message: str = "",
        done: str = "",
        status: int = 200,
        sealed: str = "",
        codes: list[str] | None = None,
    ) -> Response:
        actor = request.state.actor
        shown = here(request, self._application.registry, _("My account"))
        factor = await self._account.factor(actor)
        values: dict[str, Any] = {
            "sessions": await self._account.sessions(actor, request.cookies.get(SESSION, "")),
            "factor": factor,
            "rules": self._account.rules,
            "codes": codes or [],
            **({} if factor or not (sealed or "setup" in request.query_params) else self._drafted(actor, sealed)),
        }
        return HTMLResponse(
            self._renderer.render("account.html", page=shown, message=message, done=done, **{"draft": None, **values}),
            status,
        )

    def _drafted(self, actor: identity.Actor, sealed: str) -> dict[str, Any]:
        try:
            draft = self._account.draft(actor, sealed)
        except identity.FactorError:
            draft = self._account.draft(actor)
        return {"draft": draft, "picture": picture(draft, actor.login)}
