"""The pharmacist's part of a prescription: review, prepare, dispense, take back."""

from decimal import Decimal

from pydantic import Field

from xinglin.capabilities.pharmacy import resources
from xinglin.capabilities.pharmacy.prescriptions import lines, move_all
from xinglin.capabilities.pharmacy.stock import DISPENSED, WINDOW, stock_account
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.ledger import InsufficientBalance
from xinglin.platform.i18n import gettext as _


class Prescription(Input):
    """A prescription by its number."""

    prescription: str = Field(title=N_("Prescription"), pattern=r"^RX[0-9]+$", json_schema_extra={"widget": "hidden"})


class ReturnPrescription(Prescription):
    """A prescription that goes back."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "pharmacy.review",
    title=N_("Accept"),
    permission="pharmacy.review",
    done=N_("Accepted; the patient can pay"),
    tone="primary",
)
async def review(context: Context, input: Prescription) -> Resource:
    """Accepts a prescription and charges its medicines at the price of now; refused where stock does not suffice."""
    for line in await move_all(context, input.prescription, "CREATED"):
        code, wanted = resources.drug_code(line), resources.packs(line)
        held = (await context.books.balances([stock_account(WINDOW, code)])).get(stock_account(WINDOW, code), 0)
        if held < wanted:
            raise Refused(
                _("{medicine}: {wanted} needed, {held} in stock").format(
                    medicine=build.concept_text(line["medicationCodeableConcept"]), wanted=wanted, held=int(held)
                )
            )
        await context.call(
            "billing.charge",
            visit=line["encounter"]["reference"],
            item=code,
            quantity=wanted,
            service=f"MedicationRequest/{line['id']}",
        )
    return line


@command(
    "pharmacy.reject",
    title=N_("Return to doctor"),
    permission="pharmacy.review",
    done=N_("Returned to the doctor"),
    tone="danger",
)
async def reject(context: Context, input: ReturnPrescription) -> Resource:
    """Returns a prescription to the doctor with a reason; nothing is charged."""
    reason = {"text": input.reason}
    for line in await lines(context, input.prescription, state="CREATED"):
        written = await context.update({**context.moved("prescription", line), "statusReason": reason})
    return written


@command(
    "pharmacy.prepare",
    title=N_("Prepare"),
    permission="pharmacy.dispense",
    done=N_("In preparation"),
)
async def prepare(context: Context, input: Prescription) -> Resource:
    """Takes a paid prescription into preparation."""
    return (await move_all(context, input.prescription, "PAID"))[-1]


@command(
    "pharmacy.dispense",
    title=N_("Dispense"),
    permission="pharmacy.dispense",
    done=N_("Dispensed"),
    tone="primary",
)
async def dispense(context: Context, input: Prescription) -> Resource:
    """Hands the prepared medicines over and takes them from the window's stock; refused where a charge is open."""
    performer = str(context.actor.practitioner)
    for line in await lines(context, input.prescription, state="DISPENSING"):
        await _refuse_unpaid(context, line)
    moved = await move_all(context, input.prescription, "DISPENSING")
    postings = []
    for line in moved:
        code, count = resources.drug_code(line), Decimal(resources.packs(line))
        await context.create(resources.dispensing(line, performer, context))
        await context.call("billing.mark_rendered", service=f"MedicationRequest/{line['id']}", rendered=True)
        postings += [(stock_account(WINDOW, code), -count, code), (stock_account(DISPENSED, code), count, code)]
    try:
        await context.books.post(input.prescription, postings, memo="dispense")
    except InsufficientBalance as error:
        raise Refused(_("The stock does not suffice: {account}").format(account=error.account)) from error
    context.emit("pharmacy.dispensed", moved[-1], key=moved[-1]["encounter"]["reference"])
    return moved[-1]


async def _refuse_unpaid(context: Context, line: Resource) -> None:
    # A refund may have been given a moment ago, of which the prescription's state does not know yet.
    table, wanted = context.registry.tables["charge"], {"reference": f"MedicationRequest/{line['id']}"}
    found = await context.search(
        "ChargeItem", [("context", line["encounter"]["reference"]), ("_tag", table.tag("SETTLED")), ("_count", "500")]
    )
    if not any(wanted in (charge.get("supportingInformation") or ()) for charge in found.resources):
        raise Refused(
            _("{medicine} is not paid").format(medicine=build.concept_text(line["medicationCodeableConcept"]))
        )


@command(
    "pharmacy.take_back",
    title=N_("Take back"),
    permission="pharmacy.dispense",
    done=N_("Taken back; the cashier can refund"),
    tone="danger",
)
async def take_back(context: Context, input: ReturnPrescription) -> Resource:
    """Takes dispensed medicines back into stock, so that the cashier can refund them."""
    moved = []
    postings = []
    for line in await lines(context, input.prescription, state="DISPENSED"):
        changed = context.moved("prescription", line)
        moved.append(await context.update({**changed, "statusReason": {"text": input.reason}}))
        code, count = resources.drug_code(line), Decimal(resources.packs(line))
        postings += [(stock_account(DISPENSED, code), -count, code), (stock_account(WINDOW, code), count, code)]
        await _stop_dispensing(context, f"MedicationRequest/{line['id']}", input.reason)
        await context.call("billing.mark_rendered", service=f"MedicationRequest/{line['id']}", rendered=False)
    await context.books.post(input.prescription, postings, memo="take back")
    context.emit("pharmacy.returned", moved[-1], key=moved[-1]["encounter"]["reference"])
    return moved[-1]


async def _stop_dispensing(context: Context, request: str, reason: str) -> None:
    found = await context.search("MedicationDispense", [("prescription", request), ("status", "completed")])
    for item in found.resources:
        stopped = {**item, "status": "stopped", "statusReasonCodeableConcept": {"text": reason}}
        await context.update(stopped)
