"""The grid in which results are entered and verified, as a list: one row for each analyte."""

from collections.abc import Mapping

from pydantic import Field

from xinglin.capabilities.laboratory import entering, publishing, values
from xinglin.capabilities.laboratory.entering import Sheet
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view


class OfOrder(Filter):
    """A test."""

    order: str = Field(title=N_("Test"), pattern=r"^ServiceRequest/")


class SheetRow(Row):
    """An analyte of a test: its result where there is one, and what it is judged by."""

    name: str = Field(title=N_("Item"))
    result: str = Field(title=N_("Result"))
    flag: str = Field(title=N_("Flag"))
    unit: str = Field(title=N_("Unit"))
    range: str = Field(title=N_("Reference range"))
    last: str = Field(title=N_("Last result"))
    last_at: str = Field(title=N_("Last time"), json_schema_extra={"kind": "datetime"})
    words: list[str] = Field(title=N_("Accepted"), json_schema_extra={"hidden": True})
    notes: list[str] = Field(title=N_("Notes"), json_schema_extra={"hidden": True})
    worked_out: bool = Field(title=N_("Worked out"), json_schema_extra={"hidden": True})
    required: bool = Field(title=N_("Required"), json_schema_extra={"hidden": True})
    former: str = Field(title=N_("Published value"), json_schema_extra={"hidden": True})


@view("laboratory.sheet", title=N_("Results"), permission="laboratory.work", row=SheetRow)
async def sheet(context: Context, filter: OfOrder) -> Page[SheetRow]:
    """What a test measures, with the values that are entered or published, reference ranges for the patient, and the
    last results."""
    request = await context.read(filter.order)
    held = await entering.read_sheet(context, request)
    published = await publishing.results_of(context, await publishing.published_report(context, request))
    return Page(rows(held, published))


def rows(sheet: Sheet, published: Mapping[str, Resource]) -> list[SheetRow]:
    """The rows of a sheet; `published` are the observations of its report."""
    held = sheet.held or published
    return [_row(sheet, code, held.get(code), published.get(code)) for code in sheet.analytes]


def _row(sheet: Sheet, code: str, held: Resource | None, published: Resource | None) -> SheetRow:
    analyte, last = sheet.analytes[code], sheet.last.get(code)
    usual = analyte.range(sheet.person.sex, sheet.person.age)
    bounded = usual is not None and (usual.low, usual.high) != (None, None)
    former = values.text_of(published) if published and held else ""
    return SheetRow(
        key=code,
        name=analyte.name,
        result=values.text_of(held) if held else "",
        flag=build.first_code(((held or {}).get("interpretation") or [None])[0]) or "",
        unit=analyte.unit,
        range=analyte.usual or (usual.text if usual and bounded else ""),
        last=values.text_of(last) if last else "",
        last_at=str((last or {}).get("effectiveDateTime", "")),
        words=list(analyte.words),
        notes=[str(note["text"]) for note in (held or {}).get("note") or ()],
        worked_out="method" in (held or {}),
        required=analyte.formula is None,
        former=former if held and former != values.text_of(held) else "",
    )
