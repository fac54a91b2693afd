"""Lists of critical findings."""

from datetime import datetime
from typing import Any

from pydantic import Field

from xinglin.capabilities.critical.commands import ESCALATED, FOR_DEPARTMENT, TASK_CODE, department_of
from xinglin.capabilities.critical.states import OPEN
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.printout import time_text
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view


class FindingRow(Row):
    """A critical finding with its times; minutes are those until the acknowledgement, or until now."""

    patient_name: str = Field(title=N_("Patient"))
    examination: str = Field(title=N_("Examination"))
    finding: str = Field(title=N_("Finding"))
    doctor: str = Field(title=N_("Doctor"))
    at: str = Field(title=N_("Sent"))
    minutes: int = Field(title=N_("Minutes"), json_schema_extra={"kind": "number"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "critical"})
    escalated: bool = Field(title=N_("Escalated"), json_schema_extra={"kind": "flag"})
    handled: str = Field(title=N_("What was done"))
    visit: str = Field(title=N_("Visit"), json_schema_extra={"hidden": True})
    report: str = Field(title=N_("Report"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    own: bool = Field(title=N_("Own"), json_schema_extra={"hidden": True})


ACKNOWLEDGE = RowAction("critical.acknowledge", {"finding": "key"}, frozenset({"SENT", "ESCALATED"}))
HANDLE = RowAction("critical.handle", {"finding": "key"}, frozenset({"ACKNOWLEDGED"}))
PHONE = RowAction("critical.phone", {"finding": "key"}, frozenset({"SENT", "ESCALATED"}))


@view(
    "critical.mine",
    title=N_("Critical findings"),
    permission="critical.answer",
    row=FindingRow,
    actions=(ACKNOWLEDGE, HANDLE),
    empty=N_("No critical finding waits"),
)
async def mine(context: Context, filter: Filter) -> Page[FindingRow]:
    """Critical findings that wait for the signed-in doctor: own ones, and overdue ones of the department."""
    table = context.registry.tables["critical"]
    tags = ",".join(table.tag(code) for code in OPEN)
    query = [("code", TASK_CODE), ("_tag", tags), ("_sort", "authored-on"), ("_count", str(filter.limit))]
    owner = context.actor.practitioner or "Practitioner/none"
    found = (await context.search("Task", [*query, ("owner", owner)])).resources
    if department := department_of(context):
        overdue = [*query, ("_tag", table.tag("ESCALATED")), ("_tag", f"{FOR_DEPARTMENT}|{department}")]
        held = {item["id"] for item in found}
        found += [item for item in (await context.search("Task", overdue)).resources if item["id"] not in held]
    return Page(await _rows(context, found), total=len(found))


class Log(Filter):
    """Where one is wanted, a state."""

    state: str | None = Field(None, title=N_("State"), pattern=r"^(SENT|ESCALATED|ACKNOWLEDGED|HANDLED)$")


@view(
    "critical.log",
    title=N_("Critical findings"),
    permission="critical.follow",
    row=FindingRow,
    actions=(PHONE,),
    empty=N_("No critical finding yet"),
)
async def log(context: Context, filter: Log) -> Page[FindingRow]:
    """All critical findings, the newest first, with the times that quality is measured by."""
    query = [("code", TASK_CODE), ("_sort", "-authored-on"), ("_count", str(filter.limit))]
    if filter.state:
        query.append(("_tag", context.registry.tables["critical"].tag(filter.state)))
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Task", query)
    return Page(await _rows(context, found.resources), found.next)


@view(
    "critical.open",
    title=N_("Critical findings that nobody has acknowledged"),
    permission="critical.follow",
    row=FindingRow,
    actions=(PHONE,),
    empty=N_("No critical finding waits"),
)
async def open_ones(context: Context, filter: Filter) -> Page[FindingRow]:
    """Critical findings that nobody has acknowledged yet, the oldest first."""
    table = context.registry.tables["critical"]
    tags = ",".join(table.tag(code) for code in ("SENT", "ESCALATED"))
    query = [("code", TASK_CODE), ("_tag", tags), ("_sort", "authored-on"), ("_count", str(filter.limit))]
    found = await context.search("Task", query)
    return Page(await _rows(context, found.resources), total=len(found.resources))


async def _rows(context: Context, tasks: list[Resource]) -> list[FindingRow]:
    people = await context.read_many(task["for"]["reference"] for task in tasks)
    return [_row(context, task, people.get(task["for"]["reference"])) for task in tasks]


def _row(context: Context, task: Resource, patient: Resource | None) -> FindingRow:
    state = context.registry.tables["critical"].of(task)
    sent = datetime.fromisoformat(task["authoredOn"])
    begun = (task.get("executionPeriod") or {}).get("start")
    until = datetime.fromisoformat(begun) if begun else context.now
    notes: list[Any] = task.get("note") or []
    return FindingRow(
        key=reference(task),
        patient_name=build.person_name(patient),
        examination=str(task["focus"].get("display", "")),
        finding=str(task.get("description", "")),
        doctor=str(task["owner"].get("display", "")),
        at=time_text(context, task["authoredOn"]),
        minutes=max(0, int((until - sent).total_seconds() // 60)),
        state=state.code if state else "",
        escalated=any(item.get("url") == ESCALATED for item in task.get("extension") or ()),
        handled=str(notes[-1]["text"]) if state and state.code == "HANDLED" and notes else "",
        visit=str((task.get("encounter") or {}).get("reference", "")),
        report=task["focus"]["reference"],
        patient=task["for"]["reference"],
        own=task["owner"]["reference"] == context.actor.practitioner,
    )
