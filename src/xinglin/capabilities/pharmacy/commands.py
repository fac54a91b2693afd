"""The doctor's part of a prescription: draft, take back, issue."""

from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.pharmacy import resources, rules
from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.frequency import FREQUENCIES, ROUTES
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, NotFound, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

OPEN_STATES = ("DRAFT", "CREATED", "REVIEWED", "PAID", "DISPENSING", "DISPENSED")


def one_of(value: str, accepted: dict[str, object]) -> str:
    """`value` if it is a key of `accepted`, else a ValueError that lists them."""
    if value not in accepted:
        raise ValueError(_("must be one of {expected}").format(expected=listed(accepted)))
    return value


class Prescribe(Input):
    """One medicine for the open visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    medicine: str = Field(
        title=N_("Medicine"), json_schema_extra={"widget": "search", "source": "pharmacy.formulary_search"}
    )
    dose: Decimal = Field(Decimal(1), title=N_("Units each time"), gt=0, le=100, decimal_places=2)
    frequency: str = Field(
        "qd",
        title=N_("Frequency"),
        json_schema_extra=select((item.code, item.name) for item in FREQUENCIES.values()),
    )
    days: int = Field(7, title=N_("Days"), ge=1, le=90)
    route: str = Field("oral", title=N_("Route"), json_schema_extra=select(ROUTES.items()))
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )

    @field_validator("frequency")
    @classmethod
    def _frequency(cls, value: str) -> str:
        return one_of(value, dict(FREQUENCIES))

    @field_validator("route")
    @classmethod
    def _route(cls, value: str) -> str:
        return one_of(value, dict(ROUTES))


@command(
    "pharmacy.prescribe",
    title=N_("Add medicine"),
    permission="pharmacy.prescribe",
    done=N_("Medicine added"),
    tone="primary",
)
async def prescribe(context: Context, input: Prescribe) -> Resource:
    """Adds a medicine to the visit's draft prescription after checking allergy, duplicate, dose and age.

    A block refuses it; a warning asks for a reason, which is kept with the line.
    """
    encounter = await _visit(context, input.visit)
    medicine = await read_medicine(context, input.medicine)
    dosage = resources.Dosage(input.dose, FREQUENCIES[input.frequency], input.days, input.route)
    alerts = demand_reason(await _check(context, encounter, medicine, dosage), input.reason)
    line = resources.line(
        encounter,
        medicine,
        dosage,
        author=str(context.actor.practitioner),
        alerts=alerts,
        reason=input.reason,
        context=context,
    )
    return await context.create(context.moved("prescription", line))


async def _visit(context: Context, visit: str) -> Resource:
    encounter = await context.read(visit, lock=True)
    state = context.registry.tables["visit"].of(encounter)
    if state is None or state.code != "IN_CONSULT":
        raise Refused(_("Medicines are prescribed while the visit is in consultation"))
    attenders = {entry.get("individual", {}).get("reference") for entry in encounter.get("participant") or ()}
    if context.actor.practitioner not in attenders:
        raise Refused(_("This visit belongs to another doctor"))
    return encounter


async def read_medicine(context: Context, code: str) -> Medicine:
    """The medicine with this code.

    Raises:
        Refused: the formulary holds none.
    """
    try:
        return Medicine.from_resource(await context.read(f"Medication/{code}"))
    except NotFound:
        raise Refused(_("The formulary holds no medicine {code}").format(code=code), expression="medicine") from None


async def _check(context: Context, encounter: Resource, medicine: Medicine, dosage: resources.Dosage) -> list[Alert]:
    patient = encounter["subject"]["reference"]
    record = await context.read(patient)
    allergies = await context.search(
        "AllergyIntolerance", [("patient", patient), ("clinical-status", "active"), ("_count", "100")]
    )
    table = context.registry.tables["prescription"]
    held = await context.search(
        "MedicationRequest",
        [
            ("encounter", f"Encounter/{encounter['id']}"),
            ("_tag", ",".join(table.tag(code) for code in OPEN_STATES)),
            ("_count", "100"),
        ],
    )
    codes = {resources.drug_code(item): f"MedicationRequest/{item['id']}" for item in held.resources}
    known = await context.read_many(f"Medication/{code}" for code in codes if code)
    others = [(Medicine.from_resource(item), codes[item["id"]]) for item in known.values()]
    return [
        *rules.allergy(medicine, allergies.resources),
        *rules.duplicate(medicine, others),
        *rules.daily_dose(medicine, dosage.units * medicine.strength, dosage.frequency.per_day),
        *rules.age(medicine, build.age_in_years(record.get("birthDate"), context.today)),
    ]


class Repeat(Input):
    """A line of an earlier prescription of the same patient, to be prescribed again."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    line: str = Field(
        title=N_("Prescription line"), pattern=r"^MedicationRequest/", json_schema_extra={"widget": "hidden"}
    )
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "pharmacy.repeat",
    title=N_("Prescribe again"),
    permission="pharmacy.prescribe",
    done=N_("Medicine added"),
)
async def repeat(context: Context, input: Repeat) -> Resource:
    """Prescribes what a line of an earlier prescription says, in the open visit, with all checks as they stand now."""
    encounter = await _visit(context, input.visit)
    earlier = await context.read(input.line)
    if earlier["subject"]["reference"] != encounter["subject"]["reference"]:
        raise Refused(_("This line belongs to another patient"), expression="line")
    given = resources.as_prescribed(earlier)
    if given is None:
        name = build.concept_text(earlier.get("medicationCodeableConcept"))
        raise Refused(_("{medicine} was not prescribed from this formulary").format(medicine=name), expression="line")
    return await context.call("pharmacy.prescribe", visit=input.visit, reason=input.reason, **given)


