"""Checks when a test is ordered: each finding names why, and rests on a resource or on the catalogue."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from xinglin.capabilities.laboratory.catalogue import TEST, Analyte, Panel
from xinglin.capabilities.laboratory.resources import PUBLISHED, test_code
from xinglin.capabilities.laboratory.states import OPEN
from xinglin.capabilities.laboratory.values import shown
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert
from xinglin.kernel.text import listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext

SHOWN_VALUES = 4
"""Values of the last report that a warning about a repeated test shows."""


def sex_and_age(panel: Panel, analytes: Iterable[Analyte], sex: str, age: int | None) -> list[Alert]:
    """Warns where what is measured has a meaning for the other sex only; tells where no reference range fits the
    age."""
    held = list(analytes)
    ranged = [each for each in held if each.ranges]
    if sex in ("male", "female") and ranged and not any(sex in each.sexes for each in ranged):
        return [Alert("warning", "sex", _("{test} is not meant for this sex").format(test=panel.name), "test")]
    without = [each.name for each in held if each.ranges and sex in each.sexes and each.range(sex, age) is None]
    if not without:
        return []
    text = _("No reference range for this age: {names}").format(names=listed(without))
    return [Alert("information", "age", text, "test")]


def same_visit(panel: Panel, others: Iterable[tuple[Panel, Resource]]) -> list[Alert]:
    """Blocks the same test twice in a visit; tells of values that another test of it measures too."""
    found = []
    for other, request in others:
        if other.code == panel.code:
            text = _("{test} is ordered in this visit already").format(test=panel.name)
            found.append(Alert("block", "duplicate", text, "test", reference(request)))
        elif set(other.analytes) & set(panel.analytes):
            text = _("{other} measures part of it as well").format(other=other.name)
            found.append(Alert("information", "overlap", text, "test", reference(request)))
    return found


def repeated(panel: Panel, report: Resource | None, values: Sequence[Resource], now: datetime) -> list[Alert]:
    """Warns where the test was done a short time ago, and shows what it gave."""
    if report is None:
        return []
    taken = datetime.fromisoformat(str(report.get("effectiveDateTime") or report["issued"]))
    if now - taken > timedelta(days=panel.repeat_after):
        return []
    days = (now.date() - taken.astimezone(now.tzinfo).date()).days
    text = (
        ngettext("{test} was done {days} day ago", "{test} was done {days} days ago", days)
        if days
        else _("{test} was done today")
    ).format(test=panel.name, days=days)
    told = listed(f"{build.concept_text(each['code'])} {shown(each)}" for each in values[:SHOWN_VALUES])
    return [Alert("warning", "repeated", f"{text}: {told}" if told else text, "test", reference(report))]


async def check(context: Context, encounter: Resource, panel: Panel, analytes: Iterable[Analyte]) -> list[Alert]:
    """Everything that is to be said of a test before it is ordered."""
    patient = encounter["subject"]["reference"]
    record = await context.read(patient)
    table = context.registry.tables["test"]
    tags = ",".join(table.tag(code) for code in OPEN)
    held = await context.search(
        "ServiceRequest", [("encounter", reference(encounter)), ("_tag", tags), ("_count", "100")]
    )
    panels = await context.read_many(f"ActivityDefinition/{test_code(item)}" for item in held.resources)
    others = [
        (Panel.from_resource(panels[f"ActivityDefinition/{test_code(item)}"]), item)
        for item in held.resources
        if f"ActivityDefinition/{test_code(item)}" in panels
    ]
    report, values = await last_report(context, patient, panel.code)
    return [
        *sex_and_age(
            panel, analytes, str(record.get("gender", "")), build.age_in_years(record.get("birthDate"), context.today)
        ),
        *same_visit(panel, others),
        *repeated(panel, report, values, context.now),
    ]


async def last_report(context: Context, patient: str, test: str) -> tuple[Resource | None, list[Resource]]:
    """The last published report of a test, and its results, what is out of its range first."""
    query = [
        ("patient", patient),
        ("code", f"{TEST}|{test}"),
        ("status", PUBLISHED),
        ("_sort", "-date"),
        ("_count", "1"),
    ]
    found = (await context.search("DiagnosticReport", query)).resources
    if not found:
        return None, []
    named = [each["reference"] for each in found[0].get("result") or ()]
    held = await context.read_many(named)
    values = [held[name] for name in named if name in held]
    return found[0], sorted(values, key=lambda each: flag_of(each) in ("", "N"))


def flag_of(observation: Resource) -> str:
    """The interpretation of an Observation: N, H, L, HH, LL, A, AA or blank."""
    return build.first_code((observation.get("interpretation") or [None])[0]) or ""
