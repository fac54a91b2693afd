"""The pharmacist's review: accept, a second signature where it is needed, return with a reason, the doctor's answer."""

from collections.abc import Sequence

from pydantic import Field, field_validator

from xinglin.capabilities.pharmacy import batches, resources
from xinglin.capabilities.pharmacy.checks import read_known
from xinglin.capabilities.pharmacy.commands import one_of
from xinglin.capabilities.pharmacy.prescriptions import lines, refuse_expired
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

REVIEW = "urn:xinglin:code:prescription-review"
RETURN_REASON = "urn:xinglin:code:return-reason"
REASONS = {
    "dose": "用法、用量不适宜",
    "indication": "适应证不适宜",
    "selection": "遴选的药品不适宜",
    "route": "剂型或给药途径不适宜",
    "duplicate": "重复给药",
    "interaction": "有配伍禁忌或不良相互作用",
    "allergy": "过敏或皮试结果不符",
    "form": "处方书写不规范",
    "stock": "缺药",
    "other": "其他",
}
"""Why a prescription goes back (Standards for the Review of Prescriptions, 2018, articles 17 to 20)."""


class Prescription(Input):
    """A prescription by its number."""

    prescription: str = Field(title=N_("Prescription"), pattern=r"^RX[0-9]+$", json_schema_extra={"widget": "hidden"})


class ReturnPrescription(Prescription):
    """A prescription that goes back: the kind of reason, and what the doctor shall read."""

    code: str = Field("other", title=N_("Kind of reason"), json_schema_extra=select(REASONS.items()))
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200, json_schema_extra=MULTILINE)

    @field_validator("code")
    @classmethod
    def _code(cls, value: str) -> str:
        return one_of(value, dict(REASONS))


@command(
    "pharmacy.review",
    title=N_("Accept"),
    permission="pharmacy.review",
    done=N_("Accepted"),
    tone="primary",
)
async def review(context: Context, input: Prescription) -> Resource:
    """Accepts a prescription and charges its medicines at the price of now; refused where stock does not suffice.

    Narcotics, antibacterials of the special tier, antagonistic herbs, and what a doctor upheld after a return are
    accepted by two pharmacists, one after the other; they are charged with the second signature.
    """
    held = await lines(context, input.prescription, "CREATED", "CHECKED")
    refuse_expired(context, held[0])
    table = context.registry.tables["prescription"]
    state = table.of(held[0])
    first = state is not None and state.code == "CREATED"
    if not first:
        await _refuse_same(context, input.prescription)
    elif await needs_second(context, input.prescription, held):
        written = [await context.move("prescription", line, to="CHECKED") for line in held]
        await note_review(context, input.prescription, written, "first")
        return written[-1]
    await _refuse_short(context, held)
    written = [await context.move("prescription", line, to="REVIEWED") for line in held]
    for line in written:
        await context.call(
            "billing.charge",
            visit=line["encounter"]["reference"],
            item=resources.drug_code(line),
            quantity=resources.packs(line),
            service=reference(line),
        )
    await note_review(context, input.prescription, written, "accepted")
    return written[-1]


async def needs_second(context: Context, number: str, held: Sequence[Resource]) -> bool:
    """Whether two pharmacists must accept it."""
    if any(resources.kind_of(line) == "narcotic" for line in held):
        return True
    if any(
        finding.code == "interaction" and finding.level == "warning" and resources.kind_of(line) == "herbal"
        for line in held
        for finding in resources.findings(line)
    ):
        return True
    if await reviews(context, number, "returned"):
        return True
    known = await read_known(context, map(resources.drug_code, held))
    return any(knowledge.tier == "special" for _medicine, knowledge in known.values())


async def reviews(context: Context, number: str, outcome: str) -> list[Resource]:
    """What pharmacists decided of a prescription, with one outcome: first, accepted or returned."""
    found = await context.search(
        "Task",
        [
            ("group-identifier", f"{resources.PRESCRIPTION_NUMBER}|{number}"),
            ("code", f"{REVIEW}|{outcome}"),
            ("_sort", "-authored-on"),
            ("_count", "20"),
        ],
    )
    return found.resources


