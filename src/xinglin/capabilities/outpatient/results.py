"""Reports in the chart: what was found, beside what was found before."""

from dataclasses import dataclass, replace
from typing import Any

from xinglin.capabilities.outpatient import chart
from xinglin.capabilities.outpatient.reading import unread_reports
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.printout import time_text

PUBLISHED = "final,amended,corrected,appended"
REPORTS = 20
COLUMNS = 4
"""Times beside each other, the newest first."""

VALUES = 400
"""Earlier values that are read for the columns and the courses."""


@dataclass(frozen=True)
class Cell:
    """A value at one time; `flag` is its interpretation (v3-ObservationInterpretation)."""

    text: str
    flag: str
    corrected: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """An analyte: its values at the times of the columns (None: not measured then), and their course for SVG."""

    name: str
    unit: str
    range: str
    cells: tuple[Cell | None, ...]
    spark: str
    count: int


async def results(context: Context, patient: str, chosen: str | None, cursor: str | None) -> dict[str, Any]:
    """The patient's reports, the newest first, and the one that is open: `chosen`, else the newest.

    Values stand beside those of earlier reports; of a report without values, findings and impression.
    """
    query = [("patient", patient), ("status", PUBLISHED), ("_sort", "-date"), ("_count", str(REPORTS))]
    found = await context.search("DiagnosticReport", [*query, *([("_cursor", cursor)] if cursor else [])])
    unread = await unread_reports(context, patient)
    reports = [_row(context, item, unread) for item in found.resources]
    named = chosen or (reports[0]["key"] if reports else None)
    report = await context.read(named) if named else None
    if report is not None and report["subject"]["reference"] != patient:
        report = None
    return {
        "reports": reports,
        "unread": len(unread),
        "next": found.next,
        "open": await _open(context, patient, report) if report else None,
    }


def _row(context: Context, report: Resource, unread: set[str]) -> dict[str, Any]:
    return {
        "key": reference(report),
        "name": build.concept_text(report.get("code")),
        "at": time_text(context, str(report.get("effectiveDateTime") or report.get("issued", ""))),
        "status": report["status"],
        "conclusion": str(report.get("conclusion", "")),
        "unread": reference(report) in unread,
    }


async def _open(context: Context, patient: str, report: Resource) -> dict[str, Any]:
    named = [each["reference"] for each in report.get("result") or ()]
    held = await context.read_many(named)
    values = [held[name] for name in named if name in held]
    texts = [str(each["valueString"]) for each in values if "valueString" in each]
    measured = [each for each in values if "valueString" not in each]
    times, lines = await _lines(context, patient, measured) if measured else ([], [])
    return {
        **_row(context, report, set()),
        "findings": texts,
        "times": times,
        "lines": lines,
        "performer": _names(report.get("performer")),
        "reviewer": _names(report.get("resultsInterpreter")),
        "issued": time_text(context, str(report.get("issued", ""))),
        "printout": _printout(report),
    }


PRINTOUTS = {"LAB": "laboratory.report", "examination": "imaging.report"}
"""Code of a report's category → its printout."""


def _printout(report: Resource) -> str:
    """The name of a report's printout; blank for reports that were not ordered here."""
    codes = {coding.get("code") for each in report.get("category") or () for coding in each.get("coding") or ()}
    return next((name for code, name in PRINTOUTS.items() if code in codes), "") if report.get("basedOn") else ""


def _names(people: list[Resource] | None) -> str:
    return "、".join(str(each.get("display", "")) for each in people or ())


def _code(observation: Resource) -> str:
    """The code by which values of one kind belong together: the house's, else the first."""
    codings = (observation.get("code") or {}).get("coding") or [{}]
    chosen = codings[-1]
    return f"{chosen.get('system', '')}|{chosen.get('code', '')}"


async def _lines(context: Context, patient: str, values: list[Resource]) -> tuple[list[str], list[Line]]:
    codes = list(dict.fromkeys(map(_code, values)))
    query = [("patient", patient), ("code", ",".join(codes)), ("status", PUBLISHED), ("_sort", "-date")]
    found = (await context.search("Observation", [*query, ("_count", str(VALUES))])).resources
    newest = max(str(each.get("effectiveDateTime", "")) for each in values)
    earlier = [each for each in found if str(each.get("effectiveDateTime", "")) <= newest]
    times = sorted({str(each.get("effectiveDateTime", "")) for each in (*earlier, *values)}, reverse=True)[:COLUMNS]
    by_code: dict[str, dict[str, Resource]] = {}
    for each in (*values, *earlier):
        by_code.setdefault(_code(each), {}).setdefault(str(each.get("effectiveDateTime", "")), each)
    lines = [_line(each, by_code[_code(each)], times) for each in values]
    return [time_text(context, each) for each in times], lines


def _line(observation: Resource, held: dict[str, Resource], times: list[str]) -> Line:
    course = [number for at in sorted(held) if (number := _number(held[at])) is not None][-chart.SPARK_VALUES :]
    shown = chart.result(observation)
    spark = replace(shown, series=tuple(course)).spark if shown else ""
    return Line(
        name=build.concept_text(observation.get("code")),
        unit=str((observation.get("valueQuantity") or {}).get("unit", "")).removeprefix("1") or "",
        range=_range(observation),
        cells=tuple(_cell(held[at]) if at in held else None for at in times),
        spark=spark,
        count=len(course),
    )


def _cell(observation: Resource) -> Cell:
    quantity = observation.get("valueQuantity") or {}
    text = f"{quantity.get('comparator', '')}{quantity['value']}" if "value" in quantity else ""
    return Cell(
        text or build.concept_text(observation.get("valueCodeableConcept")),
        build.first_code((observation.get("interpretation") or [None])[0]) or "",
        observation["status"] in ("corrected", "amended"),
        tuple(str(note["text"]) for note in observation.get("note") or ()),
    )


def _number(observation: Resource) -> float | None:
    quantity = observation.get("valueQuantity") or {}
    return float(quantity["value"]) if "value" in quantity and "comparator" not in quantity else None


def _range(observation: Resource) -> str:
    held = (observation.get("referenceRange") or [{}])[0]
    if "text" in held:
        return str(held["text"])
    low, high = ((held.get(side) or {}).get("value") for side in ("low", "high"))
    if low is None:
        return "" if high is None else f"≤ {high}"
    return f"≥ {low}" if high is None else f"{low}–{high}"
