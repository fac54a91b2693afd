"""Bars above every page: what nobody may overlook, whatever page they are on."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from xinglin.kernel.application import Application, run_view
from xinglin.kernel.disclosure import patients_in
from xinglin.platform.audit.recent import Recent
from xinglin.web.pages import RENEWED
from xinglin.web.rendering import Renderer, client_of, here

MOST = 20
"""Rows that a bar shows at most."""


class Notices:
    """The route `/notices`, which every page asks."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._application = application
        self._renderer = renderer
        self._seen = Recent(RENEWED)

    async def bars(self, request: Request) -> Response:
        """The notices that wait for the person. A patient who stays there counts as seen once in a while."""
        application, actor = self._application, request.state.actor
        shown = here(request, application.registry)
        parts = []
        for notice in application.registry.notices.values():
            view = application.registry.views[notice.view]
            if not shown.may(view.permission):
                continue
            async with (
                application.on_record(actor, notice.name, client_of(request)) as on_record,
                application.reading(actor) as context,
            ):
                page = await run_view(context, view, {"limit": MOST})
                on_record.append(self._seen.fresh((actor.account_id, notice.name), patients_in(page.rows)))
            if page.rows:
                parts.append(Markup(self._renderer.render(notice.template, page=shown, rows=page.rows, view=page)))  # noqa: S704  (a rendered template)
        return HTMLResponse(Markup("").join(parts))
