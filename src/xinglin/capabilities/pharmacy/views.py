"""Lists of the pharmacy."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import Field

from xinglin.capabilities.pharmacy import batches, resources
from xinglin.capabilities.pharmacy.formulary import FORMULARY, Medicine
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.terminology import catalogue

LATELY = 60
"""Prescription lines of a doctor that tell what is used lately, and medicines that fit among which it is looked for."""


class MedicineRow(Row):
    """A medicine of the formulary with its price and stock."""

    name: str = Field(title=N_("Medicine"))
    specification: str = Field(title=N_("Specification"))
    price: Decimal | None = Field(title=N_("Price"), json_schema_extra={"kind": "money"})
    stock: int = Field(title=N_("Stock"), json_schema_extra={"kind": "number"})
    dose: Decimal | None = Field(None, title=N_("Units each time"), json_schema_extra={"hidden": True})
    frequency: str | None = Field(None, title=N_("Frequency"), json_schema_extra={"hidden": True})
    days: int | None = Field(None, title=N_("Days"), json_schema_extra={"hidden": True})
    route: str | None = Field(None, title=N_("Route"), json_schema_extra={"hidden": True})


@view(
    "pharmacy.formulary_search",
    title=N_("Formulary"),
    permission="pharmacy.read",
    row=MedicineRow,
    empty=N_("No medicine fits"),
)
async def formulary_search(context: Context, filter: SearchText) -> Page[MedicineRow]:
    """Medicines by characters, pinyin, initials or code, with price and stock at the window.

    For a prescriber those prescribed lately come first, each with the dose, frequency, days and route of the last time;
    the others follow, best fit first.
    """
    usual = await _usual(context)
    codes = await _codes(context, filter, usual)
    medicines = await context.read_many(f"Medication/{code}" for code in codes)
    prices = await prices_of(context, codes)
    stock = await batches.held(context, batches.WINDOW, codes)
    rows = []
    for code in codes:
        resource = medicines.get(f"Medication/{code}")
        if resource is None:
            continue
        medicine = Medicine.from_resource(resource)
        rows.append(
            MedicineRow(
                key=medicine.code,
                name=medicine.name,
                specification=medicine.specification,
                price=prices.get(code),
                stock=int(batches.usable(stock.get(code, []), context.today)),
                **usual.get(code, {}),
            )
        )
    return Page(rows)


async def _usual(context: Context) -> dict[str, dict[str, Any]]:
    """How the signed-in doctor prescribed each medicine the last time, the newest first; nothing for others."""
    if context.actor.practitioner is None or not context.may("pharmacy.prescribe"):
        return {}
    query = [("requester", context.actor.practitioner), ("_sort", "-authoredon"), ("_count", str(LATELY))]
    usual: dict[str, dict[str, Any]] = {}
    for line in (await context.search("MedicationRequest", query)).resources:
        given = resources.as_prescribed(line)
        if given is not None:
            usual.setdefault(given.pop("medicine"), given)
    return usual


async def _codes(context: Context, filter: SearchText, usual: dict[str, dict[str, Any]]) -> list[str]:
    held = await catalogue(context.repository, FORMULARY)
    found = [concept.code for concept in await held.find(filter.text, max(filter.limit, LATELY))]
    if not filter.text.strip():
        found = list(dict.fromkeys([*usual, *found]))
    order = {code: place for place, code in enumerate(usual)}
    return sorted(found, key=lambda code: order.get(code, len(order)))[: filter.limit]


async def prices_of(context: Context, codes: Iterable[str | None]) -> dict[str, Decimal]:
    """What a pack of each medicine costs as a rule today, by code."""
    view, wanted = context.registry.views["billing.current_prices"], sorted({code for code in codes if code})
    return {row.key: row.price for row in (await run_view(context, view, {"items": wanted})).rows} if wanted else {}


class OfVisit(Filter):
    """A visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


