"""Lists of the pharmacist: to review, to dispense, dispensed, what was returned, and the register of narcotics."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import Field

from xinglin.capabilities.pharmacy import batches, resources
from xinglin.capabilities.pharmacy.dispensing import CALLED, FETCHER, TRACE
from xinglin.capabilities.pharmacy.prescriptions import valid_until
from xinglin.capabilities.pharmacy.reviewing import RETURN_REASON, REVIEW
from xinglin.capabilities.pharmacy.views import line_row, prices_of
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view

PRESCRIPTION = {"prescription": "number"}


class PrescriptionRow(Row):
    """A prescription as the pharmacist's list shows it; `waited` in minutes since it was issued or paid."""

    number: str = Field(title=N_("Prescription"))
    ticket: str = Field("", title=N_("No."))
    patient_name: str = Field(title=N_("Patient"))
    medicines: str = Field(title=N_("Medicines"))
    kind: str = Field("western", title=N_("Kind"), json_schema_extra={"kind": "code"})
    doctor: str = Field(title=N_("Doctor"))
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    waited: int = Field(0, title=N_("Waits, min"), json_schema_extra={"kind": "number"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "prescription"})
    window: int | None = Field(None, title=N_("Window"), json_schema_extra={"kind": "number"})
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
    return Page(await prescription_rows(context, found.resources), found.next)


async def prescription_rows(context: Context, requests: Sequence[Resource]) -> list[PrescriptionRow]:
    """Prescriptions in the order of their first lines."""
    people = await context.read_many(item["subject"]["reference"] for item in requests)
    groups: dict[str, list[Resource]] = {}
    for item in requests:
        groups.setdefault(build.find_identifier(item, resources.PRESCRIPTION_NUMBER) or item["id"], []).append(item)
    return [_row(context, number, items, people) for number, items in groups.items()]


