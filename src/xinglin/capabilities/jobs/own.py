"""What somebody asked for that is done in the background: how far it is, to cancel it, and that it ended."""

from pydantic import Field

from xinglin.capabilities.jobs.words import KINDS, STATES, local, named
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform import background
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext


class OwnRow(Row):
    """A job of one's own. `state` is open (it can be cancelled), going, ended, or noticed."""

    what: str = Field(title=N_("What"))
    asked: str = Field(title=N_("Asked for"))
    state_name: str = Field(title=N_("State"))
    progress: str = Field(title=N_("Progress"))
    result: str = Field(title=N_("Result"))
    changed: str = Field(title=N_("Last change"))
    state: str = Field(title=N_("State"), json_schema_extra={"hidden": True})


_ACTIONS = (
    RowAction("jobs.cancel", {"task": "key"}, frozenset({"open"})),
    RowAction("jobs.notice", {"task": "key"}, frozenset({"ended"})),
)


@view("jobs.own", title=N_("My jobs"), permission="jobs.own", row=OwnRow, actions=_ACTIONS, empty=N_("No jobs yet"))
async def own(context: Context, filter: Filter) -> Page[OwnRow]:
    """Exports, imports and indexings that the caller asked for, the newest first."""
    found = await background.of_account(context.repository, context.actor.account_id, limit=filter.limit)
    return Page([_row(context, task) for task in found])


@view("jobs.ended", title=N_("Ended"), permission="jobs.own", row=OwnRow, actions=_ACTIONS, empty=N_("Nothing new"))
async def ended(context: Context, filter: Filter) -> Page[OwnRow]:
    """Jobs of the caller that have ended since the caller last looked."""
    account = context.actor.account_id
    found = await background.of_account(context.repository, account, unseen=True, limit=filter.limit)
    return Page([_row(context, task) for task in found], total=len(found))


def _row(context: Context, task: Resource) -> OwnRow:
    kind = background.kind_of(task) or ""
    status = task["status"]
    if status in background.ENDED:
        state = "noticed" if "businessStatus" in task else "ended"
    else:
        state = "going" if kind == background.REINDEX else "open"
    changed = task.get("lastModified")
    types = background.value(task, "_type")
    return OwnRow(
        key=f"Task/{task['id']}",
        what=f"{named(KINDS, kind)} {types}" if types else named(KINDS, kind),
        asked=local(context, background.transaction_time(task)),
        state_name=named(STATES, status),
        progress=_progress(kind, background.progress(task)) if status not in background.ENDED else "",
        result=_result(kind, task),
        changed=local(context, background.moment_of(changed)) if changed else "",
        state=state,
    )


def _progress(kind: str, made: background.Progress | None) -> str:
    if made is None:
        return ""
    if kind == background.IMPORT:
        return f"{made.percent} %" if made.percent is not None else ""
    if made.total is None:
        return ngettext("{count} resource", "{count} resources", made.done).format(count=f"{made.done:,}")
    done, total = f"{made.done:,}", f"{made.total:,}"
    if kind == background.EXPORT:
        return _("{done} of {total} types").format(done=done, total=total)
    return _("{done} of {total} resources").format(done=done, total=total)


def _result(kind: str, task: Resource) -> str:
    """What came out; why it did not where it failed or was discarded."""
    if reason := (task.get("statusReason") or {}).get("text"):
        return str(reason)
    if kind == background.IMPORT:
        accepted, refused = ((background.outputs(task, name) or ["0"])[-1] for name in ("accepted", "refused"))
        return _("{accepted} accepted, {refused} refused").format(accepted=accepted, refused=refused)
    if kind == background.EXPORT and task["status"] == "completed":
        files = len(task.get("output", ()))
        return ngettext("{count} file", "{count} files", files).format(count=files)
    return ""


class OneTask(Input):
    """A job of one's own."""

    task: str = Field(title=N_("Job"), pattern=r"^Task/[A-Za-z0-9-]{1,64}$", json_schema_extra={"widget": "hidden"})


@command(
    "jobs.cancel",
    title=N_("Cancel"),
    permission="jobs.own",
    done=N_("Cancelled"),
    tone="danger",
    confirm=N_("Cancel this job? An import keeps what it has written; an export leaves no files."),
)
async def cancel(context: Context, input: OneTask) -> Resource:
    """Cancels an export or import that the caller asked for and that has not ended."""
    kind, id = await _own(context, input)
    if kind == background.REINDEX:
        raise Refused(_("An indexing goes on to its end: half of it would leave searches incomplete"))
    if not await background.move(context.repository, kind, id, "cancelled"):
        raise Refused(_("This job has ended already"), expression="task")
    return _told(context, input)


@command("jobs.notice", title=N_("Seen"), permission="jobs.own", done=N_("Noted"))
async def notice(context: Context, input: OneTask) -> Resource:
    """Notes that the caller has seen that a job of theirs ended."""
    kind, id = await _own(context, input)
    await background.noticed(context.repository, kind, id)
    return _told(context, input)


async def _own(context: Context, input: OneTask) -> tuple[str, str]:
    """Kind and id of a job that the caller asked for. Raises `NotFound` for those of others, as if there were none."""
    id = input.task.partition("/")[2]
    # Whose it is is looked at below, by the account that is noted in it.
    kind = background.kind_of(await context.repository.unlimited().read("Task", id))
    if kind is None:
        raise NotFound(_("There is no such job of yours"), expression="task")
    await background.read(context.repository, kind, id)
    return kind, id


def _told(context: Context, input: OneTask) -> Resource:
    context.about(input.task)
    return {"resourceType": "Parameters", "parameter": [{"name": "about", "valueString": input.task}]}
