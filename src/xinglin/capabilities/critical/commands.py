"""Sending a critical finding, acknowledging it, and saying what was done."""

from datetime import timedelta

from pydantic import Field

from xinglin.capabilities.critical.states import UNANSWERED
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.access.grants import DEPARTMENT
from xinglin.platform.i18n import gettext as _

CODE_SYSTEM = "urn:xinglin:code:task"
TASK_CODE = f"{CODE_SYSTEM}|critical-finding"
FOR_DEPARTMENT = "urn:xinglin:critical-department"
"""System of the tag that names the department whose doctors take over when nobody answers."""

ESCALATED = "urn:xinglin:extension:escalated"
PATIENCE = timedelta(minutes=15)
"""How long the doctor who ordered has time to acknowledge before the department's others are told."""


class Send(Input):
    """A finding that can't wait."""

    order: str = Field(title=N_("Order"), pattern=r"^ServiceRequest/", json_schema_extra={"widget": "hidden"})
    focus: str = Field(title=N_("Report"), pattern=r"^(DiagnosticReport|ServiceRequest)/")
    finding: str = Field(title=N_("Finding"), min_length=1, max_length=500)


@command(
    "critical.send",
    title=N_("Report critical finding"),
    permission="critical.send",
    done=N_("Sent to the doctor"),
    tone="danger",
)
async def send(context: Context, input: Send) -> Resource:
    """Sends a critical finding to the doctor who ordered the examination.

    It stands on every page of that doctor until it is acknowledged and handled; after fifteen minutes without an
    acknowledgement it stands on those of the department's other doctors too, and on the sender's list as overdue.
    """
    request = await context.read(input.order)
    owner = (request.get("requester") or {}).get("reference")
    if owner is None:
        raise Refused(_("Nobody is named who ordered this"), expression="order")
    tags = (request.get("meta") or {}).get("tag") or ()
    department = next((tag["code"] for tag in tags if tag.get("system") == DEPARTMENT), None)
    system, _bar, code = TASK_CODE.partition("|")
    task = build.without_empty(
        {
            "resourceType": "Task",
            "meta": {"tag": [{"system": FOR_DEPARTMENT, "code": department}]} if department else None,
            "basedOn": [build.reference(request)],
            "intent": "order",
            "priority": "stat",
            "code": build.concept(system, code, "危急值"),
            "description": input.finding,
            "focus": build.reference(input.focus, build.concept_text(request.get("code"))),
            "for": request["subject"],
            "encounter": request.get("encounter"),
            "authoredOn": build.instant(context.now),
            "lastModified": build.instant(context.now),
            "requester": build.reference(str(context.actor.practitioner), context.actor.name),
            "owner": build.reference(owner, (request["requester"]).get("display")),
        }
    )
    return await context.create(context.moved("critical", task))


class Finding(Input):
    """One critical finding."""

    finding: str = Field(title=N_("Critical finding"), pattern=r"^Task/", json_schema_extra={"widget": "hidden"})


@command(
    "critical.acknowledge",
    title=N_("Acknowledge"),
    permission="critical.answer",
    done=N_("Acknowledged; please write down what is done"),
    tone="danger",
)
async def acknowledge(context: Context, input: Finding) -> Resource:
    """Confirms that the doctor has read the finding: the one who ordered, or, when it is overdue, one of the
    department."""
    task = await context.read(input.finding, lock=True)
    _refuse_strangers(context, task)
    return await context.update(_acknowledged(context, context.moved("critical", task), context.actor.name))


def _refuse_strangers(context: Context, task: Resource) -> None:
    if task["owner"]["reference"] == context.actor.practitioner:
        return
    state = context.registry.tables["critical"].of(task)
    if department_of(context) not in departments(task) or state is None or state.code == "SENT":
        raise Refused(_("This finding is for {doctor}").format(doctor=task["owner"].get("display", "")))


def department_of(context: Context) -> str | None:
    """The id of the department in which the actor works now."""
    post = context.actor.post
    return post.department.partition("/")[2] if post and post.department else None


def departments(task: Resource) -> list[str]:
    """Ids of the departments whose doctors take over."""
    return [tag["code"] for tag in task["meta"].get("tag") or () if tag.get("system") == FOR_DEPARTMENT]


def _acknowledged(context: Context, task: Resource, who: str) -> Resource:
    moment = build.instant(context.now)
    note = {"text": _("Acknowledged by {who}").format(who=who), "time": moment}
    if context.actor.practitioner:
        note["authorReference"] = build.reference(context.actor.practitioner, context.actor.name)  # type: ignore[assignment]
    period = {"start": moment}
    return {**task, "executionPeriod": period, "lastModified": moment, "note": [*(task.get("note") or ()), note]}


class Phone(Finding):
    """A finding that was told by telephone."""

    told: str = Field(title=N_("Who was told"), min_length=2, max_length=60)


@command(
    "critical.phone",
    title=N_("Told by telephone"),
    permission="critical.follow",
    done=N_("The call is recorded"),
)
async def phone(context: Context, input: Phone) -> Resource:
    """Records that somebody was told the finding by telephone and has read it back; it remains to be handled."""
    task = context.moved("critical", await context.read(input.finding, lock=True))
    who = _("{name}, by telephone with read-back").format(name=input.told)
    return await context.update(_acknowledged(context, task, who))


class Handle(Finding):
    """What was done about a finding."""

    action: str = Field(title=N_("What was done"), min_length=2, max_length=500, json_schema_extra=MULTILINE)


@command(
    "critical.handle",
    title=N_("Write down what was done"),
    permission="critical.answer",
    done=N_("Written down"),
    tone="primary",
)
async def handle(context: Context, input: Handle) -> Resource:
    """Ends a finding with what was done about it, by whom and when."""
    task = await context.read(input.finding, lock=True)
    _refuse_strangers(context, task)
    moment = build.instant(context.now)
    who = build.reference(str(context.actor.practitioner), context.actor.name)
    note = {"authorReference": who, "time": moment, "text": input.action}
    moved = context.moved("critical", task)
    period = {**(task.get("executionPeriod") or {}), "end": moment}
    return await context.update(
        {**moved, "executionPeriod": period, "lastModified": moment, "note": [*(task.get("note") or ()), note]}
    )


class Escalate(Input):
    """Nothing to be said: the time of now decides."""


@command(
    "critical.escalate",
    title=N_("Escalate overdue findings"),
    permission="critical.escalate",
    done=N_("Escalated"),
)
async def escalate(context: Context, _input: Escalate) -> Resource:
    """Gives findings that nobody has acknowledged within fifteen minutes to the department's other doctors."""
    table = context.registry.tables["critical"]
    before = (context.now - PATIENCE).isoformat()
    query = [("_tag", table.tag(UNANSWERED[0])), ("authored-on", f"le{before}"), ("_count", "200")]
    overdue = [reference(item) for item in (await context.search("Task", query)).resources]
    for name in sorted(overdue):
        task = await context.read(name, lock=True)
        state = table.of(task)
        if state is None or state.code != UNANSWERED[0]:
            continue
        mark = {"url": ESCALATED, "valueDateTime": build.instant(context.now)}
        moved = context.moved("critical", task)
        await context.update({**moved, "extension": [*(task.get("extension") or ()), mark]})
    return operation_outcome([Issue("information", "informational", _("{count} escalated").format(count=len(overdue)))])
