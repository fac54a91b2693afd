"""Lists of webhooks and of the events that there are."""

from pydantic import Field

from xinglin.kernel.context import Context
from xinglin.kernel.text import N_, listed
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform import webhooks
from xinglin.platform.i18n import gettext as _


class WebhookRow(Row):
    """A webhook."""

    name: str = Field(title=N_("Name of the webhook"))
    events: str = Field(title=N_("Events"))
    url: str = Field(title=N_("Endpoint"))
    waiting: int = Field(title=N_("Waiting to go out"), json_schema_extra={"kind": "number"})
    error: str = Field(title=N_("Last fault"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})


@view(
    "webhooks.webhooks",
    title=N_("Webhooks"),
    permission="webhooks.read",
    row=WebhookRow,
    empty=N_("No webhooks yet"),
)
async def all_webhooks(context: Context, filter: Filter) -> Page[WebhookRow]:
    """Endpoints with the events that they are told of, what waits for them, and what was wrong last."""
    found = await webhooks.listed(context.connection, limit=filter.limit)
    return Page([webhook_row(context, each) for each in found])


def webhook_row(context: Context, each: webhooks.ListedWebhook) -> WebhookRow:
    """A webhook as a row."""
    webhook, events = each.webhook, context.registry.events
    return WebhookRow(
        key=f"webhook/{webhook.id}",
        name=webhook.name,
        events=listed(_(events[name].title) if name in events else name for name in webhook.events),
        url=webhook.url,
        waiting=each.waiting,
        error=each.error or "",
        state=state_of(each),
    )


def state_of(each: webhooks.ListedWebhook) -> str:
    """`active`; `resting` until the next attempt; `held` until somebody lets it go on; `off`."""
    if each.webhook.off_since is not None:
        return "off"
    if each.held is not None:
        return "held"
    return "resting" if each.next_attempt is not None else "active"


class EventRow(Row):
    """A type of event."""

    title: str = Field(title=N_("What has happened"))
    name: str = Field(title=N_("Type"))
    subject: str = Field(title=N_("About"))


@view("webhooks.event_types", title=N_("Types of events"), permission="webhooks.read", row=EventRow)
async def event_types(context: Context, filter: Filter) -> Page[EventRow]:
    """Events that the capabilities tell of, with the type of the resource that each is about."""
    found = sorted(context.registry.events.values(), key=lambda event: event.name)
    return Page(
        [
            EventRow(key=event.name, title=_(event.title), name=event.name, subject=event.subject)
            for event in found[: filter.limit]
        ]
    )
