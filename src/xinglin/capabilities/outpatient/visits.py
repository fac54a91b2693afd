"""Finding a visit and what belongs to it."""

from xinglin.capabilities.outpatient import resources
from xinglin.capabilities.outpatient.resources import LOINC, attender
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.platform.i18n import gettext as _

RECORD = f"{LOINC}|34108-1"
"""The type of outpatient records; certificates are Compositions of the visit too."""


async def of_appointment(context: Context, appointment: str) -> Resource:
    """The visit that an appointment is for, locked."""
    found = await context.search("Encounter", [("appointment", appointment), ("_count", "1")])
    if not found.resources:
        raise Refused(_("There is no visit for this appointment"))
    return await context.read(f"Encounter/{found.resources[0]['id']}", lock=True)


async def find_place(context: Context, visit: str) -> Resource:
    """The visit's place in the queue. Raises `Refused` where the patient has not checked in."""
    found = await context.search("Task", [("focus", visit), ("_count", "1")])
    if not found.resources:
        raise Refused(_("The patient has not checked in"))
    return found.resources[0]


async def queue_place(context: Context, visit: str) -> Resource:
    """The visit's place in the queue, locked."""
    return await context.read(reference(await find_place(context, visit)), lock=True)


async def composition(context: Context, visit: str) -> Resource | None:
    """The outpatient record of a visit, or None while nothing is written."""
    found = await context.search("Composition", [("encounter", visit), ("type", RECORD), ("_count", "1")])
    return found.resources[0] if found.resources else None


async def diagnoses(context: Context, encounter: Resource) -> list[Resource]:
    """The diagnoses of a visit in their order; the first is the main one."""
    listed = [entry["condition"]["reference"] for entry in encounter.get("diagnosis") or ()]
    held = await context.read_many(listed)
    return [held[reference] for reference in listed if reference in held]


async def in_consultation(context: Context, visit: str) -> Resource:
    """The visit, locked, if the signed-in doctor attends it and it is in consultation.

    Raises:
        Refused: it is another doctor's, or in another state.
    """
    encounter = await context.read(visit, lock=True)
    own_visit(context, encounter)
    state = context.registry.tables["visit"].of(encounter)
    if state is None or state.code != "IN_CONSULT":
        raise Refused(
            _("The visit is in state '{state}'; this is possible only in consultation").format(
                state=_(state.title) if state else "—"
            )
        )
    return encounter


def own_visit(context: Context, encounter: Resource) -> None:
    """Refuses unless the signed-in doctor attends the visit."""
    if attender(encounter) != context.actor.practitioner:
        raise Refused(_("This visit belongs to another doctor"))


async def standing(context: Context, visit: str) -> str:
    """Where a visit stands while no doctor has it in hand: a state of its table, read from bills, orders and medicines.

    A record that nobody has signed keeps it from being finished.
    """
    prescription, charge = context.registry.tables["prescription"], context.registry.tables["charge"]
    medicines = await context.search("MedicationRequest", [("encounter", visit), ("_count", "200")])
    charges = await context.search("ChargeItem", [("context", visit), ("_count", "500")])
    states = {state.code for item in medicines.resources if (state := prescription.of(item))}
    bills = {state.code for item in charges.resources if (state := charge.of(item))}
    if "PENDING" in bills or states & {"CREATED", "CHECKED", "REVIEWED", "REJECTED"}:
        return "PENDING_FEE"
    if await under_way(context, visit):
        return "IN_EXECUTION"
    if states & {"PAID", "DISPENSING"}:
        return "PENDING_MEDICATION"
    return "FINISHED" if resources.signed(await composition(context, visit)) else "IN_EXECUTION"


async def under_way(context: Context, visit: str) -> bool:
    """Whether tests, examinations or treatments of a visit were ordered and are not done yet."""
    executed = ",".join(f"{resources.SNOMED}|{code}" for code in resources.EXECUTED)
    query = [("encounter", visit), ("status", "active"), ("category", executed), ("_count", "1")]
    return bool((await context.search("ServiceRequest", query)).resources)