class Line(Input):
    """One line of a prescription."""

    line: str = Field(
        title=N_("Prescription line"), pattern=r"^MedicationRequest/", json_schema_extra={"widget": "hidden"}
    )


@command("pharmacy.withdraw", title=N_("Remove"), permission="pharmacy.prescribe", done=N_("Medicine removed"))
async def withdraw(context: Context, input: Line) -> Resource:
    """Takes a medicine off the draft, or off a prescription that the pharmacist returned."""
    line = await context.read(input.line, lock=True)
    await _visit(context, line["encounter"]["reference"])
    state = context.registry.tables["prescription"].of(line)
    if state is not None and state.code == "DRAFT":
        await context.delete(line)
        return line
    return await context.move("prescription", line)


class IssueDrafts(Input):
    """The visit whose drafts become a prescription."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")


@command(
    "pharmacy.issue",
    title=N_("Issue prescription"),
    permission="pharmacy.prescribe",
    done=N_("Prescription issued"),
)
async def issue(context: Context, input: IssueDrafts) -> Resource:
    """Issues all drafts of a visit as one prescription under one number; without drafts it does nothing.

    What comes of it is a Bundle of the lines, or an OperationOutcome that says that there was none.
    """
    await _visit(context, input.visit)
    table = context.registry.tables["prescription"]
    drafts = await context.search(
        "MedicationRequest", [("encounter", input.visit), ("_tag", table.tag("DRAFT")), ("_count", "100")]
    )
    if not drafts.resources:
        return operation_outcome([Issue("information", "informational", _("There is no draft"))])
    day = context.today.strftime("%y%m%d")
    number = f"RX{day}{await next_number(context.connection, f'prescription-{day}'):04d}"
    group = build.identifier(resources.PRESCRIPTION_NUMBER, number)
    written = []
    for draft in drafts.resources:
        line = context.moved("prescription", draft)
        line["groupIdentifier"] = group
        line["identifier"] = [*(draft.get("identifier") or ()), group]
        line["authoredOn"] = build.instant(context.now)
        written.append(await context.update(line))
    return issued(written)
