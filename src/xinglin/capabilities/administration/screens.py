"""The workstation of administrators."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.administration import policies, views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

ROWS = 100
TABS = {"services": N_("Services and keys"), "access": N_("Access rules")}


@screen(
    "administration.desk",
    title=N_("Admin"),
    path="/administration",
    permission="administration.read",
    template="administration/desk.html",
    icon="shield",
    order=90,
)
async def desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Services and the keys by which they come in.

    Query: `tab` the list; `text` to find an account.
    """
    text = query.get("text", "")
    return {
        "tab": query.get("tab") if query.get("tab") in TABS else "services",
        "tabs": TABS,
        "text": text,
        "services": await run_view(context, views.services, {"limit": ROWS}),
        "policies": await run_view(context, policies.policies, {}),
        "keys": await run_view(context, views.keys, {"limit": ROWS}),
    }
