"""What an administrator may do with work that does not get on: let it be tried again, or discard it."""

from typing import Any

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.capabilities.jobs.views import number_in
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform import background, deliveries, job_list, outbox
from xinglin.platform.i18n import gettext as _
from xinglin.store import subscribing

TASKS = {"fhir.export": background.EXPORT, "fhir.import": background.IMPORT}
"""Jobs whose state a Task tells to whoever asked for them, by the id that they were given."""
REASON: Any = Field(title=N_("Reason"), min_length=5, max_length=200, json_schema_extra=MULTILINE)
_HIDDEN: JsonDict = {"widget": "hidden"}


class OneJob(Input):
    """A job."""

    job: str = Field(title=N_("Job"), pattern=r"^job/[0-9]{1,18}$", json_schema_extra=_HIDDEN)


class DiscardJob(OneJob):
    """A job that nobody shall try any more, and why."""

    reason: str = REASON


@command("jobs.try_again", title=N_("Try again"), permission="jobs.manage", done=N_("It is tried again"))
async def try_again(context: Context, input: OneJob) -> Resource:
    """Lets a job that failed, or rests after a failure, be tried at once, with all its attempts."""
    try:
        task, arguments = await job_list.try_again(context.connection, number_in(input.job, "job"))
    except job_list.NoSuchJob:
        raise Refused(_("This job is gone, or runs already"), expression="job") from None
    except job_list.AlreadyWaiting:
        raise Refused(_("Another job waits for the same work"), expression="job") from None
    if task in TASKS:
        await background.reopen(context.repository, TASKS[task], str(arguments["id"]))
    return _told(context, input.job)


@command("jobs.discard", title=N_("Discard"), permission="jobs.manage", done=N_("The job is discarded"), tone="danger")
async def discard(context: Context, input: DiscardJob) -> Resource:
    """Removes a job that waits or failed; whoever asked for it is told why."""
    try:
        task, arguments = await job_list.discard(context.connection, number_in(input.job, "job"))
    except job_list.NoSuchJob:
        raise Refused(_("This job is gone, or runs now"), expression="job") from None
    if task in TASKS:
        await background.move(
            context.repository.unlimited(), TASKS[task], str(arguments["id"]), "cancelled", reason=input.reason
        )
    context.because(input.reason)
    return _told(context, input.job)


class OneEvent(Input):
    """An event that was given up."""

    event: str = Field(title=N_("Event"), pattern=r"^event/[0-9]{1,18}$", json_schema_extra=_HIDDEN)


class DiscardEvent(OneEvent):
    """An event that nobody shall handle any more, and why."""

    reason: str = REASON


@command("jobs.try_event_again", title=N_("Try again"), permission="jobs.manage", done=N_("The event is handled again"))
async def try_event_again(context: Context, input: OneEvent) -> Resource:
    """Lets an event that was given up be handled again, by those handlers that have not done their work."""
    if not await outbox.unpark(context.connection, number_in(input.event, "event"), now=context.now):
        raise Refused(_("This event is not among those that were given up"), expression="event")
    return _told(context, input.event)


@command(
    "jobs.discard_event",
    title=N_("Discard"),
    permission="jobs.manage",
    done=N_("The event is discarded"),
    tone="danger",
)
async def discard_event(context: Context, input: DiscardEvent) -> Resource:
    """Removes an event that was given up; what its handlers should have done is then never done."""
    if not await outbox.discard(context.connection, number_in(input.event, "event")):
        raise Refused(_("This event is not among those that were given up"), expression="event")
    context.because(input.reason)
    return _told(context, input.event)


class OneChannel(Input):
    """A channel of deliveries."""

    channel: str = Field(
        title=N_("Channel"), pattern=r"^[a-z][a-z0-9-]{0,30}/[A-Za-z0-9.-]{1,64}$", json_schema_extra=_HIDDEN
    )


class DropChannel(OneChannel):
    """A channel on which what waits shall not be sent any more, and why."""

    reason: str = REASON


@command("jobs.resume_channel", title=N_("Try again"), permission="jobs.manage", done=N_("The channel goes on"))
async def resume_channel(context: Context, input: OneChannel) -> Resource:
    """Lets a channel that rests or is held go on at once, with all that waits."""
    if not await deliveries.resume(context.connection, input.channel):
        raise Refused(_("This channel neither rests nor is held"), expression="channel")
    await _wake(context, input.channel)
    return _told(context, input.channel)


@command(
    "jobs.drop_channel",
    title=N_("Discard what waits"),
    permission="jobs.manage",
    done=N_("What waited is discarded; the channel goes on"),
    tone="danger",
)
async def drop_channel(context: Context, input: DropChannel) -> Resource:
    """Removes what waits on a channel that rests or is held, which then goes on with what comes."""
    if not await deliveries.drop(context.connection, input.channel):
        raise Refused(_("This channel neither rests nor is held"), expression="channel")
    await _wake(context, input.channel)
    context.because(input.reason)
    return _told(context, input.channel)


async def _wake(context: Context, channel: str) -> None:
    """Asks for a Subscription anew that is in error because its receiver failed; it stays on behalf of whom it was."""
    kind, _slash, id = channel.partition("/")
    if kind != "subscription":
        return
    found = await subscribing.find(context.connection, id)
    if found is None or found.status != "error":
        return
    # Written by the house: whoever lets it go on must not become the one for whom it acts.
    repository = context.repository.unlimited()
    resource = await repository.read(subscribing.TYPE, id, lock=True)
    resource.pop("error", None)
    await repository.update({**resource, "status": "requested"})
    context.about(f"{subscribing.TYPE}/{id}")


def _told(context: Context, subject: str) -> Resource:
    context.about(subject)
    return {"resourceType": "Parameters", "parameter": [{"name": "about", "valueString": subject}]}
