"""Lists of the pharmacy."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from pydantic import Field

from xinglin.capabilities.pharmacy import resources
from xinglin.capabilities.pharmacy.formulary import FORMULARY, Medicine
from xinglin.capabilities.pharmacy.stock import WINDOW, stock_account
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, SearchText, view
from xinglin.platform.i18n import ngettext
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
    stock = await context.books.balances([stock_account(WINDOW, code) for code in codes])
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
                stock=int(stock.get(stock_account(WINDOW, code), 0)),
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
    returned: str = Field(title=N_("Reason of return"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    again: dict[str, str] | None = Field(None, title=N_("To order again"), json_schema_extra={"hidden": True})

    @property
    def headline(self) -> str:
        """What was ordered."""
        return self.medicine

    @property
    def instruction(self) -> str:
        """How it is taken, and how much of it is given out."""
        count = ngettext("{count} pack", "{count} packs", self.packs).format(count=self.packs)
        return f"{self.dosage} · {count}"


@view(
    "pharmacy.lines",
    title=N_("Prescription"),
    permission="pharmacy.read",
    row=LineRow,
    actions=(RowAction("pharmacy.withdraw", {"line": "key"}, frozenset({"DRAFT", "REJECTED"})),),
    empty=N_("No medicine prescribed yet"),
)
async def lines(context: Context, filter: OfVisit) -> Page[LineRow]:
    """Lines of the prescriptions of a visit in the order in which they were entered."""
    query = [("encounter", filter.visit), ("_sort", "_id"), ("_count", str(filter.limit))]
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
        alerts=[
            item["valueString"] for item in line.get("extension") or () if item.get("url") == resources.DETECTED_ALERT
        ],
        returned=build.concept_text(line.get("statusReason")),
        patient=line["subject"]["reference"],
        again={name: str(value) for name, value in given.items()} if given else None,
    )


class PrescriptionRow(Row):
    """A prescription as the pharmacist's list shows it."""

    number: str = Field(title=N_("Prescription"))
    patient_name: str = Field(title=N_("Patient"))
    medicines: str = Field(title=N_("Medicines"))
    doctor: str = Field(title=N_("Doctor"))
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "prescription"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


async def _in_states(context: Context, filter: Filter, *states: str) -> Page[PrescriptionRow]:
    table = context.registry.tables["prescription"]
    query = [
        ("_tag", ",".join(table.tag(state) for state in states)),
        ("_sort", "authoredon"),
        ("_count", str(filter.limit)),
    ]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("MedicationRequest", query)
    return Page(await _prescription_rows(context, found.resources), found.next)


async def _prescription_rows(context: Context, requests: Sequence[Resource]) -> list[PrescriptionRow]:
    """Prescriptions in the order of their first lines."""
    people = await context.read_many(item["subject"]["reference"] for item in requests)
    groups: dict[str, list[Resource]] = {}
    for item in requests:
        groups.setdefault(build.find_identifier(item, resources.PRESCRIPTION_NUMBER) or item["id"], []).append(item)
    return [
        PrescriptionRow(
            key=number,
            number=number,
            patient_name=build.person_name(people.get(items[0]["subject"]["reference"])),
            medicines="、".join(build.concept_text(item.get("medicationCodeableConcept")) for item in items),
            doctor=str(items[0].get("requester", {}).get("display", "")),
            at=items[0]["authoredOn"],
            state=_state(context, items[0]),
            patient=items[0]["subject"]["reference"],
        )
        for number, items in groups.items()
    ]


def _state(context: Context, item: Resource) -> str:
    state = context.registry.tables["prescription"].of(item)
    return state.code if state else ""


PRESCRIPTION = {"prescription": "number"}


@view(
    "pharmacy.to_review",
    title=N_("To review"),
    permission="pharmacy.review",
    row=PrescriptionRow,
    actions=(RowAction("pharmacy.review", PRESCRIPTION), RowAction("pharmacy.reject", PRESCRIPTION)),
    empty=N_("Nothing to review"),
)
async def to_review(context: Context, filter: Filter) -> Page[PrescriptionRow]:
    """Prescriptions that a doctor has issued and nobody has reviewed, the oldest first."""
    return await _in_states(context, filter, "CREATED")


@view(
    "pharmacy.to_dispense",
    title=N_("To dispense"),
    permission="pharmacy.dispense",
    row=PrescriptionRow,
    actions=(
        RowAction("pharmacy.prepare", PRESCRIPTION, frozenset({"PAID"})),
        RowAction("pharmacy.dispense", PRESCRIPTION, frozenset({"DISPENSING"})),
    ),
    empty=N_("Nothing to dispense"),
)
async def to_dispense(context: Context, filter: Filter) -> Page[PrescriptionRow]:
    """Paid prescriptions, the oldest first."""
    return await _in_states(context, filter, "PAID", "DISPENSING")


@view(
    "pharmacy.dispensed",
    title=N_("Dispensed today"),
    permission="pharmacy.dispense",
    row=PrescriptionRow,
    actions=(RowAction("pharmacy.take_back", PRESCRIPTION, frozenset({"DISPENSED"})),),
    empty=N_("Nothing dispensed yet"),
)
async def dispensed(context: Context, filter: Filter) -> Page[PrescriptionRow]:
    """Prescriptions whose medicines were handed over today, the newest first; some may have been taken back."""
    query = [*context.on_day("whenhandedover", context.today), ("_sort", "-whenhandedover")]
    found = await context.search("MedicationDispense", [*query, ("_count", str(filter.limit))])
    references = [item["authorizingPrescription"][0]["reference"] for item in found.resources]
    requests = await context.read_many(references)
    ordered = [requests[reference] for reference in dict.fromkeys(references) if reference in requests]
    return Page(await _prescription_rows(context, ordered))


async def prescription_detail(context: Context, number: str) -> dict[str, Any]:
    """A prescription with its lines, patient, allergies and diagnoses, for the pharmacist's screen."""
    found = await context.search(
        "MedicationRequest",
        [("identifier", f"{resources.PRESCRIPTION_NUMBER}|{number}"), ("_sort", "_id"), ("_count", "100")],
    )
    if not found.resources:
        return {"number": number, "lines": [], "patient": None}
    first = found.resources[0]
    patient = first["subject"]["reference"]
    prices = await prices_of(context, map(resources.drug_code, found.resources))
    allergies = await context.search(
        "AllergyIntolerance", [("patient", patient), ("clinical-status", "active"), ("_count", "50")]
    )
    encounter = await context.read(first["encounter"]["reference"])
    return {
        "number": number,
        "state": context.registry.tables["prescription"].of(first),
        "lines": [line_row(context, item, prices) for item in found.resources],
        "patient": await context.read(patient),
        "patient_reference": patient,
        "allergies": allergies.resources,
        "diagnoses": [entry["condition"].get("display", "") for entry in encounter.get("diagnosis") or ()],
        "doctor": str(first.get("requester", {}).get("display", "")),
        "at": first["authoredOn"],
    }
