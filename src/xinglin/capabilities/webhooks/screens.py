"""Where administrators keep webhooks."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.webhooks import views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.platform import webhooks

ROWS = 200


@screen(
    "webhooks.desk",
    title=N_("Webhooks"),
    path="/webhooks",
    permission="webhooks.read",
    template="webhooks/desk.html",
    icon="bell",
    order=95,
)
async def desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Webhooks, and the one that is open with what can be done with it.

    Query: `webhook` the one that is open.
    """
    shown: dict[str, Any] = {"webhooks": await run_view(context, views.all_webhooks, {"limit": ROWS})}
    key = query.get("webhook", "")
    found = await webhooks.listed(context.connection, id=key.removeprefix("webhook/")) if key else []
    if not found:
        return {**shown, "chosen": None}
    (chosen,) = found
    webhook = chosen.webhook
    campus = (await context.read_many([webhook.campus])).get(webhook.campus) if webhook.campus else None
    until = webhook.former_until
    return {
        **shown,
        "key": key,
        "chosen": chosen,
        "row": views.webhook_row(context, chosen),
        "campus": campus["name"] if campus else None,
        "former_until": until if until is not None and until > context.now else None,
    }
