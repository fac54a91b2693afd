"""The doctor's part of a prescription: draft, one line or several, and take back."""

from decimal import Decimal

from pydantic import Field, field_validator, model_validator

from xinglin.capabilities.pharmacy import resources
from xinglin.capabilities.pharmacy.checks import open_case, read_known
from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.frequency import FREQUENCIES, INFUSIONS, ROUTES
from xinglin.capabilities.pharmacy.knowledge import Knowledge
from xinglin.capabilities.pharmacy.rules import Running
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issued, ordering_visit
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _


def one_of(value: str, accepted: dict[str, object]) -> str:
    """`value` if it is a key of `accepted`, else a ValueError that lists them."""
    if value not in accepted:
        raise ValueError(_("must be one of {expected}").format(expected=listed(accepted)))
    return value


class MedicineLine(Input):
    """One medicine: how much, how often, how long. `unit` is that of the dose: blank for the form's own (tablets,
    ampoules), else mg, g, ug, ml. Medicines of one infusion bear the same `group`, and its rate."""

    medicine: str = Field(
        title=N_("Medicine"), json_schema_extra={"widget": "search", "source": "pharmacy.formulary_search"}
    )
    dose: Decimal = Field(Decimal(1), title=N_("Units each time"), gt=0, le=100000, decimal_places=3)
    unit: str | None = Field(
        None,
        title=N_("Unit"),
        max_length=10,
        json_schema_extra=select((each, each) for each in ("mg", "g", "ug", "ml", "U", "万U")),
    )
    frequency: str = Field(
        "qd",
        title=N_("Frequency"),
        json_schema_extra=select((item.code, item.name) for item in FREQUENCIES.values()),
    )
    days: int = Field(7, title=N_("Days"), ge=1, le=90)
    route: str = Field("oral", title=N_("Route"), json_schema_extra=select(ROUTES.items()))
    group: int | None = Field(None, title=N_("Infusion group"), ge=1, le=20)
    rate: Decimal | None = Field(None, title=N_("Rate"), gt=0, le=1000, decimal_places=1)
    rate_unit: str = Field("drops", title=N_("Unit of the rate"), json_schema_extra=select(resources.RATES.items()))

    @field_validator("frequency")
    @classmethod
    def _frequency(cls, value: str) -> str:
        return one_of(value, dict(FREQUENCIES))

    @field_validator("route")
    @classmethod
    def _route(cls, value: str) -> str:
        return one_of(value, dict(ROUTES))

    @field_validator("rate_unit")
    @classmethod
    def _rate_unit(cls, value: str) -> str:
        return one_of(value, dict(resources.RATES))

    @model_validator(mode="after")
    def _infused(self) -> "MedicineLine":
        if (self.group is not None or self.rate is not None) and self.route not in INFUSIONS:
            routes = listed(ROUTES[each] for each in sorted(INFUSIONS))
            raise ValueError(
                _("Group and rate are for infusions: choose one of the routes {routes}").format(routes=routes)
            )
        return self


class Prescribe(MedicineLine):
    """One medicine for the open visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "pharmacy.prescribe",
    title=N_("Add medicine"),
    permission="pharmacy.prescribe",
    done=N_("Medicine added"),
    tone="primary",
)
async def prescribe(context: Context, input: Prescribe) -> Resource:
    """Adds a medicine to the visit's draft prescription after checking allergy, interactions, duplicates, dose, age,
    sex, pregnancy, kidneys, diagnoses, skin test, and whether this doctor may prescribe it.

    A block refuses it; a warning asks for a reason, which is kept with the line.
    """
    encounter = await open_visit(context, input.visit)
    case = await open_case(context, encounter)
    medicine, knowledge = await _known(context, input.medicine)
    dosage = await _dosage(context, encounter, medicine, input)
    alerts = demand_reason(case.check(medicine, knowledge, dosage), input.reason)
    return await write_line(context, encounter, medicine, knowledge, dosage, alerts, input.reason)


class PrescribeAll(Input):
    """Several medicines for the open visit at once, such as those of an order set or of the last visit."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    lines: list[MedicineLine] = Field(title=N_("Medicines"), min_length=1, max_length=30)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "pharmacy.prescribe_all",
    title=N_("Add medicines"),
    permission="pharmacy.prescribe",
    done=N_("Medicines added"),
    tone="primary",
)
async def prescribe_all(context: Context, input: PrescribeAll) -> Resource:
    """Adds several medicines or none of them; each is checked like a single one, and against those before it."""
    encounter = await open_visit(context, input.visit)
    case = await open_case(context, encounter)
    entered: list[tuple[Medicine, Knowledge, resources.Dosage, list[Alert]]] = []
    for line in input.lines:
        medicine, knowledge = await _known(context, line.medicine)
        dosage = await _dosage(context, encounter, medicine, line)
        entered.append((medicine, knowledge, dosage, case.check(medicine, knowledge, dosage)))
        case.running.append(Running(medicine, knowledge, f"Medication/{medicine.code}"))
    demand_reason([alert for *_line, alerts in entered for alert in alerts], input.reason)
    written = [
        await write_line(context, encounter, medicine, knowledge, dosage, tuple(alerts), input.reason)
        for medicine, knowledge, dosage, alerts in entered
    ]
    return issued(written)


