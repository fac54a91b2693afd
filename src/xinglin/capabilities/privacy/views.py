"""Lists of emergency accesses."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from xinglin.capabilities.privacy.states import emergency_access
from xinglin.fhir.types import Resource
from xinglin.kernel.command import select
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform.access.care import BROKEN


class ByState(Filter):
    """Those in one state, or all."""

    state: Literal["OPEN", "JUSTIFIED", "UNJUSTIFIED"] | None = Field(
        None,
        title=N_("State"),
        json_schema_extra=select([(state.code, state.title) for state in emergency_access.states]),
    )


class AccessRow(Row):
    """One emergency access."""

    person: str = Field(title=N_("Who"))
    patient_name: str = Field(title=N_("Patient"))
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    since: str = Field(title=N_("From"))
    until: str = Field(title=N_("Until"))
    reason: str = Field(title=N_("Reason"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state:emergency-access"})
    note: str = Field(title=N_("Note"))
    going_on: bool = Field(title=N_("Still open"), json_schema_extra={"hidden": True})


@view(
    "privacy.emergencies",
    title=N_("Emergency access"),
    permission="privacy.read",
    row=AccessRow,
    empty=N_("No emergency access"),
    actions=(
        RowAction("privacy.justify", {"access": "key"}, frozenset({"OPEN"})),
        RowAction("privacy.object", {"access": "key"}, frozenset({"OPEN"})),
    ),
)
async def emergencies(context: Context, filter: ByState) -> Page[AccessRow]:
    """Emergency accesses, the newest first: one's own, or, for the privacy officer, all."""
    query = [("code", BROKEN), ("_sort", "-authored-on"), ("_count", str(filter.limit)), ("_total", "accurate")]
    if filter.state:
        query.append(("_tag", emergency_access.tag(filter.state)))
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Task", query)
    return Page([_row(context, task) for task in found.resources], found.next, found.total)


def _row(context: Context, task: Resource) -> AccessRow:
    state = emergency_access.of(task)
    period = {end: datetime.fromisoformat(task["executionPeriod"][end]) for end in ("start", "end")}
    return AccessRow(
        key=f"Task/{task['id']}",
        person=task["owner"].get("display", ""),
        patient_name=task["for"].get("display", ""),
        patient=task["for"]["reference"],
        since=f"{period['start'].astimezone(context.zone):%Y-%m-%d %H:%M}",
        until=f"{period['end'].astimezone(context.zone):%Y-%m-%d %H:%M}",
        reason=task["reasonCode"]["text"],
        state=state.code if state else "",
        note=next((note["text"] for note in task.get("note") or ()), ""),
        going_on=bool(state and state.code == "OPEN" and period["end"] > context.now),
    )
