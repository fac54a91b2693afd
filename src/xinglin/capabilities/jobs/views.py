"""Lists for whoever looks after the installation: jobs, events that were given up, channels that don't get through."""

from typing import Literal

from pydantic import Field

from xinglin.capabilities.jobs.words import STATES, TASKS, channel_title, kind_of_error, local, named
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.command import select
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform import deliveries, job_list, outbox
from xinglin.platform.i18n import gettext as _
from xinglin.platform.job_list import KeptJob

JOB, EVENT = "job/", "event/"
"""What the keys of rows begin with."""
_STATUSES = ("todo", "doing", "failed", "cancelled", "aborted")
_OPTIONS = select([("todo", STATES["waiting"]), ("doing", STATES["running"]), ("failed", STATES["failed"])])


class OfStatus(Filter):
    """Jobs of one status, or all."""

    status: Literal["todo", "doing", "failed"] | None = Field(None, title=N_("State"), json_schema_extra=_OPTIONS)


class JobRow(Row):
    """A job. `state` is waiting, resting (after a failure), running, failed or cancelled."""

    what: str = Field(title=N_("What"))
    number: str = Field(title=N_("Number"))
    state_name: str = Field(title=N_("State"))
    attempts: int = Field(title=N_("Attempts"), json_schema_extra={"kind": "number"})
    since: str = Field(title=N_("Since"))
    next: str = Field(title=N_("Next attempt"))
    error: str = Field(title=N_("Failed by"))
    state: str = Field(title=N_("State"), json_schema_extra={"hidden": True})


@view(
    "jobs.all",
    title=N_("Jobs"),
    permission="jobs.read",
    row=JobRow,
    empty=N_("Nothing runs, waits or has failed"),
    actions=(
        RowAction("jobs.try_again", {"job": "key"}, frozenset({"failed", "resting"})),
        RowAction("jobs.discard", {"job": "key"}, frozenset({"failed", "resting", "waiting", "cancelled"})),
    ),
)
async def jobs(context: Context, filter: OfStatus) -> Page[JobRow]:
    """Jobs that run, wait or failed, the newest first; those that succeeded are gone."""
    before = number_in(filter.cursor, "cursor") if filter.cursor else None
    found = await job_list.listed(context.connection, status=filter.status, before=before, limit=filter.limit + 1)
    rows = [job_row(context, job) for job in found[: filter.limit]]
    return Page(rows, str(found[filter.limit - 1].id) if len(found) > filter.limit else None)


def job_row(context: Context, job: KeptJob) -> JobRow:
    """A job as a row."""
    state = state_of(job)
    return JobRow(
        key=f"{JOB}{job.id}",
        what=named(TASKS, job.task),
        number=str(job.id),
        state_name=named(STATES, state),
        attempts=job.attempts,
        since=local(context, job.since),
        next=local(context, job.scheduled) if state in ("waiting", "resting") else "",
        error=kind_of_error(job.error) if job.error else "",
        state=state,
    )


def state_of(job: KeptJob) -> str:
    """The state of a job in the house's words."""
    if job.status == "todo":
        return "resting" if job.attempts else "waiting"
    return {"doing": "running", "aborted": "cancelled"}.get(job.status, job.status)


def number_in(text: str, element: str) -> int:
    """The number in a key such as `job/12`, or in a cursor. Raises `BadRequest`."""
    digits = text.rpartition("/")[2]
    if digits.isascii() and digits.isdecimal() and len(digits) < 19:
        return int(digits)
    raise BadRequest(_("{text} is no number of anything here").format(text=text[:40]), expression=element)


class ParkedRow(Row):
    """An event whose handlers failed too often."""

    event: str = Field(title=N_("Event"))
    about: str = Field(title=N_("About"))
    at: str = Field(title=N_("Happened"))
    parked: str = Field(title=N_("Given up"))
    error: str = Field(title=N_("Failed by"))


@view(
    "jobs.parked",
    title=N_("Events that were given up"),
    permission="jobs.read",
    row=ParkedRow,
    empty=N_("Every event was handled"),
    actions=(
        RowAction("jobs.try_event_again", {"event": "key"}),
        RowAction("jobs.discard_event", {"event": "key"}),
    ),
)
async def parked(context: Context, filter: Filter) -> Page[ParkedRow]:
    """Events that failed too often and wait for a person, the oldest first."""
    rows = [
        ParkedRow(
            key=f"{EVENT}{event.id}",
            event=event.event,
            about=event.key,
            at=local(context, event.at),
            parked=local(context, since),
            error=kind_of_error(error),
        )
        for event, since, error in await outbox.parked_events(context.connection, limit=filter.limit)
    ]
    return Page(rows, total=(await outbox.lag(context.connection)).parked)


class TroubleRow(Row):
    """Something of a kind that waits for a person."""

    what: str = Field(title=N_("What"))
    count: int = Field(title=N_("Queued"), json_schema_extra={"kind": "number"})


@view(
    "jobs.trouble",
    title=N_("Waits for a person"),
    permission="jobs.read",
    row=TroubleRow,
    empty=N_("Nothing waits for a person"),
)
async def trouble(context: Context, _filter: Filter) -> Page[TroubleRow]:
    """How many jobs failed, events were given up, and channels are held."""
    counts = {
        "jobs": (_("Jobs that failed"), (await job_list.counted(context.connection)).get("failed", 0)),
        "events": (_("Events that were given up"), (await outbox.lag(context.connection)).parked),
        "channels": (_("Channels that are held"), len(await deliveries.held(context.connection))),
    }
    rows = [TroubleRow(key=key, what=what, count=count) for key, (what, count) in counts.items() if count]
    return Page(rows, total=sum(row.count for row in rows))


class ChannelRow(Row):
    """A channel on which something waits. `state` is held, resting or going."""

    channel: str = Field(title=N_("Channel"))
    state_name: str = Field(title=N_("State"))
    count: int = Field(title=N_("Queued"), json_schema_extra={"kind": "number"})
    oldest: str = Field(title=N_("Oldest"))
    next: str = Field(title=N_("Next attempt"))
    error: str = Field(title=N_("Why"))
    state: str = Field(title=N_("State"), json_schema_extra={"hidden": True})


_HINDERED = frozenset({"held", "resting"})


@view(
    "jobs.channels",
    title=N_("Deliveries to others"),
    permission="jobs.read",
    row=ChannelRow,
    empty=N_("Nothing waits to be delivered"),
    actions=(
        RowAction("jobs.resume_channel", {"channel": "key"}, _HINDERED),
        RowAction("jobs.drop_channel", {"channel": "key"}, _HINDERED),
    ),
)
async def channels(context: Context, filter: Filter) -> Page[ChannelRow]:
    """Channels on which deliveries wait, those first that are held after too many failures."""
    states = {"held": _("Held"), "resting": _("Rests after a failure"), "going": _("On its way")}
    rows = []
    for each in await deliveries.waiting(context.connection, limit=filter.limit):
        state = "held" if each.held else "resting" if each.next_attempt else "going"
        rows.append(
            ChannelRow(
                key=each.channel,
                channel=channel_title(each.channel),
                state_name=states[state],
                count=each.count,
                oldest=local(context, each.oldest),
                next=local(context, each.next_attempt) if state == "resting" else "",
                error=each.error or "",
                state=state,
            )
        )
    return Page(rows)
