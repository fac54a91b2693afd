"""Views from the screen: rows, CSV files and workbooks, options of search fields, and the counts in the rail."""

import asyncio
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from xinglin.fhir.outcome import FhirError, NotFound
from xinglin.kernel.application import Application, run_view
from xinglin.kernel.disclosure import patients_in
from xinglin.kernel.view import Page, Row, View
from xinglin.platform.i18n import gettext as _
from xinglin.platform.spreadsheets import write_workbook
from xinglin.web.export import to_csv
from xinglin.web.rendering import Renderer, client_of, here
from xinglin.web.tables import Column, build_table, columns_of, show

PAGE = 500
EXPORTED = 100_000
"""Rows that one file holds at most."""

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFERED = 12
"""Options that a search field shows."""


class Lists:
    """The routes `/list/{view}`, `/list/{view}.csv`, `/list/{view}.xlsx`, `/options/{view}` and `/badges`."""

    def __init__(self, application: Application, renderer: Renderer) -> None:
        self._application = application
        self._registry = application.registry
        self._renderer = renderer

    def _view(self, request: Request) -> View:
        name = request.path_params["view"]
        view = self._registry.views.get(name)
        if view is None:
            raise NotFound(_("There is no view {name}").format(name=name))
        return view

    async def rows(self, request: Request) -> Response:
        """Rows of a view as HTML, with a link to those that follow."""
        view = self._view(request)
        filters = dict(request.query_params)
        only = tuple(name for name in filters.pop("_columns", "").split(",") if name)
        page = await self._application.view(view.name, filters, request.state.actor, client=client_of(request))
        shown = here(request, self._registry, _(view.title))
        known = tuple(name for name in only if name in dict(view.columns))
        table = build_table(self._registry, view, page, shown.permissions, filters, only=known)
        return HTMLResponse(self._renderer.render("ui/rows.html", table=table, page=shown))

    async def csv(self, request: Request) -> Response:
        """The whole list as a CSV file: every page of it, seen at one moment."""
        headings, lines = await self._all(request, "csv")
        return self._file(request, "csv", "text/csv; charset=utf-8", to_csv(headings, lines))

    async def workbook(self, request: Request) -> Response:
        """The same as an Excel workbook."""
        headings, lines = await self._all(request, "xlsx")
        # Writing takes a second for long lists, in which others want answers.
        data = await asyncio.to_thread(write_workbook, headings, lines)
        return self._file(request, "xlsx", EXCEL, data)

    def _file(self, request: Request, ending: str, kind: str, data: bytes) -> Response:
        name = self._view(request).name.replace(".", "-")
        disposition = f'attachment; filename="{name}.{ending}"'
        return Response(data, media_type=kind, headers={"Content-Disposition": disposition})

    async def _all(self, request: Request, ending: str) -> tuple[list[str], list[list[str]]]:
        """Headings and rows of the whole list, on record as a file with this ending."""
        view = self._view(request)
        columns = columns_of(view)
        lines: list[list[str]] = []
        application, actor = self._application, request.state.actor
        async with (
            application.on_record(
                actor, f"{view.name}.{ending}", client_of(request), request.query_params, always=view.recorded
            ) as on_record,
            application.reading(actor) as context,
        ):
            cursor: str | None = None
            while len(lines) < EXPORTED:
                filters = {**request.query_params, "limit": PAGE, **({"cursor": cursor} if cursor else {})}
                page = await run_view(context, view, filters)
                lines.extend(
                    [show(self._registry, column, getattr(row, column.name))[0] for column in columns]
                    for row in page.rows
                )
                on_record.append(patients_in(page.rows))
                cursor = page.next
                if cursor is None:
                    break
        return [column.title for column in columns], lines

    async def options(self, request: Request) -> Response:
        """Rows of a view as options of a search field: the key is the value, the other fields may fill the form."""
        view = self._view(request)
        filters = {**request.query_params, "limit": OFFERED}
        page = await self._application.view(view.name, filters, request.state.actor, client=client_of(request))
        return HTMLResponse(self._renderer.render("ui/options.html", options=self._offers(view, page), view=view))

    def _offers(self, view: View, page: Page[Any]) -> list[dict[str, Any]]:
        columns = columns_of(view)
        label = next((column for column in columns if column.name == "name"), columns[0])
        return [
            {
                "value": row.key,
                "label": show(self._registry, label, getattr(row, label.name))[0],
                "details": [text for column in columns if column is not label and (text := self._detail(column, row))],
                "fill": _fill(row),
            }
            for row in page.rows
        ]

    def _detail(self, column: Column, row: Row) -> str:
        """A further field of an option; a bare number says nothing without its heading."""
        text = show(self._registry, column, getattr(row, column.name))[0]
        return f"{column.title} {text}" if text and column.kind == "number" else text

    async def badges(self, request: Request) -> Response:
        """How many rows wait at each workstation, as spans that htmx puts into the rail; numbers show no patient."""
        shown = here(request, self._registry)
        parts = []
        async with self._application.reading(request.state.actor) as context:
            for entry in shown.rail:
                if entry.badge is None:
                    continue
                try:
                    page = await run_view(context, self._registry.views[entry.badge], {"limit": 100})
                except FhirError:
                    continue
                parts.append(_badge(entry.badge_id, entry.badge_title, page))
        return HTMLResponse(Markup("").join(parts))


def _fill(row: Row) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude={"key"})


def _badge(id: str, title: str, page: Page[Any]) -> Markup:
    count = page.total if page.total is not None else len(page.rows)
    text = "" if not count else "99+" if count > 99 else str(count)
    return Markup('<span class="badge" id="{}" title="{}" hx-swap-oob="true">{}</span>').format(id, title, text)
