"""Taking a history by a template: the answers are kept as they are, and their text goes into the record."""

from typing import Any

from pydantic import ConfigDict, Field

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.capabilities.outpatient.phrases import department_of
from xinglin.capabilities.outpatient.questionnaires import (
    DEPARTMENT,
    answered,
    as_text,
    questions,
    response,
)
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest, Issue
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class AnswerTemplate(VisitStep):
    """Answers to a template by question: `q1` and so on, a text or, where several may be chosen, a list of texts."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True, frozen=True)

    template: str = Field(title=N_("Template"), pattern=r"^Questionnaire/", json_schema_extra={"widget": "hidden"})

    def given(self, link: str) -> list[str]:
        """What was entered for a question."""
        value: Any = (self.model_extra or {}).get(link, [])
        values = value if isinstance(value, list) else [value]
        return [text for item in values if (text := str(item).strip())]


@command(
    "outpatient.answer_template",
    title=N_("Write into the record"),
    permission="outpatient.treat",
    done=N_("Written into the record"),
    tone="primary",
)
async def answer_template(context: Context, input: AnswerTemplate) -> Resource:
    """Keeps the answers to a template in use, and writes them as text into the sections of the record.

    Answering again replaces the text of the answers before, where nobody has changed it since.
    """
    encounter = await visits.in_consultation(context, input.visit)
    template = await context.read(input.template)
    state = context.registry.tables["template"].of(template)
    if state is None or state.code != "ACTIVE":
        raise Refused(_("This template is not in use"), expression="template")
    held = _read(template, input)
    before = await last_response(context, input.visit, template)
    author, at = str(context.actor.practitioner), build.instant(context.now)
    written = response(template, encounter, author, at, held)
    if before is None:
        kept = await context.create(written)
    else:
        kept = await context.update({**{k: before[k] for k in ("id", "meta")}, **written})
    await _into_record(context, input.visit, as_text(template, answered(before)), as_text(template, held))
    return kept


def _read(template: Resource, input: AnswerTemplate) -> dict[str, list[Json]]:
    """The answers by question. Raises `BadRequest` with an issue for each that does not fit or is missing."""
    known = questions(template)
    issues = [
        Issue("error", "value", f"{name}: {_('is not known here')}", name)
        for name in (input.model_extra or {})
        if name not in {question.link for question in known}
    ]
    held: dict[str, list[Json]] = {}
    for question in known:
        given = input.given(question.link)
        if not given:
            if question.required:
                issues.append(Issue("error", "required", f"{question.text}: {_('is required')}", question.link))
            continue
        try:
            held[question.link] = question.answers(given)
        except ValueError as error:
            issues.append(Issue("error", "value", f"{question.text}: {error}", question.link))
    if not held and not issues:
        issues.append(Issue("error", "required", _("Nothing was answered")))
    if issues:
        raise BadRequest(issues=issues)
    return held


async def _into_record(context: Context, visit: str, old: dict[str, str], new: dict[str, str]) -> None:
    values = resources.note_values(await visits.composition(context, visit))
    for section in {**old, **new}:
        before, after, now = old.get(section, ""), new.get(section, ""), values[section]
        if before and before in now:
            values[section] = now.replace(before, after, 1).strip()
        elif after:
            values[section] = f"{now}\n{after}".strip() if section != "chief_complaint" else f"{now}{after}".strip()
    await context.call("outpatient.write_note", visit=visit, **{name: text for name, text in values.items() if text})


async def last_response(context: Context, visit: str, template: Resource) -> Resource | None:
    """The answers that a visit has for a template, by any version of it."""
    found = await context.search("QuestionnaireResponse", [("encounter", visit), ("_count", "50")])
    fitting = [item for item in found.resources if item["questionnaire"].partition("|")[0] == template["url"]]
    return fitting[0] if fitting else None


async def in_use(context: Context) -> list[Resource]:
    """The templates in use in the department of the post in force, by title."""
    department = department_of(context)
    if department is None:
        return []
    own = f"{DEPARTMENT}|{department.partition('/')[2]}"
    table = context.registry.tables["template"]
    query = [("_tag", own), ("_tag", table.tag("ACTIVE")), ("_sort", "title"), ("_count", "50")]
    return (await context.search("Questionnaire", query)).resources


async def panel(context: Context, visit: str, template: str) -> dict[str, Any]:
    """A template to be answered in a visit: its questions with the answers that the visit has."""
    held = await context.read(template)
    answers = answered(await last_response(context, visit, held))
    return {
        "template": reference(held),
        "title": held["title"],
        "questions": [
            (question, [str(next(iter(item.values()))) for item in answers.get(question.link, ())])
            for question in questions(held)
        ],
    }
