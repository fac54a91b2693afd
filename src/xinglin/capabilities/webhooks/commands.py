"""Naming endpoints, changing their secrets, trying them, and switching them off and on."""

from pydantic import Field
from uuid_utils.compat import uuid7

from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform import deliveries, webhooks
from xinglin.platform.i18n import gettext as _
from xinglin.store.subscribing import usable

TEST = "webhooks.test"
"""The type of the event that is sent to try an endpoint."""


class Endpoint(Input):
    """An endpoint with what it is told of."""

    name: str = Field(title=N_("Name of the webhook"), min_length=2, max_length=100)
    url: str = Field(title=N_("Endpoint"), min_length=10, max_length=2000, json_schema_extra={"widget": "url"})
    events: list[str] = Field(
        title=N_("Events"),
        min_length=1,
        max_length=200,
        json_schema_extra={"widget": "checks", "source": "webhooks.event_types"},
    )
    campus: str | None = Field(
        None,
        title=N_("Only of campus"),
        json_schema_extra={"widget": "select", "source": "administration.campuses"},
    )


class ChangeEndpoint(Endpoint):
    """An endpoint as it is to be from now on."""

    webhook: str = Field(title=N_("Webhook"), pattern=r"^webhook/", json_schema_extra={"widget": "hidden"})


class OfWebhook(Input):
    """Which webhook."""

    webhook: str = Field(title=N_("Webhook"), pattern=r"^webhook/", json_schema_extra={"widget": "hidden"})


@command(
    "webhooks.create",
    title=N_("New webhook"),
    permission="webhooks.manage",
    done=N_("Webhook created"),
    tone="primary",
    secret=True,
)
async def create(context: Context, input: Endpoint) -> Resource:
    """Names an endpoint that is told of events as they happen. Its secret, by which it knows that it is us who calls,
    is shown once."""
    await _check(context, input)
    id, secret = await webhooks.create(
        context.connection,
        name=input.name,
        url=input.url,
        events=sorted(set(input.events)),
        campus=input.campus,
        seal=context.seal,
        now=context.now,
    )
    context.about(f"webhook/{id}")
    return _told(N_("Secret"), secret)


@command("webhooks.change", title=N_("Change webhook"), permission="webhooks.manage", done=N_("Webhook changed"))
async def change(context: Context, input: ChangeEndpoint) -> Resource:
    """Changes name, address or events of a webhook. What waits already goes to the new address."""
    await _check(context, input)
    webhook = await _found(context, input.webhook)
    await webhooks.change(
        context.connection,
        webhook.id,
        name=input.name,
        url=input.url,
        events=sorted(set(input.events)),
        campus=input.campus,
    )
    return _told("webhook", input.webhook)


@command(
    "webhooks.change_secret",
    title=N_("New secret"),
    permission="webhooks.manage",
    done=N_("Secret changed"),
    confirm=N_("Make a new secret? The present one signs beside it for 24 hours more, then it is void."),
    secret=True,
)
async def change_secret(context: Context, input: OfWebhook) -> Resource:
    """Makes a new secret, which is shown once. Both sign for a day, so that the receiver can take up the new one."""
    webhook = await _found(context, input.webhook)
    secret = await webhooks.change_secret(context.connection, webhook.id, seal=context.seal, now=context.now)
    return _told(N_("Secret"), secret)


@command("webhooks.test", title=N_("Send a test"), permission="webhooks.manage", done=N_("Test on its way"))
async def test(context: Context, input: OfWebhook) -> Resource:
    """Sends an event of the type `webhooks.test` to the endpoint, signed like every other."""
    webhook = await _found(context, input.webhook)
    _refuse_off(webhook)
    payload = {"id": f"test-{uuid7()}", "type": TEST, "subject": input.webhook, "data": {}}
    await deliveries.add(
        context.connection, channel=webhook.channel, key=input.webhook, payload=payload, at=context.now
    )
    return _told("webhook", input.webhook)


@command("webhooks.resume", title=N_("Let it go on"), permission="webhooks.manage", done=N_("It goes on"))
async def resume(context: Context, input: OfWebhook) -> Resource:
    """Lets a webhook go on at once that rests or is held after failures; all that waited is sent."""
    webhook = await _found(context, input.webhook)
    _refuse_off(webhook)
    await deliveries.resume(context.connection, webhook.channel)
    return _told("webhook", input.webhook)


@command(
    "webhooks.switch_off",
    title=N_("Switch off"),
    permission="webhooks.manage",
    done=N_("Webhook switched off"),
    tone="danger",
    confirm=N_("Switch this webhook off? What waits for it is dropped, and it is told of nothing more."),
)
async def switch_off(context: Context, input: OfWebhook) -> Resource:
    """Switches a webhook off: what waits for it is dropped, and what happens meanwhile is not told afterwards."""
    webhook = await _found(context, input.webhook)
    _refuse_off(webhook)
    await webhooks.switch(context.connection, webhook.id, off=context.now)
    await deliveries.drop(context.connection, webhook.channel)
    return _told("webhook", input.webhook)


@command("webhooks.switch_on", title=N_("Switch on"), permission="webhooks.manage", done=N_("Webhook switched on"))
async def switch_on(context: Context, input: OfWebhook) -> Resource:
    """Switches a webhook on again: it is told of what happens from now on."""
    webhook = await _found(context, input.webhook)
    if webhook.off_since is None:
        raise Refused(_("This webhook is switched on already"))
    await webhooks.switch(context.connection, webhook.id, off=None)
    return _told("webhook", input.webhook)


@command(
    "webhooks.delete",
    title=N_("Delete"),
    permission="webhooks.manage",
    done=N_("Webhook deleted"),
    tone="danger",
    confirm=N_("Delete this webhook? Its secrets go with it, and what waits for it is dropped."),
)
async def delete(context: Context, input: OfWebhook) -> Resource:
    """Deletes a webhook with its secrets and all that waits for it."""
    webhook = await _found(context, input.webhook)
    await webhooks.delete(context.connection, webhook.id)
    await deliveries.drop(context.connection, webhook.channel)
    return _told("webhook", input.webhook)


async def _found(context: Context, key: str) -> webhooks.Webhook:
    """A webhook, locked, about which the command is. Raises `NotFound`."""
    webhook = await webhooks.read(context.connection, key.removeprefix("webhook/"), lock=True)
    if webhook is None:
        raise NotFound(_("There is no such webhook"))
    context.about(key)
    return webhook


def _refuse_off(webhook: webhooks.Webhook) -> None:
    if webhook.off_since is not None:
        raise Refused(_("This webhook is switched off"))


async def _check(context: Context, input: Endpoint) -> None:
    """Raises `BadRequest` for an address, an event or a campus that there can't be."""
    if not usable(input.url):
        raise BadRequest(_("expected http or https, with a host, without user and #"), expression="url")
    known = context.registry.events
    if unknown := sorted(set(input.events) - known.keys()):
        text = _("there is no event {unknown}; there are {known}").format(unknown=listed(unknown), known=listed(known))
        raise BadRequest(text, expression="events")
    if input.campus is not None:
        campuses = await run_view(context, context.registry.views["administration.campuses"], {})
        if input.campus not in {row.key for row in campuses.rows}:
            raise BadRequest(_("There is no such campus, or it is closed"), expression="campus")


def _told(name: str, value: str) -> Resource:
    return {"resourceType": "Parameters", "parameter": [{"name": name, "valueString": value}]}
