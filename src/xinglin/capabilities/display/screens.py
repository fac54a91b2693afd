"""The page for the television."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.display import views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_


@screen(
    "display.screen",
    title=N_("Waiting-room display"),
    path="/display",
    permission="display.read",
    template="display/display.html",
    order=95,
)
async def display(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Who is called, full screen; it renews itself every few seconds.

    Query: `clinic` one clinic only, `voice` 1 to speak calls.
    """
    filter = {"clinic": query["clinic"]} if query.get("clinic") else {}
    rows = (await run_view(context, views.board, {**filter, "limit": 40})).rows
    calls = [row for row in rows if row.called]
    return {"rows": rows, "latest": calls[0] if calls else None, "clinic": query.get("clinic", "")}
