"""Designing templates of structured histories: drafted by doctors, put into use by the head of the department."""

from uuid import uuid4

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from xinglin.capabilities.outpatient.phrases import department_of
from xinglin.capabilities.outpatient.questionnaires import KINDS, Question, department_tag, questions, template
from xinglin.capabilities.outpatient.resources import SECTIONS
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

HIDDEN: JsonDict = {"widget": "hidden"}
MOST_QUESTIONS = 60
LABELS = {
    "chief_complaint": N_("Chief complaint"),
    "present_illness": N_("History of present illness"),
    "past_history": N_("Past history"),
    "examination": N_("Physical examination"),
    "plan": N_("Plan"),
}


class DraftTemplate(Input):
    """A new template of the department of the caller's post."""

    title: str = Field(title=N_("Title"), min_length=2, max_length=60)


class OfTemplate(Input):
    """A template."""

    template: str = Field(title=N_("Template"), pattern=r"^Questionnaire/", json_schema_extra=HIDDEN)


class OfQuestion(OfTemplate):
    """A question of a template."""

    link: str = Field(title=N_("Question"), pattern=r"^q[0-9]+$", json_schema_extra=HIDDEN)


class AddQuestion(OfTemplate):
    """A question and where its answer goes."""

    text: str = Field(title=N_("Question or symptom"), min_length=1, max_length=120)
    kind: str = Field("boolean", title=N_("Kind of answer"), json_schema_extra=select(KINDS.items()))
    options: str | None = Field(
        None,
        title=N_("Answers to choose from"),
        max_length=2000,
        json_schema_extra={**MULTILINE, "hint": N_("One in a line; for choices only")},
    )
    unit: str | None = Field(None, title=N_("Unit"), max_length=20)
    section: str = Field("present_illness", title=N_("Goes into"), json_schema_extra=select(LABELS.items()))
    required: bool = Field(False, title=N_("Must be answered"))

    @model_validator(mode="after")
    def _fits(self) -> "AddQuestion":
        if self.kind not in KINDS or self.section not in SECTIONS:
            raise ValueError(_("The kind of answer or the section is not known here"))
        wanted = self.kind in ("choice", "several")
        if wanted and len(self.choices) < 2:
            raise ValueError(_("A choice needs at least two answers, one in a line"))
        return self

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers to choose from; none for other kinds."""
        lines = [line.strip()[:80] for line in (self.options or "").splitlines() if line.strip()]
        return tuple(dict.fromkeys(lines)) if self.kind in ("choice", "several") else ()

    def question(self, link: str) -> Question:
        """The question under its link."""
        unit = (self.unit or "") if self.kind == "decimal" else ""
        return Question(link, self.text, self.kind, self.section, self.choices, unit, self.required)


class ChangeQuestion(AddQuestion):
    """A question as it shall be."""

    link: str = Field(title=N_("Question"), pattern=r"^q[0-9]+$", json_schema_extra=HIDDEN)


class ReturnTemplate(OfTemplate):
    """A template that goes back."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "outpatient.draft_template", title=N_("New template"), permission="outpatient.treat", done=N_("Template begun")
)
async def draft_template(context: Context, input: DraftTemplate) -> Resource:
    """Begins a template of the caller's department."""
    department = department_of(context)
    if department is None:
        raise Refused(_("Your account belongs to no department"))
    name = str((await context.read(department)).get("name", ""))
    made = template(input.title, department, name, f"urn:uuid:{uuid4()}", 1, ())
    return await context.create(context.moved("template", made))


async def _own(context: Context, reference: str, *states: str) -> Resource:
    """A template of the caller's department, locked, in one of `states` (none named: in any)."""
    held = await context.read(reference, lock=True)
    if department_tag(held) != department_of(context):
        raise Refused(_("This template belongs to another department"))
    state = context.registry.tables["template"].of(held)
    if states and (state is None or state.code not in states):
        raise Refused(
            _("The template is in state '{state}'; only drafts are changed").format(
                state=_(state.title) if state else "—"
            )
        )
    return held


async def _rewritten(context: Context, held: Resource, items: list[Question]) -> Resource:
    return await context.update(build.without_empty({**held, "item": [item.to_item() for item in items]}))


@command("outpatient.add_question", title=N_("Add question"), permission="outpatient.treat", done=N_("Question added"))
async def add_question(context: Context, input: AddQuestion) -> Resource:
    """Adds a question at the end of a draft."""
    held = await _own(context, input.template, "DRAFT")
    items = questions(held)
    if len(items) >= MOST_QUESTIONS:
        raise Refused(_("A template has at most {count} questions").format(count=MOST_QUESTIONS))
    number = max((int(item.link[1:]) for item in items), default=0) + 1
    return await _rewritten(context, held, [*items, input.question(f"q{number}")])


