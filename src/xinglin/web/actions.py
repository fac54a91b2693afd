"""Commands from the screen: a form that is sent, its messages when it is refused, and forms in a dialog."""

import json
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.fhir.outcome import BadRequest, FhirError, NotFound
from xinglin.kernel.application import Application, Outcome
from xinglin.kernel.command import Command
from xinglin.kernel.context import reference
from xinglin.kernel.errors import Alerted, NotPermitted
from xinglin.kernel.view import Row
from xinglin.platform.i18n import gettext as _
from xinglin.web.forms import Choice, Form, build_form, read_form
from xinglin.web.rendering import Renderer, client_of, here
from xinglin.web.security import local_address

UNPROCESSABLE = 422
CHOICES = 200
"""Options that a drop-down list takes from a view."""


class Actions:
    """The routes `POST /do/{command}` and `GET /form/{command}`."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._application = application
        self._renderer = renderer

    async def do(self, request: Request) -> Response:
        """Runs a command from a form. After a refusal, the form comes back with its messages and values."""
        command = self._command(request)
        data = await request.form()
        values = read_form(command, data)
        key = str(data.get("_key") or "") or None
        then = str(data["_next"]) if data.get("_next") else None
        try:
            outcome = await self._application.execute(
                command.name, values, request.state.actor, key=key, client=client_of(request)
            )
        except FhirError as error:
            shown = {name[7:]: str(text) for name, text in data.items() if name.startswith("_shown_")}
            form = await self._form(request, command, values, error=error, key=key, next=then, shown=shown)
            return self._refused(request, form, error, button="_button" in data)
        return self._done(request, command, outcome, then)

    async def form(self, request: Request) -> Response:
        """A command's form for the dialog, filled with the address' query."""
        command = self._command(request)
        if not here(request, self._application.registry).may(command.permission):
            raise NotPermitted(_("You may not do this: {what}").format(what=_(command.title)))
        values = read_form(command, request.query_params)
        known = {name: value for name, value in values.items() if name in command.input.model_fields}
        form = await self._form(request, command, known, next=request.query_params.get("_next"))
        return self._page(request, form, 200)

    def _command(self, request: Request) -> Command:
        name = request.path_params["command"]
        command = self._application.registry.commands.get(name)
        if command is None:
            raise NotFound(_("There is no command {name}").format(name=name))
        return command

    async def _form(
        self,
        request: Request,
        command: Command,
        values: dict[str, Any],
        *,
        error: FhirError | None = None,
        key: str | None = None,
        next: str | None = None,
        shown: dict[str, str] | None = None,
    ) -> Form:
        alerts = error.alerts if isinstance(error, Alerted) else ()
        issues = error.issues if error is not None and not alerts else ()
        choices, rows = await self._choices(request, command, values), await self._rows(request, command, values)
        return build_form(
            command, values, choices=choices, rows=rows, shown=shown, issues=issues, alerts=alerts, key=key, next=next
        )

    async def _rows(self, request: Request, command: Command, values: dict[str, Any]) -> dict[str, list[Row]]:
        """The lines of fields of several named values, from the view that knows them."""
        found: dict[str, list[Row]] = {}
        for item in build_form(command).fields.values():
            if item.widget == "grid" and item.source and values.get(item.by):
                asked = {item.by: values[item.by]}
                page = await self._application.view(item.source, asked, request.state.actor, client=client_of(request))
                found[item.name] = page.rows
        return found

    async def _choices(self, request: Request, command: Command, values: dict[str, Any]) -> dict[str, list[Choice]]:
        """Options of the fields whose source is a view, narrowed by what the form knows."""
        found = {}
        for item in build_form(command).fields.values():
            if item.widget in ("select", "checks") and item.source:
                wanted = {name: values[name] for name in item.narrowed if name in values}
                page = await self._application.view(
                    item.source, {"limit": CHOICES, **wanted}, request.state.actor, client=client_of(request)
                )
                column = self._application.registry.views[item.source].columns[0][0]
                found[item.name] = [(row.key, row.label or str(getattr(row, column))) for row in page.rows]
        return found

    def _refused(self, request: Request, form: Form, error: FhirError, *, button: bool) -> Response:
        status = UNPROCESSABLE if isinstance(error, BadRequest) else error.status
        response = self._page(request, form, status)
        if button and request.headers.get("HX-Request"):
            if form.alerts or form.visible:
                response.headers["HX-Retarget"] = "#dialog-body"
                response.headers["HX-Reswap"] = "innerHTML"
            else:
                response = Response(status_code=status, headers={"HX-Reswap": "none"})
                text = " ".join(issue.diagnostics for issue in error.issues)
                response.headers["HX-Trigger"] = trigger({"toast": {"text": text, "tone": "danger"}, "changed": {}})
        return response

    def _page(self, request: Request, form: Form, status: int) -> Response:
        shown = here(request, self._application.registry, _(form.command.title))
        if request.headers.get("HX-Request"):
            return HTMLResponse(self._renderer.render("ui/form.html", form=form, page=shown), status)
        return HTMLResponse(self._renderer.render("form_page.html", form=form, page=shown), status)

    def _done(self, request: Request, command: Command, outcome: Outcome, then: str | None) -> Response:
        if command.secret:
            return self._told(request, command, outcome)
        text = _(command.done)
        target = _target(then, outcome)
        if not request.headers.get("HX-Request"):
            return RedirectResponse(target or "/", 303)
        events: dict[str, Any] = {"changed": {"command": command.name}}
        if target:
            events = {"go": {"to": target, "toast": text}}
        else:
            events["toast"] = {"text": text, "tone": "good"}
        headers = {"HX-Trigger": trigger(events)}
        if version := (outcome.resource.get("meta") or {}).get("versionId"):
            # Whoever saves while typing goes on from this version.
            headers["ETag"] = f'W/"{version}"'
        return Response(status_code=204, headers=headers)

    def _told(self, request: Request, command: Command, outcome: Outcome) -> Response:
        """What is told once, in the dialog, or without scripts on a page."""
        shown = here(request, self._application.registry, _(command.title))
        bare = request.headers.get("HX-Request")
        parameters = outcome.resource.get("parameter", [])
        text = self._renderer.render(
            "ui/told.html" if bare else "told_page.html", page=shown, command=command, parameters=parameters
        )
        return HTMLResponse(text, headers={"HX-Retarget": "#dialog-body", "HX-Reswap": "innerHTML"} if bare else {})


def _target(then: str | None, outcome: Outcome) -> str | None:
    """Where to go afterwards; `{resource}` in it stands for the reference of what the command was about."""
    if not then:
        return None
    about = reference(outcome.resource) if "id" in outcome.resource else ""
    return local_address(then.replace("{resource}", quote(about, safe="")))


def trigger(events: dict[str, Any]) -> str:
    """The header by which htmx raises events in the page; a header holds ASCII only."""
    return json.dumps(events, ensure_ascii=True)