def _row(context: Context, number: str, items: Sequence[Resource], people: dict[str, Resource]) -> PrescriptionRow:
    first = items[0]
    state = context.registry.tables["prescription"].of(first)
    since = datetime.fromisoformat(first["authoredOn"])
    called = {part["url"]: part for part in _called(first)}
    return PrescriptionRow(
        key=number,
        number=number,
        ticket=resources.ticket(first).partition("-")[2],
        patient_name=build.person_name(people.get(first["subject"]["reference"])),
        medicines="、".join(build.concept_text(item.get("medicationCodeableConcept")) for item in items),
        kind=resources.kind_of(first),
        doctor=str(first.get("requester", {}).get("display", "")),
        at=first["authoredOn"],
        waited=max(0, int((context.now - since).total_seconds() // 60)),
        state=state.code if state else "",
        window=called["window"]["valueInteger"] if "window" in called else None,
        patient=first["subject"]["reference"],
    )


def _called(line: Resource) -> list[dict[str, Any]]:
    return next((each["extension"] for each in line.get("extension") or () if each.get("url") == CALLED), [])


@view(
    "pharmacy.to_review",
    title=N_("To review"),
    permission="pharmacy.review",
    row=PrescriptionRow,
    actions=(RowAction("pharmacy.review", PRESCRIPTION), RowAction("pharmacy.reject", PRESCRIPTION)),
    empty=N_("Nothing to review"),
)
async def to_review(context: Context, filter: Filter) -> Page[PrescriptionRow]:
    """Prescriptions that a doctor has issued and that wait for a first or second signature, the oldest first."""
    return await _in_states(context, filter, "CREATED", "CHECKED")


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
    return Page(await prescription_rows(context, ordered))


class ReturnRow(Row):
    """A prescription that a pharmacist returned, and how it went on."""

    number: str = Field(title=N_("Prescription"))
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    patient_name: str = Field(title=N_("Patient"))
    doctor: str = Field(title=N_("Doctor"))
    pharmacist: str = Field(title=N_("Pharmacist"))
    code: str = Field(title=N_("Kind of reason"))
    reason: str = Field(title=N_("Reason"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "prescription"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "pharmacy.returned",
    title=N_("Returned"),
    permission="pharmacy.review",
    row=ReturnRow,
    empty=N_("Nothing was returned"),
)
async def returned(context: Context, filter: Filter) -> Page[ReturnRow]:
    """Prescriptions that pharmacists returned to doctors, the newest first, with what became of them."""
    query = [("code", f"{REVIEW}|returned"), ("_sort", "-authored-on"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Task", query)
    held = await context.read_many(
        each[element]["reference"] for each in found.resources for element in ("focus", "for")
    )
    rows = []
    for task in found.resources:
        state = context.registry.tables["prescription"].of(held.get(task["focus"]["reference"], {}))
        code = build.first_code(task.get("statusReason"), RETURN_REASON)
        rows.append(
            ReturnRow(
                key=f"Task/{task['id']}",
                number=task["groupIdentifier"]["value"],
                at=task["authoredOn"],
                patient_name=build.person_name(held.get(task["for"]["reference"])),
                doctor=str(task.get("requester", {}).get("display", "")),
                pharmacist=str(task.get("owner", {}).get("display", "")),
                code=str(((task.get("statusReason") or {}).get("coding") or [{}])[0].get("display", code or "")),
                reason=build.concept_text(task.get("statusReason")),
                state=state.code if state else "",
                patient=task["for"]["reference"],
            )
        )
    return Page(rows, found.next)


class OfPeriod(Filter):
    """A month of days; today's where none is named."""

    day: date | None = Field(None, title=N_("Day"))


class RegisterRow(Row):
    """A line of the register of narcotics: what went to whom, from which batch, by whom."""

    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    number: str = Field(title=N_("Prescription"))
    patient_name: str = Field(title=N_("Patient"))
    medicine: str = Field(title=N_("Medicine"))
    quantity: str = Field(title=N_("Quantity"))
    batch: str = Field(title=N_("Batch"))
    doctor: str = Field(title=N_("Doctor"))
    picked: str = Field(title=N_("Picked by"))
    checked: str = Field(title=N_("Checked by"))
    fetched: str = Field(title=N_("Fetched by"))
    status: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "pharmacy.register",
    title=N_("Register of narcotics"),
    permission="pharmacy.dispense",
    row=RegisterRow,
    empty=N_("No narcotic was handed over"),
    recorded=True,
)
async def register(context: Context, filter: OfPeriod) -> Page[RegisterRow]:
    """Narcotics and psychotropics of class 1 that were handed over, or taken back, the newest first."""
    query = [
        ("prescription.category", f"{resources.KIND}|narcotic"),
        ("status", "completed,stopped"),
        ("_sort", "-whenhandedover"),
        ("_count", str(filter.limit)),
    ]
    if filter.day:
        query += context.on_day("whenhandedover", filter.day)
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("MedicationDispense", query)
    held = await context.read_many(
        reference
        for each in found.resources
        for reference in (each["authorizingPrescription"][0]["reference"], each["subject"]["reference"])
    )
    return Page([_register_row(each, held) for each in found.resources], found.next)


def _register_row(dispense: Resource, held: dict[str, Resource]) -> RegisterRow:
    request = held.get(dispense["authorizingPrescription"][0]["reference"], {})
    people = {
        build.first_code(each.get("function")): str(each["actor"].get("display", ""))
        for each in dispense.get("performer") or ()
    }
    fetched: dict[str, Any] = next(
        (
            {part["url"]: part for part in each["extension"]}
            for each in dispense.get("extension") or ()
            if each.get("url") == FETCHER
        ),
        {},
    )
    quantity = dispense.get("quantity") or {}
    return RegisterRow(
        key=f"MedicationDispense/{dispense['id']}",
        at=str(dispense.get("whenHandedOver", "")),
        number=build.find_identifier(request, resources.PRESCRIPTION_NUMBER) or "",
        patient_name=build.person_name(held.get(dispense["subject"]["reference"])),
        medicine=build.concept_text(dispense.get("medicationCodeableConcept")),
        quantity=f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip(),
        batch="；".join(batches.batch_texts(dispense)),
        doctor=str(request.get("requester", {}).get("display", "")),
        picked=people.get("packager", ""),
        checked=people.get("finalchecker", ""),
        fetched=" ".join(
            (
                str(fetched.get("name", {}).get("valueString", "")),
                str(fetched.get("number", {}).get("valueIdentifier", {}).get("value", "")),
            )
        ).strip(),
        status=str(dispense["status"]),
        patient=dispense["subject"]["reference"],
    )


async def prescription_detail(context: Context, number: str) -> dict[str, Any]:
    """A prescription with its lines, patient, allergies, decisions and batches, for the pharmacist's screen."""
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
    until = valid_until(first)
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
        "kind": resources.kind_of(first),
        "ticket": resources.ticket(first).partition("-")[2],
        "until": until,
        "expired": until is not None and context.now > until,
        "usage": str((first.get("dosageInstruction") or [{}])[0].get("patientInstruction", "")),
        "notes": [note["text"] for note in first.get("note") or ()],
        "decisions": await _decisions(context, number),
        "picked": await _picked(context, found.resources),
    }


async def _decisions(context: Context, number: str) -> list[dict[str, str]]:
    group = f"{resources.PRESCRIPTION_NUMBER}|{number}"
    found = await context.search("Task", [("group-identifier", group), ("_sort", "authored-on"), ("_count", "50")])
    return [
        {
            "outcome": str(build.first_code(task.get("code"), REVIEW)),
            "who": str(task.get("owner", {}).get("display", "")),
            "at": str(task.get("authoredOn", "")),
            "reason": build.concept_text(task.get("statusReason")),
        }
        for task in found.resources
    ]


async def _picked(context: Context, lines: Sequence[Resource]) -> dict[str, dict[str, Any]]:
    """What was picked for each line: batches, trace codes, and by whom; before that, from where it is to be taken."""
    references = [f"MedicationRequest/{line['id']}" for line in lines]
    found = await context.search(
        "MedicationDispense",
        [("prescription", ",".join(references)), ("status", "in-progress,completed,stopped"), ("_count", "100")],
    )
    picked = {
        each["authorizingPrescription"][0]["reference"]: {
            "batches": batches.batch_texts(each),
            "traces": [item["value"] for item in each.get("identifier") or () if item.get("system") == TRACE],
            "by": str(each["performer"][0]["actor"].get("display", "")),
            "own": each["performer"][0]["actor"].get("reference") == context.actor.practitioner,
        }
        for each in found.resources
    }
    for reference in (each for each in references if each not in picked):
        kept = await batches.moved_to(context, reference, batches.RESERVED)
        texts = batches.batch_texts({"extension": [batches.batch_extension(each) for each in kept]})
        picked[reference] = {"batches": texts, "traces": [], "by": "", "own": False}
    return picked