@command("outpatient.change_question", title=N_("Change"), permission="outpatient.treat", done=N_("Question changed"))
async def change_question(context: Context, input: ChangeQuestion) -> Resource:
    """Changes a question of a draft."""
    held = await _own(context, input.template, "DRAFT")
    items = questions(held)
    at = _position(items, input.link)
    return await _rewritten(context, held, [*items[:at], input.question(input.link), *items[at + 1 :]])


@command("outpatient.drop_question", title=N_("Remove"), permission="outpatient.treat", done=N_("Question removed"))
async def drop_question(context: Context, input: OfQuestion) -> Resource:
    """Removes a question from a draft."""
    held = await _own(context, input.template, "DRAFT")
    items = questions(held)
    at = _position(items, input.link)
    return await _rewritten(context, held, [*items[:at], *items[at + 1 :]])


@command("outpatient.raise_question", title=N_("Move up"), permission="outpatient.treat", done=N_("Moved"))
async def raise_question(context: Context, input: OfQuestion) -> Resource:
    """Moves a question of a draft before the one that stands above it."""
    held = await _own(context, input.template, "DRAFT")
    items = questions(held)
    at = _position(items, input.link)
    if at == 0:
        raise Refused(_("It is the first already"))
    items[at - 1], items[at] = items[at], items[at - 1]
    return await _rewritten(context, held, items)


def _position(items: list[Question], link: str) -> int:
    found = [index for index, item in enumerate(items) if item.link == link]
    if not found:
        raise Refused(_("The template has no such question"), expression="link")
    return found[0]


@command(
    "outpatient.submit_template",
    title=N_("Submit"),
    permission="outpatient.treat",
    done=N_("Submitted to the head of the department"),
    tone="primary",
)
async def submit_template(context: Context, input: OfTemplate) -> Resource:
    """Submits a draft to the head of the department."""
    held = await _own(context, input.template)
    if not held.get("item"):
        raise Refused(_("A template without questions can't be submitted"))
    return await context.update(context.moved("template", held))


@command(
    "outpatient.approve_template",
    title=N_("Put into use"),
    permission="outpatient.approve",
    done=N_("In use"),
    tone="primary",
)
async def approve_template(context: Context, input: OfTemplate) -> Resource:
    """Puts a submitted template into use; the version that was in use until now is retired."""
    held = await _own(context, input.template)
    approved = await context.update(
        {
            **context.moved("template", held),
            "approvalDate": context.today.isoformat(),
            "date": build.instant(context.now),
        }
    )
    table = context.registry.tables["template"]
    older = await context.search(
        "Questionnaire", [("url", held["url"]), ("_tag", table.tag("ACTIVE")), ("_count", "10")]
    )
    for item in older.resources:
        if item["id"] != held["id"]:
            await context.call("outpatient.retire_template", template=f"Questionnaire/{item['id']}")
    return approved


@command(
    "outpatient.return_template", title=N_("Return"), permission="outpatient.approve", done=N_("Returned to its author")
)
async def return_template(context: Context, input: ReturnTemplate) -> Resource:
    """Returns a submitted template with a reason; it is a draft again."""
    held = await _own(context, input.template)
    return await context.update({**context.moved("template", held), "purpose": input.reason})


@command(
    "outpatient.revise_template", title=N_("New version"), permission="outpatient.treat", done=N_("Next version begun")
)
async def revise_template(context: Context, input: OfTemplate) -> Resource:
    """Begins the next version of a template in use, which stays in use until that one is approved."""
    held = await _own(context, input.template, "ACTIVE")
    table = context.registry.tables["template"]
    waiting = ",".join(table.tag(code) for code in ("DRAFT", "SUBMITTED"))
    begun = await context.search("Questionnaire", [("url", held["url"]), ("_tag", waiting), ("_count", "1")])
    if begun.resources:
        raise Refused(_("The next version has been begun already"))
    department = department_tag(held)
    made = template(
        held["title"],
        department,
        str(held.get("publisher", "")),
        held["url"],
        int(held["version"]) + 1,
        questions(held),
    )
    return await context.create(context.moved("template", made))


@command(
    "outpatient.retire_template",
    title=N_("Retire"),
    permission="outpatient.treat",
    done=N_("Retired"),
    tone="danger",
    confirm=N_("Retire this template? What was answered with it stays."),
)
async def retire_template(context: Context, input: OfTemplate) -> Resource:
    """Takes a template out of use, or gives up a draft. What was answered with it stays readable."""
    held = await _own(context, input.template)
    return await context.update(context.moved("template", held))