async def _refuse_same(context: Context, number: str) -> None:
    first = await reviews(context, number, "first")
    if first and first[0].get("owner", {}).get("reference") == context.actor.practitioner:
        raise Refused(_("You have signed first; the second signature is another pharmacist's"))


async def _refuse_short(context: Context, held: Sequence[Resource]) -> None:
    stock = await batches.held(context, batches.WINDOW, map(resources.drug_code, held))
    for line in held:
        code, wanted = resources.drug_code(line), resources.packs(line)
        there = batches.usable(stock.get(code, []), context.today)
        if there < wanted:
            raise Refused(
                _("{medicine}: {wanted} needed, {held} in stock").format(
                    medicine=build.concept_text(line["medicationCodeableConcept"]), wanted=wanted, held=int(there)
                )
            )


async def note_review(
    context: Context, number: str, held: Sequence[Resource], outcome: str, code: str = "", reason: str = ""
) -> Resource:
    """Writes down a decision of a pharmacist: who, when, of which prescription, why."""
    line = held[0]
    why = {"coding": [build.coding(RETURN_REASON, code, REASONS[code])], "text": reason} if code else None
    period = {"start": line["authoredOn"], "end": build.instant(context.now)}
    return await context.create(
        build.without_empty(
            {
                "resourceType": "Task",
                "groupIdentifier": build.identifier(resources.PRESCRIPTION_NUMBER, number),
                "status": "rejected" if outcome == "returned" else "completed",
                "statusReason": why,
                "intent": "order",
                "code": {"coding": [build.coding(REVIEW, outcome)]},
                "focus": build.reference(line),
                "for": line["subject"],
                "encounter": line["encounter"],
                "executionPeriod": period,
                "authoredOn": build.instant(context.now),
                "requester": line.get("requester"),
                "owner": build.reference(str(context.actor.practitioner), context.actor.name),
            }
        )
    )


@command(
    "pharmacy.reject",
    title=N_("Return to doctor"),
    permission="pharmacy.review",
    done=N_("Returned to the doctor"),
    tone="danger",
)
async def reject(context: Context, input: ReturnPrescription) -> Resource:
    """Returns a prescription to the doctor with a reason; nothing is charged."""
    reason = {"coding": [build.coding(RETURN_REASON, input.code, REASONS[input.code])], "text": input.reason}
    written = [
        await context.update({**context.moved("prescription", line), "statusReason": reason})
        for line in await lines(context, input.prescription, "CREATED", "CHECKED")
    ]
    await note_review(context, input.prescription, written, "returned", input.code, input.reason)
    return written[-1]


class Uphold(Prescription):
    """A prescription that the doctor stands by, with the reason."""

    statement: str = Field(title=N_("Why it stays as it is"), min_length=2, max_length=200, json_schema_extra=MULTILINE)


@command(
    "pharmacy.uphold",
    title=N_("Uphold and sign"),
    permission="pharmacy.prescribe",
    done=N_("Upheld; two pharmacists will look at it"),
)
async def uphold(context: Context, input: Uphold) -> Resource:
    """Gives a returned prescription back to the pharmacists as it is, signed once more, with the doctor's statement."""
    held = await lines(context, input.prescription, "REJECTED")
    refuse_expired(context, held[0])
    if held[0].get("requester", {}).get("reference") != context.actor.practitioner:
        raise Refused(_("Only who prescribed it can uphold it"))
    note = {
        "authorReference": build.reference(str(context.actor.practitioner), context.actor.name),
        "time": build.instant(context.now),
        "text": input.statement,
    }
    written = []
    for line in held:
        moved = context.moved("prescription", line)
        moved.pop("statusReason", None)
        written.append(await context.update({**moved, "note": [*(line.get("note") or ()), note]}))
    await context.call("signing.sign", targets=[reference(line) for line in written])
    return written[-1]