async def write_line(
    context: Context,
    encounter: Resource,
    medicine: Medicine,
    knowledge: Knowledge,
    dosage: resources.Dosage,
    alerts: tuple[Alert, ...],
    reason: str | None,
) -> Resource:
    """Writes a checked line into the visit's draft, by the step that runs now."""
    line = resources.line(
        encounter,
        medicine,
        dosage,
        kind=resources.prescription_kind(medicine, knowledge),
        author=str(context.actor.practitioner),
        alerts=alerts,
        reason=reason,
        context=context,
    )
    return await context.create(context.moved("prescription", line))


async def open_visit(context: Context, visit: str) -> Resource:
    """The visit, locked. Raises `Refused` where it is another doctor's or not in consultation."""
    return await ordering_visit(context, visit, _("Medicines are prescribed while the visit is in consultation"))


async def read_medicine(context: Context, code: str) -> Medicine:
    """The medicine with this code.

    Raises:
        Refused: the formulary holds none.
    """
    return (await _known(context, code))[0]


async def _known(context: Context, code: str) -> tuple[Medicine, Knowledge]:
    found = (await read_known(context, [code])).get(code)
    if found is None:
        raise Refused(_("The formulary holds no medicine {code}").format(code=code), expression="medicine")
    return found


async def _dosage(context: Context, encounter: Resource, medicine: Medicine, line: MedicineLine) -> resources.Dosage:
    if medicine.kind == "herbal":
        raise Refused(_("{medicine} is a herb: it belongs into a formula of herbs").format(medicine=medicine.name))
    try:
        units = medicine.units_of(line.dose, line.unit)
    except ValueError:
        text = _("{medicine} is dosed in: {units}").format(medicine=medicine.name, units=listed(medicine.dose_units))
        raise Refused(text, expression="unit") from None
    dosage = resources.Dosage(
        units, FREQUENCIES[line.frequency], line.days, line.route, line.group, line.rate, line.rate_unit
    )
    if line.group is not None:
        await _ensure_same_group(context, encounter, dosage)
    return dosage


async def _ensure_same_group(context: Context, encounter: Resource, dosage: resources.Dosage) -> None:
    """Refuses what would be infused together but at other times."""
    for other in await drafts(context, reference(encounter)):
        if resources.number_of(other, resources.INFUSION_GROUP) != dosage.group:
            continue
        held = other["dosageInstruction"][0]
        same = (
            held["timing"] == dosage.frequency.timing(dosage.days)
            and build.first_code(held.get("route"), resources.ROUTE) == dosage.route
        )
        if not same:
            raise Refused(
                _("Group {group} is given so: {dosage}; frequency, days and route must be the same").format(
                    group=dosage.group, dosage=held["text"]
                ),
                expression="group",
            )


async def drafts(context: Context, visit: str) -> list[Resource]:
    """The lines of a visit that are not issued yet, in the order in which they were entered."""
    found = await context.search(
        "MedicationRequest",
        [
            ("encounter", visit),
            ("_tag", context.registry.tables["prescription"].tag("DRAFT")),
            ("_sort", "_id"),
            ("_count", "200"),
        ],
    )
    return found.resources


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
    encounter = await open_visit(context, input.visit)
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
    await open_visit(context, line["encounter"]["reference"])
    state = context.registry.tables["prescription"].of(line)
    if state is not None and state.code == "DRAFT":
        await context.delete(line)
        return line
    return await context.move("prescription", line)
