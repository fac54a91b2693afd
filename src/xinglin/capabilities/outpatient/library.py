"""Where doctors keep what they write again and again."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from xinglin.capabilities.outpatient import designing, ordersets, phrases
from xinglin.capabilities.outpatient.phrases import department_of
from xinglin.capabilities.outpatient.questionnaires import DEPARTMENT, KINDS, department_tag, questions
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _

SHELVES = ("phrases", "templates", "sets")
ROWS = 500

IN_ORDER = ("SUBMITTED", "DRAFT", "ACTIVE", "RETIRED")


class TemplateRow(Row):
    """A template of a structured history."""

    title: str = Field(title=N_("Template"))
    version: str = Field(title=N_("Version"))
    count: int = Field(title=N_("Questions"), json_schema_extra={"kind": "number"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "template"})


@view(
    "outpatient.templates",
    title=N_("Templates"),
    permission="outpatient.treat",
    row=TemplateRow,
    empty=N_("No templates yet"),
)
async def templates(context: Context, filter: Filter) -> Page[TemplateRow]:
    """Templates of the department of the post in force: submitted, drafts, in use, retired."""
    department = department_of(context)
    if department is None:
        return Page([], total=0)
    own = f"{DEPARTMENT}|{department.partition('/')[2]}"
    found = await context.search("Questionnaire", [("_tag", own), ("_sort", "title"), ("_count", str(filter.limit))])
    table = context.registry.tables["template"]
    rows = [
        TemplateRow(
            key=f"Questionnaire/{item['id']}",
            title=str(item.get("title", "")),
            version=str(item.get("version", "")),
            count=len(item.get("item") or ()),
            state=state.code if (state := table.of(item)) else "",
        )
        for item in found.resources
    ]
    return Page(sorted(rows, key=lambda row: IN_ORDER.index(row.state)), found.next, total=len(rows))


async def _template(context: Context, template: str) -> dict[str, Any]:
    """The template that is open. Raises `Refused` for another department's."""
    held = await context.read(template)
    if department_tag(held) != department_of(context):
        raise Refused(_("This template belongs to another department"))
    return {
        "reference": template,
        "held": held,
        "state": context.registry.tables["template"].of(held),
        "questions": questions(held),
        "kinds": KINDS,
        "sections": designing.LABELS,
    }


@screen(
    "outpatient.library",
    title=N_("Templates"),
    path="/library",
    permission="outpatient.treat",
    template="outpatient/library.html",
    icon="list",
    order=25,
)
async def library(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """What the signed-in doctor and the department keep. Query: `shelf` one of phrases, templates and sets; `text` to
    search; `template` the one that is open."""
    shelf = query.get("shelf") if query.get("shelf") in SHELVES else SHELVES[0]
    text = query.get("text", "")
    shown: dict[str, Any] = {"shelf": shelf, "text": text}
    if shelf == "phrases":
        shown["phrases"] = await run_view(context, phrases.phrases, {"text": text, "limit": ROWS})
    if shelf == "templates":
        shown["templates"] = await run_view(context, templates, {"limit": ROWS})
        shown["open"] = await _template(context, query["template"]) if query.get("template") else None
    if shelf == "sets":
        shown["sets"] = await run_view(context, ordersets.sets, {"limit": ROWS})
        plan = query.get("plan", "")
        shown["plan"] = plan
        shown["entries"] = (
            await run_view(context, ordersets.set_entries, {"plan": plan, "limit": 100}) if plan else None
        )
    return shown