class LineRow(Row):
    """A line of a prescription."""

    medicine: str = Field(title=N_("Medicine"))
    dosage: str = Field(title=N_("Dosage"))
    packs: int = Field(title=N_("Packs"), json_schema_extra={"kind": "number"})
    price: Decimal | None = Field(title=N_("Amount"), json_schema_extra={"kind": "money"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "prescription"})
    alerts: list[str] = Field(title=N_("Accepted warnings"), json_schema_extra={"hidden": True})
    pack: str = Field("", title=N_("Unit"), json_schema_extra={"hidden": True})
    kind: str = Field("western", title=N_("Kind"), json_schema_extra={"hidden": True})
    group: int | None = Field(None, title=N_("Infusion group"), json_schema_extra={"hidden": True})
    formula: int | None = Field(None, title=N_("Formula"), json_schema_extra={"hidden": True})
    number: str = Field("", title=N_("Prescription"), json_schema_extra={"hidden": True})
    returned: str = Field(title=N_("Reason of return"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    again: dict[str, str] | None = Field(None, title=N_("To order again"), json_schema_extra={"hidden": True})

    @property
    def headline(self) -> str:
        """What was ordered, before it the number of what it is infused or decocted with."""
        number = self.group or self.formula
        return f"[{number}] {self.medicine}" if number else self.medicine

    @property
    def instruction(self) -> str:
        """How it is taken, and how much of it is given out."""
        return f"{self.dosage} · {self.packs} {self.pack}"


WITHDRAW = (
    RowAction("pharmacy.withdraw", {"line": "key"}, frozenset({"DRAFT", "REJECTED"})),
    RowAction("pharmacy.uphold", {"prescription": "number"}, frozenset({"REJECTED"})),
)
HERBAL = f"{resources.KIND}|herbal"


@view(
    "pharmacy.lines",
    title=N_("Prescription"),
    permission="pharmacy.read",
    row=LineRow,
    actions=WITHDRAW,
    empty=N_("No medicine prescribed yet"),
)
async def lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Lines of the prescriptions of a visit in the order in which they were entered."""
    return await _lines(context, filter, [])


@view(
    "pharmacy.medicine_lines",
    title=N_("Medicines"),
    permission="pharmacy.read",
    row=LineRow,
    actions=WITHDRAW,
    empty=N_("No medicine prescribed yet"),
)
async def medicine_lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Western and Chinese patent medicines of a visit in the order in which they were entered."""
    return await _lines(context, filter, [("category:not", HERBAL)])


@view(
    "pharmacy.herb_lines",
    title=N_("Herbs"),
    permission="pharmacy.read",
    row=LineRow,
    actions=WITHDRAW,
    empty=N_("No formula prescribed yet"),
)
async def herb_lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Herbs of a visit, formula after formula."""
    return await _lines(context, filter, [("category", HERBAL)])


async def _lines(context: Context, filter: OfVisit, kind: list[tuple[str, str]]) -> Page[LineRow]:
    query = [("encounter", filter.visit), *kind, ("_sort", "_id"), ("_count", str(filter.limit))]
    found = await context.search("MedicationRequest", query)
    prices = await prices_of(context, map(resources.drug_code, found.resources))
    rows = [line_row(context, item, prices) for item in found.resources]
    return Page(rows, found.next, found.total)


def line_row(context: Context, line: Resource, prices: dict[str, Decimal]) -> LineRow:
    """A MedicationRequest as a row; the amount is at the price of now."""
    price = prices.get(resources.drug_code(line) or "")
    state = context.registry.tables["prescription"].of(line)
    count, given = resources.packs(line), resources.as_prescribed(line)
    return LineRow(
        key=f"MedicationRequest/{line['id']}",
        medicine=build.concept_text(line.get("medicationCodeableConcept")),
        dosage=str((line.get("dosageInstruction") or [{}])[0].get("text", "")),
        packs=count,
        price=price * count if price is not None else None,
        state=state.code if state else "",
        alerts=[_finding(each) for each in resources.findings(line)],
        pack=str((line.get("dispenseRequest") or {}).get("quantity", {}).get("unit", "")),
        kind=resources.kind_of(line),
        group=resources.number_of(line, resources.INFUSION_GROUP),
        formula=resources.number_of(line, resources.FORMULA),
        number=build.find_identifier(line, resources.PRESCRIPTION_NUMBER) or "",
        returned=build.concept_text(line.get("statusReason")),
        patient=line["subject"]["reference"],
        again={name: str(value) for name, value in given.items()} if given else None,
    )


def _finding(finding: resources.Finding) -> str:
    return f"{finding.code}: {finding.text}" + (f"; {finding.reason}" if finding.reason else "")
