"""Lists of the pharmacy."""

from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.pharmacy import batches, resources
from xinglin.capabilities.pharmacy.formulary import FORMULARY, Medicine
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.terminology import catalogue


class MedicineRow(Row):
    """A medicine of the formulary with its price and stock."""

    name: str = Field(title=N_("Medicine"))
    specification: str = Field(title=N_("Specification"))
    price: Decimal | None = Field(title=N_("Price"), json_schema_extra={"kind": "money"})
    stock: int = Field(title=N_("Stock"), json_schema_extra={"kind": "number"})


@view(
    "pharmacy.formulary_search",
    title=N_("Formulary"),
    permission="pharmacy.read",
    row=MedicineRow,
    empty=N_("No medicine fits"),
)
async def formulary_search(context: Context, filter: SearchText) -> Page[MedicineRow]:
    """Medicines by characters, pinyin, initials or code, best fit first, with price and stock at the window."""
    held = await catalogue(context.repository, FORMULARY)
    found = await held.find(filter.text, filter.limit)
    medicines = await context.read_many(f"Medication/{concept.code}" for concept in found)
    prices = await context.read_many(f"ChargeItemDefinition/{concept.code}" for concept in found)
    stock = await batches.held(context, batches.WINDOW, [concept.code for concept in found])
    rows = []
    for concept in found:
        resource = medicines.get(f"Medication/{concept.code}")
        if resource is None:
            continue
        medicine = Medicine.from_resource(resource)
        rows.append(
            MedicineRow(
                key=medicine.code,
                name=medicine.name,
                specification=medicine.specification,
                price=price_of(prices.get(f"ChargeItemDefinition/{concept.code}")),
                stock=int(batches.usable(stock.get(concept.code, []), context.today)),
            )
        )
    return Page(rows)


def price_of(definition: Resource | None) -> Decimal | None:
    """The base price in a ChargeItemDefinition."""
    for group in (definition or {}).get("propertyGroup") or ():
        for component in group.get("priceComponent") or ():
            if component.get("type") == "base":
                return build.amount(component.get("amount"))
    return None


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
    prices = await context.read_many(
        f"ChargeItemDefinition/{resources.drug_code(item)}" for item in found.resources if resources.drug_code(item)
    )
    rows = [line_row(context, item, prices) for item in found.resources]
    return Page(rows, found.next, found.total)


def line_row(context: Context, line: Resource, prices: dict[str, Resource]) -> LineRow:
    """A MedicationRequest as a row; the amount is at the price of now."""
    price = price_of(prices.get(f"ChargeItemDefinition/{resources.drug_code(line)}"))
    state = context.registry.tables["prescription"].of(line)
    count = resources.packs(line)
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
    )


def _finding(finding: resources.Finding) -> str:
    return f"{finding.code}: {finding.text}" + (f"; {finding.reason}" if finding.reason else "")
