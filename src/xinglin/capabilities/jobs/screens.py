"""The page of those who look after the installation, and everybody's own."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.jobs import own, views
from xinglin.capabilities.jobs.words import data_shown, kind_of_error, local
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.platform import job_list, outbox

ROWS = 100
TABS = {"jobs": N_("Jobs"), "events": N_("Events"), "deliveries": N_("Deliveries")}
STATUSES = {"": N_("All"), "todo": N_("Queued"), "doing": N_("Running"), "failed": N_("Failed")}


@screen(
    "jobs.desk",
    title=N_("Jobs"),
    path="/jobs",
    permission="jobs.read",
    template="jobs/desk.html",
    icon="activity",
    badge="jobs.trouble",
    order=95,
)
async def desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Jobs that run, wait or failed; events that were given up; channels of deliveries.

    Query: `tab` the list; `status` of jobs; `job` or `event` the one that is open.
    """
    tab = query.get("tab") if query.get("tab") in TABS else "jobs"
    status = query["status"] if query.get("status") in STATUSES else ""
    shown: dict[str, Any] = {"tab": tab, "tabs": TABS, "status": status, "statuses": STATUSES, "chosen": None}
    if tab == "jobs":
        wanted = {"status": status or None, "limit": ROWS}
        shown["jobs"] = await run_view(context, views.jobs, wanted)
        shown["counts"] = await job_list.counted(context.connection)
        return {**shown, **await _job(context, query.get("job"))}
    if tab == "events":
        shown["events"] = await run_view(context, views.parked, {"limit": ROWS})
        return {**shown, **await _event(context, query.get("event"))}
    shown["channels"] = await run_view(context, views.channels, {"limit": ROWS})
    return shown


async def _job(context: Context, key: str | None) -> dict[str, Any]:
    """The job that is open; nothing where none is, or it has succeeded meanwhile."""
    found = await job_list.listed(context.connection, id=views.number_in(key, "job")) if key else []
    if not found:
        return {}
    job = found[0]
    return {
        "chosen": views.job_row(context, job),
        "data": data_shown(job.arguments),
        "failed": local(context, job.failed),
        "changed": local(context, job.changed),
        "places": (job.error or "").splitlines(),
    }


async def _event(context: Context, key: str | None) -> dict[str, Any]:
    """The event that is open; nothing where none is, or it is no longer among those that were given up."""
    number = views.number_in(key, "event") if key else None
    found = await outbox.parked_events(context.connection, limit=1, id=number) if number is not None else []
    if not found:
        return {}
    event, since, error = found[0]
    return {
        "chosen": event,
        "data": data_shown({"subject": event.payload.get("subject"), **event.payload.get("data", {})}),
        "failed": local(context, since),
        "places": [kind_of_error(error)],
    }


@screen(
    "jobs.mine",
    title=N_("My jobs"),
    path="/jobs/mine",
    permission="jobs.own",
    template="jobs/mine.html",
    icon="clock",
    badge="jobs.ended",
    order=96,
)
async def mine(context: Context, _query: Mapping[str, str]) -> dict[str, Any]:
    """Exports, imports and indexings that one asked for."""
    return {"own": await run_view(context, own.own, {"limit": ROWS})}
