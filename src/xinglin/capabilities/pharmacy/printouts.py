"""What the pharmacy prints: the prescription by the form of the Measures for the Administration of Prescriptions."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from xinglin.capabilities.pharmacy import resources, views
from xinglin.capabilities.pharmacy.batches import BATCH
from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.reviewing import REVIEW
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.printout import LATER, day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.platform.i18n import format_money
from xinglin.platform.i18n import gettext as _

ON_A_SHEET = 5
"""Medicines on one prescription sheet at most (Measures for the Administration of Prescriptions, article 6)."""
PAEDIATRIC_YEARS = 14
"""Patients under this age get the paediatric form."""
BODY_WEIGHT = "http://loinc.org|29463-7"
KINDS = {
    "ordinary": (N_("Ordinary"), N_("White paper")),
    "emergency": (N_("Emergency"), N_("Pale yellow paper")),
    "paediatric": (N_("Paediatric"), N_("Pale green paper")),
    "herbal": (N_("Herbs"), N_("White paper")),
    "narcotic": (N_("Narcotic, psychotropic 1"), N_("Pale red paper")),
    "psychotropic-2": (N_("Psychotropic 2"), N_("White paper")),
}
"""Kinds of prescriptions and the colour of their paper (the same Measures, annex 1)."""


@printout(
    "pharmacy.prescription",
    title=N_("Prescription form"),
    permission="pharmacy.read",
    template="pharmacy/prescription.typ",
    paper="A5",
)
async def prescription(context: Context, query: Mapping[str, str]) -> Json:
    """A prescription with its patient, diagnoses and medicines. Query: `prescription`, its number."""
    number = query.get("prescription", "")
    lines = await _held(context, number)
    encounter = await context.read(lines[0]["encounter"]["reference"])
    patient = await context.read(lines[0]["subject"]["reference"])
    day = day_of(time_text(context, lines[0]["authoredOn"]))
    kind, colour = KINDS[_kind(encounter, build.age_in_years(patient.get("birthDate"), day), lines)]
    return {
        "number": number,
        "kind": _(kind),
        "colour": _(colour),
        "person": person_facts(patient, day),
        "department": build.concept_text(encounter.get("serviceType")),
        "visit": next((str(item["value"]) for item in encounter.get("identifier") or () if "value" in item), ""),
        "date": time_text(context, lines[0]["authoredOn"]),
        "doctor": str(lines[0].get("requester", {}).get("display", "")),
        "signed": await _signed(context, lines),
        "void": _void(context, lines),
        "identity": _identity(patient) if resources.kind_of(lines[0]) == "narcotic" else "",
        "formula": _formula(lines),
        **await _particulars(context, encounter, lines),
    }


async def _held(context: Context, number: str) -> list[Resource]:
    if not number:
        raise BadRequest(_("prescription: is required, such as RX2611230001"), expression="prescription")
    found = await context.search(
        "MedicationRequest",
        [("identifier", f"{resources.PRESCRIPTION_NUMBER}|{number}"), ("_sort", "_id"), ("_count", "100")],
    )
    if not found.resources:
        raise NotFound(_("There is no prescription {number}").format(number=number))
    return found.resources


def _kind(encounter: Resource, years: int | None, lines: list[Resource]) -> str:
    if (written := resources.kind_of(lines[0])) in KINDS:
        return written
    if (encounter.get("class") or {}).get("code") == "EMER":
        return "emergency"
    return "paediatric" if years is not None and years < PAEDIATRIC_YEARS else "ordinary"


def _void(context: Context, lines: Iterable[Resource]) -> str:
    """What stands across a prescription none of whose lines may be dispensed."""
    table = context.registry.tables["prescription"]
    states = {state.code for line in lines if (state := table.of(line))}
    return _("Void") if states <= {"CANCELLED", "RETURNED", "REJECTED"} else ""


async def _signed(context: Context, lines: Iterable[Resource]) -> bool:
    """Tells whether every line has been signed electronically."""
    wanted = {reference(line) for line in lines}
    found = await context.search("Provenance", [("target", ",".join(sorted(wanted))), ("_count", "200")])
    targets = {item["reference"].partition("/_history")[0] for one in found.resources for item in one["target"]}
    return wanted <= targets


def _identity(patient: Resource) -> str:
    """The number of the ID card, which the form of narcotics bears."""
    held = (each for each in patient.get("identifier") or () if each.get("use") == "official")
    return next((str(each["value"]) for each in held if "value" in each), "")


def _formula(lines: list[Resource]) -> str:
    """How many doses of a formula, how they are prepared and taken; blank for what is none."""
    if resources.kind_of(lines[0]) != "herbal":
        return ""
    instruction = lines[0]["dosageInstruction"][0]
    doses = int(build.amount(lines[0]["dispenseRequest"]["expectedSupplyDuration"]))
    parts = (
        f"{doses} 剂",
        build.concept_text(instruction.get("method")),
        str(instruction.get("patientInstruction", "")),
    )
    return "，".join(part for part in parts if part)


async def _particulars(context: Context, encounter: Resource, lines: list[Resource]) -> dict[str, Any]:
    visit, patient = reference(encounter), str(encounter["subject"]["reference"])
    allergies = await context.search(
        "AllergyIntolerance", [("patient", patient), ("clinical-status", "active"), ("_count", "50")]
    )
    weights = await context.search(
        "Observation", [("encounter", visit), ("code", BODY_WEIGHT), ("_sort", "-date"), ("_count", "1")]
    )
    payers = await context.search("Coverage", [("beneficiary", patient), ("status", "active"), ("_count", "1")])
    size = len(lines) if resources.kind_of(lines[0]) == "herbal" else ON_A_SHEET
    sheets = [lines[start : start + size] for start in range(0, len(lines), size)]
    medicines = await context.read_many(f"Medication/{resources.drug_code(line)}" for line in lines)
    amounts = await _amounts(context, visit, lines)
    return {
        "diagnoses": [str(entry["condition"].get("display", "")) for entry in encounter.get("diagnosis") or ()],
        "allergies": [build.concept_text(item.get("code")) for item in allergies.resources],
        "weight": "".join(_weight(item) for item in weights.resources),
        "payer": "".join(build.concept_text(item.get("type")) for item in payers.resources),
        "sheets": [[_line(line, medicines) for line in sheet] for sheet in sheets],
        "amounts": [format_money(sum((amounts[reference(line)] for line in sheet), Decimal())) for sheet in sheets],
        LATER: await _hands(context, lines),
    }


async def _hands(context: Context, lines: list[Resource]) -> dict[str, str]:
    """Who reviewed, picked, and checked and handed over; blank until then."""
    number = build.find_identifier(lines[0], resources.PRESCRIPTION_NUMBER)
    group = f"{resources.PRESCRIPTION_NUMBER}|{number}"
    query = [("group-identifier", group), ("code", f"{REVIEW}|first,{REVIEW}|accepted"), ("_sort", "authored-on")]
    reviews = await context.search("Task", [*query, ("_count", "20")])
    served = await context.search(
        "MedicationDispense",
        [("prescription", ",".join(map(reference, lines))), ("status", "in-progress,completed"), ("_count", "1")],
    )
    hands = {
        build.first_code(each.get("function")) or "": str(each["actor"].get("display", ""))
        for dispense in served.resources
        for each in dispense.get("performer") or ()
    }
    return {
        "reviewed": "、".join(str(each["owner"].get("display", "")) for each in reviews.resources),
        "prepared": hands.get("packager", ""),
        # What earlier versions wrote names one person, without a function.
        "dispensed": hands.get("finalchecker", hands.get("", "")),
    }


def _weight(observation: Resource) -> str:
    quantity = observation.get("valueQuantity") or {}
    return f"{quantity['value']} {quantity.get('unit', '')}" if "value" in quantity else ""


def _line(line: Resource, medicines: Mapping[str, Resource]) -> dict[str, str]:
    held = medicines.get(f"Medication/{resources.drug_code(line)}")
    quantity = (line.get("dispenseRequest") or {}).get("quantity") or {}
    instruction = (line.get("dosageInstruction") or [{}])[0]
    given = ((instruction.get("doseAndRate") or [{}])[0]).get("doseQuantity") or {}
    return {
        "name": build.concept_text(line.get("medicationCodeableConcept")),
        "group": str(resources.number_of(line, resources.INFUSION_GROUP) or ""),
        "each": f"{given.get('value', '')} {given.get('unit', '')}".strip(),
        "handling": build.concept_text((instruction.get("additionalInstruction") or [None])[0]),
        "specification": Medicine.from_resource(held).specification if held else "",
        "quantity": f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip(),
        "dosage": str(instruction.get("text", "")),
    }


async def _amounts(context: Context, visit: str, lines: list[Resource]) -> dict[str, Decimal]:
    """What each line costs: as charged, else at the price of now."""
    charges = await context.search("ChargeItem", [("context", visit), ("_count", "500")])
    prices = await views.prices_of(context, map(resources.drug_code, lines))
    amounts = {reference(line): views.line_row(context, line, prices).price or Decimal() for line in lines}
    for charge in charges.resources:
        for service in charge.get("supportingInformation") or ():
            if service.get("reference") in amounts and "priceOverride" in charge:
                amounts[service["reference"]] = build.amount(charge["priceOverride"])
    return amounts


@printout(
    "pharmacy.instructions",
    title=N_("How to take your medicines"),
    permission="pharmacy.dispense",
    template="pharmacy/instructions.typ",
    paper="A5",
)
async def instructions(context: Context, query: Mapping[str, str]) -> Json:
    """What the patient takes home with the medicines: each with how to take it and how long it keeps. Query:
    `prescription`, its number."""
    lines = await _held(context, query.get("prescription", ""))
    patient = await context.read(lines[0]["subject"]["reference"])
    medicines = await context.read_many(f"Medication/{resources.drug_code(line)}" for line in lines)
    given = await context.search(
        "MedicationDispense",
        [("prescription", ",".join(map(reference, lines))), ("status", "in-progress,completed"), ("_count", "100")],
    )
    keeps = {each["authorizingPrescription"][0]["reference"]: _keeps(each) for each in given.resources}
    return {
        "number": query["prescription"],
        "person": person_facts(patient, day_of(time_text(context, lines[0]["authoredOn"]))),
        "date": time_text(context, lines[0]["authoredOn"]),
        "formula": _formula(lines),
        "lines": [{**_line(line, medicines), "keeps": keeps.get(reference(line), "")} for line in lines],
    }


def _keeps(dispense: Resource) -> str:
    """The expiry of what was given out; the earliest of several batches."""
    days = [
        str(part["valueDate"])
        for each in dispense.get("extension") or ()
        if each.get("url") == BATCH
        for part in each["extension"]
        if part["url"] == "expiry"
    ]
    return min(days, default="")
