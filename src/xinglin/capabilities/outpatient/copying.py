"""Beginning a visit with what an earlier one of the patient had."""

from typing import Any

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.capabilities.outpatient.diagnosing import DIAGNOSES
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Alerted, Refused
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

NOT_COPIED = {"examination"}
"""Sections that are never copied: what was found then says nothing about now."""

LINES: JsonDict = {"widget": "checks", "source": "outpatient.repeatable", "narrowed": ["source"]}


class CopyVisit(VisitStep):
    """What of an earlier visit comes into this one; orders by their references."""

    source: str = Field(title=N_("Earlier visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    note: bool = Field(False, title=N_("Record, but for the examination; only into empty fields"))
    diagnoses: bool = Field(False, title=N_("Diagnoses"))
    lines: list[str] = Field(default_factory=list, title=N_("Orders"), max_length=100, json_schema_extra=LINES)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "outpatient.copy_visit",
    title=N_("Take over from earlier visit"),
    permission="outpatient.treat",
    done=N_("Taken over; please check it"),
    tone="primary",
)
async def copy_visit(context: Context, input: CopyVisit) -> Resource:
    """Takes over record, diagnoses and orders of an earlier visit of the same patient.

    Every order passes all checks as they stand now. Findings of all of them are shown together, and nothing is taken
    over until they are settled: with a reason for warnings, by leaving out what is blocked.
    """
    encounter = await visits.in_consultation(context, input.visit)
    source = await context.read(input.source)
    if source["subject"]["reference"] != encounter["subject"]["reference"] or input.source == input.visit:
        raise Refused(_("This is no earlier visit of the patient"), expression="source")
    if not (input.note or input.diagnoses or input.lines):
        raise Refused(_("Choose what to take over"))
    if input.note:
        await _copy_note(context, input)
    if input.diagnoses:
        await _copy_diagnoses(context, input.visit, encounter, source)
    await _copy_orders(context, input)
    return await context.read(input.visit)


async def _copy_note(context: Context, input: CopyVisit) -> None:
    earlier = resources.note_values(await visits.composition(context, input.source))
    now = resources.note_values(await visits.composition(context, input.visit))
    merged: dict[str, Any] = {
        field: now[field] or ("" if field in NOT_COPIED else earlier[field]) for field in resources.SECTIONS
    }
    if merged != now:
        await context.call("outpatient.write_note", visit=input.visit, **merged)


async def _copy_diagnoses(context: Context, visit: str, encounter: Resource, source: Resource) -> None:
    known = await catalogue(context.repository, DIAGNOSES)
    held = {build.first_code(item["code"], resources.ICD10) for item in await visits.diagnoses(context, encounter)}
    for condition in await visits.diagnoses(context, source):
        code = build.first_code(condition.get("code"), resources.ICD10)
        if code is None or code in held or await known.get(code) is None:
            continue
        certainty = build.first_code(condition.get("verificationStatus"))
        certainty = "provisional" if certainty == "provisional" else "confirmed"
        await context.call("outpatient.diagnose", visit=visit, code=code, certainty=certainty)


async def _copy_orders(context: Context, input: CopyVisit) -> None:
    """Orders the chosen lines again. Raises `Alerted` with the findings of all of them."""
    commands = {row.key: row.command for row in await _rows(context, input.source)}
    alerts: list[Alert] = []
    for line in input.lines:
        if line not in commands:
            raise Refused(_("This order is not one of the earlier visit"), expression="lines")
        try:
            await context.call(commands[line], visit=input.visit, line=line, reason=input.reason)
        except Alerted as found:
            alerts += found.alerts
    if alerts:
        raise Alerted(alerts)


class OfVisits(Filter):
    """An earlier visit."""

    source: str = Field(title=N_("Earlier visit"), pattern=r"^Encounter/")


class RepeatableRow(Row):
    """An order that can be given again."""

    name: str = Field(title=N_("Order"))
    command: str = Field(title=N_("Command"), json_schema_extra={"hidden": True})


@view(
    "outpatient.repeatable",
    title=N_("Orders of a visit"),
    permission="outpatient.treat",
    row=RepeatableRow,
    empty=N_("No orders"),
)
async def repeatable(context: Context, filter: OfVisits) -> Page[RepeatableRow]:
    """Orders of a visit that can be given again, by section."""
    rows = await _rows(context, filter.source)
    return Page(rows[: filter.limit], total=len(rows))


async def _rows(context: Context, visit: str) -> list[RepeatableRow]:
    rows = []
    for section in context.registry.baskets.values():
        if section.repeat is None:
            continue
        view = context.registry.views[section.lines]
        page = await view.run(context, view.filter.model_validate({"visit": visit, "limit": 100}))
        rows += [
            RepeatableRow(key=row.key, name=f"{row.headline} · {row.instruction}", command=section.repeat)
            for row in page.rows
            if row.state not in {"REJECTED", *section.void}
        ]
    return rows


async def last_visit(context: Context, encounter: Resource) -> Resource | None:
    """The newest earlier visit of the patient that took place; None where there is none."""
    start = str((encounter.get("period") or {}).get("start", ""))
    query = [
        ("patient", encounter["subject"]["reference"]),
        ("status", "finished,in-progress"),
        ("_sort", "-date"),
        ("_count", "5"),
    ]
    found = await context.search("Encounter", [*query, *([("date", f"le{start}")] if start else [])])
    return next((item for item in found.resources if reference(item) != reference(encounter)), None)
