"""From payment to the patient's hand: pick, scan, call, check and hand over, take back. Two people do it."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from xinglin.capabilities.pharmacy import batches, resources
from xinglin.capabilities.pharmacy.commands import Line
from xinglin.capabilities.pharmacy.prescriptions import lines, refuse_expired
from xinglin.capabilities.pharmacy.reserving import reserve
from xinglin.capabilities.pharmacy.reviewing import Prescription
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

TRACE = "urn:xinglin:id:trace-code"
CALLED = "urn:xinglin:extension:called-to-window"
FETCHER = "urn:xinglin:extension:fetched-by"
RESIDENT = "urn:oid:2.16.156.10011.1.3"
TRACE_CODE = re.compile(r"\d{20}")
"""A trace code of a box: twenty digits, of which the first seven name the product (NMPAB/T 1002-2019)."""


@command(
    "pharmacy.prepare",
    title=N_("Prepare"),
    permission="pharmacy.dispense",
    done=N_("In preparation"),
)
async def prepare(context: Context, input: Prescription) -> Resource:
    """Takes a paid prescription into preparation by whoever picks it: from the batches that expire first.

    What was reserved at payment is picked; where that was not possible, or has been released, it is reserved now, and
    refused where stock does not suffice.
    """
    held = await lines(context, input.prescription, "PAID")
    refuse_expired(context, held[0])
    for line in resources.by_medicine(held):
        picked = await reserve(context, line)
        if not picked:
            raise Refused(
                _("{medicine}: not enough in stock; transfer some to the window, or let the cashier refund it").format(
                    medicine=build.concept_text(line["medicationCodeableConcept"])
                )
            )
        performer = _performer(context, "packager")
        await context.create(resources.dispensing(line, performer, picked, context))
    return [await context.move("prescription", line) for line in held][-1]


def _performer(context: Context, function: str) -> Json:
    return {
        "function": build.concept(
            "http://terminology.hl7.org/CodeSystem/medicationdispense-performer-function", function
        ),
        "actor": build.reference(str(context.actor.practitioner), context.actor.name),
    }


class Scan(Line):
    """The trace code of a box that goes out with a line."""

    code: str = Field(title=N_("Trace code"), min_length=1, max_length=40)


@command("pharmacy.scan", title=N_("Scan"), permission="pharmacy.dispense", done=N_("Scanned"))
async def scan(context: Context, input: Scan) -> Resource:
    """Notes the trace code of a box that is being prepared. A box goes out once: a code that went out already is
    refused with the prescription that it went out with."""
    code = input.code.replace(" ", "")
    if not TRACE_CODE.fullmatch(code):
        raise Refused(_("A trace code has 20 digits; this one is “{code}”").format(code=input.code), expression="code")
    line = await context.read(input.line, lock=True)
    await context.lock(f"pharmacy.trace:{code}")
    await _refuse_used(context, code)
    found = await context.search("MedicationDispense", [("prescription", input.line), ("status", "in-progress")])
    if not found.resources:
        raise Refused(_("This medicine is not being prepared"))
    dispense = await context.read(reference(found.resources[0]), lock=True)
    held = list(dispense.get("identifier") or ())
    if len(held) >= resources.packs(line):
        raise Refused(_("All {count} packs are scanned").format(count=resources.packs(line)), expression="code")
    return await context.update({**dispense, "identifier": [*held, build.identifier(TRACE, code)]})


async def _refuse_used(context: Context, code: str) -> None:
    used = await context.search(
        "MedicationDispense", [("identifier", f"{TRACE}|{code}"), ("status", "in-progress,completed"), ("_count", "1")]
    )
    if not used.resources:
        return
    before = used.resources[0]
    request = await context.read(before["authorizingPrescription"][0]["reference"])
    raise Refused(
        _("This box went out already: prescription {number}, {medicine}, {day}").format(
            number=build.find_identifier(request, resources.PRESCRIPTION_NUMBER),
            medicine=build.concept_text(before["medicationCodeableConcept"]),
            day=str(before.get("whenHandedOver") or before.get("whenPrepared"))[:10],
        ),
        expression="code",
    )


class CallPatient(Prescription):
    """The window that a patient is called to."""

    window: int = Field(1, title=N_("Window"), ge=1, le=30)


@command("pharmacy.call", title=N_("Call to window"), permission="pharmacy.dispense", done=N_("Called"))
async def call(context: Context, input: CallPatient) -> Resource:
    """Calls the patient whose medicines are picked to a window; the display shows the number. May be repeated."""
    mark = {
        "url": CALLED,
        "extension": [
            {"url": "window", "valueInteger": input.window},
            {"url": "at", "valueDateTime": build.instant(context.now)},
        ],
    }
    for line in await lines(context, input.prescription, "DISPENSING"):
        others = [each for each in line.get("extension") or () if each.get("url") != CALLED]
        written = await context.update({**context.moved("prescription", line), "extension": [*others, mark]})
    return written


class Dispense(Prescription):
    """What is handed over; of narcotics with who fetches them."""

    fetcher: str | None = Field(None, title=N_("Fetched by"), max_length=40)
    fetcher_number: str | None = Field(None, title=N_("ID number of who fetches it"), pattern=r"^[0-9]{17}[0-9Xx]$")


@command(
    "pharmacy.dispense",
    title=N_("Check and dispense"),
    permission="pharmacy.dispense",
    done=N_("Dispensed"),
    tone="primary",
)
async def dispense(context: Context, input: Dispense) -> Resource:
    """Hands over what somebody else has picked and takes it from the stock; refused where a charge is open.

    Whoever checks and hands over is another person than who picked. Narcotics are handed to somebody whose name and ID
    number are noted.
    """
    held = await lines(context, input.prescription, "DISPENSING")
    if any(resources.kind_of(line) == "narcotic" for line in held) and not (input.fetcher and input.fetcher_number):
        raise Refused(_("Narcotics: name and ID number of who fetches them are noted"), expression="fetcher")
    for line in held:
        await _refuse_unpaid(context, line)
    for line in resources.by_medicine(held):
        # What an earlier version prepared is not reserved yet.
        reserved = await reserve(context, line)
        if not reserved:
            raise Refused(_("{medicine} is out of stock").format(medicine=_name(line)))
        await batches.move(context, reference(line), reserved, batches.DISPENSED, "dispense")
        await _complete(context, line, reserved, input)
        await context.call("billing.mark_rendered", service=reference(line), rendered=True)
    moved = [await context.move("prescription", line) for line in held]
    context.emit("pharmacy.dispensed", moved[-1], key=moved[-1]["encounter"]["reference"])
    return moved[-1]


def _name(line: Resource) -> str:
    return build.concept_text(line["medicationCodeableConcept"])


async def _complete(context: Context, line: Resource, reserved: Sequence[batches.Batch], input: Dispense) -> None:
    found = await context.search("MedicationDispense", [("prescription", reference(line)), ("status", "in-progress")])
    if not found.resources:
        given = resources.dispensing(line, _performer(context, "finalchecker"), reserved, context)
        await context.create({**given, "status": "completed", "whenHandedOver": build.instant(context.now)})
    for each in found.resources:
        picked = await context.read(reference(each), lock=True)
        pickers = {one["actor"]["reference"] for one in picked.get("performer") or ()}
        if context.actor.practitioner in pickers:
            raise Refused(_("You have picked it; another person checks it and hands it over"))
        marks = list(picked.get("extension") or ())
        if input.fetcher and input.fetcher_number:
            number = build.identifier(RESIDENT, input.fetcher_number.upper())
            parts = [{"url": "name", "valueString": input.fetcher}, {"url": "number", "valueIdentifier": number}]
            marks.append({"url": FETCHER, "extension": parts})
        await context.update(
            {
                **picked,
                "extension": marks,
                "status": "completed",
                "performer": [*picked["performer"], _performer(context, "finalchecker")],
                "whenHandedOver": build.instant(context.now),
            }
        )


async def _refuse_unpaid(context: Context, line: Resource) -> None:
    # A refund may have been given a moment ago, of which the prescription's state does not know yet.
    table, wanted = context.registry.tables["charge"], {"reference": reference(line)}
    found = await context.search(
        "ChargeItem", [("context", line["encounter"]["reference"]), ("_tag", table.tag("SETTLED")), ("_count", "500")]
    )
    if not any(wanted in (charge.get("supportingInformation") or ()) for charge in found.resources):
        raise Refused(
            _("{medicine} is not paid").format(medicine=build.concept_text(line["medicationCodeableConcept"]))
        )


class TakeBack(Prescription):
    """Medicines that come back, and in which condition: `intact` ones go back into stock, others are destroyed."""

    condition: Literal["intact", "damaged"] = Field(title=N_("Condition"))
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)
    line: str | None = Field(
        None, title=N_("Prescription line"), pattern=r"^MedicationRequest/", json_schema_extra={"widget": "hidden"}
    )


@command(
    "pharmacy.take_back",
    title=N_("Take back"),
    permission="pharmacy.dispense",
    done=N_("Taken back; the cashier can refund"),
    tone="danger",
)
async def take_back(context: Context, input: TakeBack) -> Resource:
    """Takes dispensed medicines back, all of a prescription or one line, so that the cashier can refund them.

    Packs that are intact go back into stock, to the batch that they came from; others and narcotics are destroyed.
    """
    held = await lines(context, input.prescription, "DISPENSED")
    chosen = [line for line in held if input.line in (None, reference(line))]
    if not chosen:
        raise Refused(_("This line was not dispensed, or has been taken back"), expression="line")
    moved = []
    for line in resources.by_medicine(chosen):
        changed = {**context.moved("prescription", line), "statusReason": {"text": input.reason}}
        moved.append(await context.update(changed))
        intact = input.condition == "intact" and resources.kind_of(line) != "narcotic"
        await _give_back(context, line, batches.WINDOW if intact else batches.LOSS)
        await _stop_dispensing(context, reference(line), input.reason)
        await context.call("billing.mark_rendered", service=reference(line), rendered=False)
    context.emit("pharmacy.returned", moved[-1], key=moved[-1]["encounter"]["reference"])
    return moved[-1]


async def _give_back(context: Context, line: Resource, to: str) -> None:
    memo = "take back" if to == batches.WINDOW else "take back, destroyed"
    given = await batches.moved_to(context, reference(line), batches.DISPENSED)
    if not given:
        # Earlier versions booked under the prescription's number, and kept no batches.
        code, packs = resources.drug_code(line), build.amount(line["dispenseRequest"]["quantity"])
        given = [batches.Batch(batches.DISPENSED, code, None, "", packs)]
    await batches.move(context, reference(line), given, to, memo)


async def _stop_dispensing(context: Context, request: str, reason: str) -> None:
    found = await context.search("MedicationDispense", [("prescription", request), ("status", "completed")])
    for item in found.resources:
        stopped = {**item, "status": "stopped", "statusReasonCodeableConcept": {"text": reason}}
        await context.update(stopped)
