"""Results that the doctor who ordered them has not read yet."""

from pydantic import Field

from xinglin.capabilities.outpatient import visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.event import Event, on
from xinglin.kernel.printout import time_text
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _

TASK_SYSTEM = "urn:xinglin:code:task"
TASK = "results"
TASK_CODE = f"{TASK_SYSTEM}|{TASK}"


@on("laboratory.reported", "imaging.reported")
async def announce(context: Context, event: Event) -> None:
    """Puts a report among those that the doctor who ordered it has to read; a corrected one again."""
    report = await context.read(event.subject)
    if await _waiting(context, [("focus", event.subject)]):
        return
    order = await context.read(report["basedOn"][0]["reference"])
    doctor = order.get("requester")
    if doctor is None:
        return
    task = {
        "resourceType": "Task",
        "intent": "order",
        "code": build.concept(TASK_SYSTEM, TASK, "报告待阅"),
        "focus": build.reference(report, build.concept_text(report.get("code"))),
        "for": report["subject"],
        "encounter": report["encounter"],
        "authoredOn": report["issued"],
        "owner": doctor,
    }
    await context.create(context.moved("results", task))


async def _waiting(context: Context, query: list[tuple[str, str]]) -> list[Resource]:
    table = context.registry.tables["results"]
    pairs = [("code", TASK_CODE), ("_tag", table.tag("UNREAD")), *query, ("_count", "100")]
    return (await context.search("Task", pairs)).resources


async def unread_reports(context: Context, patient: str) -> set[str]:
    """References of the patient's reports that the signed-in doctor has not read."""
    owner = context.actor.practitioner or "Practitioner/none"
    return {task["focus"]["reference"] for task in await _waiting(context, [("patient", patient), ("owner", owner)])}


@command(
    "outpatient.mark_read",
    title=N_("All read"),
    permission="outpatient.treat",
    done=N_("Marked as read"),
)
async def mark_read(context: Context, input: VisitStep) -> Resource:
    """Records that the signed-in doctor has read all results of the visit's patient that were still unread."""
    encounter = await context.read(input.visit)
    visits.own_visit(context, encounter)
    query = [("patient", encounter["subject"]["reference"]), ("owner", str(context.actor.practitioner))]
    waiting = await _waiting(context, query)
    for name in sorted(reference(task) for task in waiting):
        task = context.moved("results", await context.read(name, lock=True))
        await context.update({**task, "lastModified": build.instant(context.now)})
    text = _("{count} reports read").format(count=len(waiting))
    return operation_outcome([Issue("information", "informational", text)])


class UnreadRow(Row):
    """A report to be read."""

    patient_name: str = Field(title=N_("Patient"))
    report: str = Field(title=N_("Report"))
    at: str = Field(title=N_("Published"))
    visit: str = Field(title=N_("Visit"), json_schema_extra={"hidden": True})
    focus: str = Field(title=N_("Report"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "outpatient.unread",
    title=N_("Results to read"),
    permission="outpatient.treat",
    row=UnreadRow,
    empty=N_("Every result is read"),
)
async def unread(context: Context, filter: Filter) -> Page[UnreadRow]:
    """Reports of what the signed-in doctor ordered that the doctor has not read, the oldest first."""
    table = context.registry.tables["results"]
    owner = context.actor.practitioner or "Practitioner/none"
    query = [("code", TASK_CODE), ("_tag", table.tag("UNREAD")), ("owner", owner), ("_sort", "authored-on")]
    found = await context.search("Task", [*query, ("_count", str(filter.limit))])
    people = await context.read_many(task["for"]["reference"] for task in found.resources)
    rows = [
        UnreadRow(
            key=reference(task),
            patient_name=build.person_name(people.get(task["for"]["reference"])),
            report=str(task["focus"].get("display", "")),
            at=time_text(context, task["authoredOn"]),
            visit=task["encounter"]["reference"],
            focus=task["focus"]["reference"],
            patient=task["for"]["reference"],
        )
        for task in found.resources
    ]
    return Page(rows, found.next, found.total)
