"""Pages from screens, and pages that say what went wrong."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.capabilities.patients.banner import known
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.kernel.application import Application
from xinglin.kernel.command import ensure_storable
from xinglin.kernel.disclosure import patients_in
from xinglin.kernel.errors import NotPermitted
from xinglin.kernel.screen import Screen
from xinglin.platform.audit.recent import Recent
from xinglin.platform.i18n import gettext as _
from xinglin.web.rendering import Renderer, client_of, here

RENEWED = 15 * 60.0
"""Seconds for which a patient who stays on a page that renews itself counts as seen once."""


def _query(request: Request) -> dict[str, str]:
    """What the address asks for. Raises `BadRequest` for what no text may hold."""
    query = dict(request.query_params)
    for name, text in query.items():
        try:
            ensure_storable(text)
        except ValueError as error:
            raise BadRequest(str(error), expression=name) from None
    return query


def _record_that_is_left(query: Mapping[str, str], patient: Mapping[str, Any]) -> dict[str, str] | None:
    """What to ask for instead where an address names a record that is merged into another: nobody works on with it."""
    other, asked = build.replaced_by(dict(patient)), f"Patient/{patient['id']}"
    if other is None or asked not in query.values():
        return None
    return {name: other if value == asked else value for name, value in query.items()}


class Pages:
    """The routes of all screens, and `/`, which leads to the first one that the person may enter."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._application = application
        self._renderer = renderer
        self._seen = Recent(RENEWED)

    def screen(self, screen: Screen) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one screen."""

        async def page(request: Request) -> Response:
            shown = here(request, self._application.registry, _(screen.title))
            query = _query(request)
            application, actor = self._application, request.state.actor
            always = screen.recorded and not request.headers.get("X-Live")
            async with (
                application.on_record(actor, screen.name, client_of(request), query, always=always) as on_record,
                application.reading(actor) as context,
            ):
                context.demand(screen.permission, screen.title)
                values = await screen.run(context, query)
                if values.get("patient"):
                    if left := _record_that_is_left(query, values["patient"]):
                        return RedirectResponse(f"{request.url.path}?{urlencode(left)}", 303)
                    # Whichever station it is: what one must beware of with its patient is in the banner.
                    values["patient_known"] = await known(context, values["patient"])
                on_record.append(self._new(request, screen, values))
            text = self._renderer.render(
                screen.template, page=shown, query_values=query, today=context.today, now=context.now, **values
            )
            return HTMLResponse(text)

        return page

    def _new(self, request: Request, screen: Screen, values: Mapping[str, Any]) -> set[str]:
        """The patients whom a page shows. A page that renews itself shows only those who have come since."""
        patients = patients_in(values)
        new = self._seen.fresh((request.state.actor.account_id, screen.name), patients)
        return new if request.headers.get("X-Live") else patients

    async def home(self, request: Request) -> Response:
        """Leads to the person's first workstation."""
        shown = here(request, self._application.registry)
        if not shown.rail:
            raise NotPermitted(_("Your account has no workstation. Ask the administrator for a role."))
        return RedirectResponse(shown.rail[0].path, 303)

    async def refused(self, request: Request, error: Exception) -> Response:
        """A refusal as a page; its texts are written for people."""
        assert isinstance(error, FhirError)
        return self._fault(request, error.status, [issue.diagnostics for issue in error.issues])

    async def failed(self, request: Request, error: Exception) -> Response:
        """An error of the protocol, such as an unknown address."""
        assert isinstance(error, HTTPException)
        texts = {
            403: _("The form was too old or came from elsewhere. Open the page again and repeat."),
            404: _("There is no such page."),
            405: _("This address does not take such a request."),
            413: _("This is more than a form may hold."),
        }
        return self._fault(request, error.status_code, [texts.get(error.status_code, error.detail)])

    async def broken(self, request: Request, _error: Exception) -> Response:
        """A fault of ours; what it was stands in the log, not on the screen."""
        return self._fault(request, 500, [_("The fault has been recorded. Nothing of your last step was saved.")])

    def _fault(self, request: Request, status: int, texts: list[str]) -> Response:
        headings = {
            403: _("Not permitted"),
            404: _("Not found"),
            410: _("No longer there"),
            500: _("Something broke"),
        }
        for name, value in (("actor", None), ("csrf", ""), ("locale", "zh_CN")):
            if not hasattr(request.state, name):
                setattr(request.state, name, value)
        shown = here(request, self._application.registry)
        heading = headings.get(status, _("That did not work"))
        return HTMLResponse(
            self._renderer.render("fault.html", page=shown, status=status, heading=heading, texts=texts), status
        )
