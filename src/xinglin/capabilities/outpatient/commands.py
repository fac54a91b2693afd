"""The visit and its queue: register, call in, see, finish."""

from datetime import date, datetime

from pydantic import Field

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import OfAppointment, VisitStep
from xinglin.capabilities.outpatient.rules import checked
from xinglin.capabilities.outpatient.states import NOT_SEEN
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.basket import issue_all
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused, demand_reason
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

CONSULTATION_FEE = "consultation"


class RegisterVisit(Input):
    """A visit for an appointment."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/")
    appointment: str = Field(title=N_("Appointment"), pattern=r"^Appointment/")
    practitioner: str = Field(title=N_("Doctor"), pattern=r"^Practitioner/")
    clinic: str = Field(title=N_("Clinic"))
    start: datetime = Field(title=N_("Begin"))


@command(
    "outpatient.register_visit",
    title=N_("Register visit"),
    permission="outpatient.register",
    done=N_("Visit registered"),
)
async def register_visit(context: Context, input: RegisterVisit) -> Resource:
    """Registers a visit and gives it a number: the day and a running number."""
    patient = await context.read(input.patient)
    day = input.start.astimezone(context.zone).strftime("%y%m%d")
    number = f"{day}{await next_number(context.connection, f'visit-{day}'):04d}"
    encounter = resources.visit(
        number=number,
        patient=input.patient,
        patient_name=build.person_name(patient),
        practitioner=input.practitioner,
        clinic=input.clinic,
        appointment=input.appointment,
        start=input.start,
    )
    return await context.create(context.moved("visit", encounter))


class CancelVisit(OfAppointment):
    """A visit that does not take place."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


class MoveVisit(OfAppointment):
    """A visit that takes place at another time, with another doctor or in another clinic."""

    practitioner: str = Field(title=N_("Doctor"), pattern=r"^Practitioner/")
    clinic: str = Field(title=N_("Clinic"))
    start: datetime = Field(title=N_("Begin"))


@command(
    "outpatient.move_visit",
    title=N_("Move visit"),
    permission="outpatient.register",
    done=N_("Visit moved"),
)
async def move_visit(context: Context, input: MoveVisit) -> Resource:
    """Moves a registered visit whose patient has not checked in to where its appointment has gone."""
    encounter = context.moved("visit", await visits.of_appointment(context, input.appointment))
    moved = resources.attended(encounter, input.practitioner, input.clinic)
    return await context.update({**moved, "period": {"start": build.instant(input.start)}})


@command(
    "outpatient.cancel_visit",
    title=N_("Cancel visit"),
    permission="outpatient.register",
    done=N_("Visit cancelled"),
    tone="danger",
)
async def cancel_visit(context: Context, input: CancelVisit) -> Resource:
    """Cancels a registered visit whose patient has not checked in; the desk also gives back what was paid."""
    encounter = context.moved("visit", await visits.of_appointment(context, input.appointment))
    await _void(context, encounter, input.reason)
    return await context.update({**encounter, "reasonCode": [{"text": input.reason}]})


class LeaveQueue(VisitStep):
    """A patient who does not wait any longer."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "outpatient.leave",
    title=N_("Patient left"),
    permission="outpatient.read",
    done=N_("Taken off the queue"),
    tone="danger",
)
async def leave(context: Context, input: LeaveQueue) -> Resource:
    """Takes a patient who left without being seen off the queue, and cancels the visit with what it costs; that of
    somebody who had come back with results stays as it is."""
    encounter = await context.read(input.visit, lock=True)
    place = await visits.queue_place(context, input.visit)
    back = resources.returns(place)
    moved = context.moved("queue", _settled(place), to="SERVED" if back else "LEFT")
    moved = await context.update({**moved, "lastModified": build.instant(context.now)})
    if back:
        return moved
    await _void(context, encounter, input.reason)
    return await context.update({**context.moved("visit", encounter), "reasonCode": [{"text": input.reason}]})


async def _void(context: Context, encounter: Resource, reason: str) -> None:
    """Voids what a visit costs that does not take place.

    Money is given back by the desk, which asked the patient; whoever just did not come keeps a claim to it that the
    cashier can meet.
    """
    desk = context.may("outpatient.register") and "system" not in context.actor.roles
    await context.call("billing.void", visit=reference(encounter), reason=reason, refund=desk)


class CloseQueues(Input):
    """A day that is over."""

    day: date = Field(title=N_("Day"))


@command(
    "outpatient.close_queues",
    title=N_("Close the queues"),
    permission="outpatient.close",
    done=N_("Queues closed"),
)
async def close_queues(context: Context, input: CloseQueues) -> Resource:
    """Takes everybody off the queues of a past day who was never seen."""
    if input.day >= context.today:
        raise Refused(_("Only a past day can be closed"), expression="day")
    table = context.registry.tables["queue"]
    states = ",".join(table.tag(code) for code in NOT_SEEN)
    query = [*context.on_day("authored-on", input.day), ("_tag", states), ("_count", "500")]
    left = 0
    while (found := await context.search("Task", query)).resources:
        for place in found.resources:
            await context.call("outpatient.leave", visit=place["focus"]["reference"], reason=_("Not seen"))
            left += 1
    return operation_outcome([Issue("information", "informational", _("{count} not seen").format(count=left))])


@command(
    "outpatient.receive",
    title=N_("Begin consultation"),
    permission="outpatient.treat",
    done=N_("Consultation begun"),
    tone="primary",
)
async def receive(context: Context, input: VisitStep) -> Resource:
    """Begins the consultation with a patient who has been called, or goes on with one who comes back with results."""
    encounter = await context.read(input.visit, lock=True)
    visits.own_visit(context, encounter)
    moved = context.moved("visit", encounter)
    place = context.moved("queue", await visits.queue_place(context, input.visit))
    now = build.instant(context.now)
    await context.update({**_settled(place), "lastModified": now, "executionPeriod": {"start": now}})
    await context.call("billing.mark_rendered", service=input.visit, rendered=True)
    begun = encounter["period"]["start"] if resources.returns(place) else build.instant(context.now)
    return await context.update({**moved, "period": {"start": begun}})


def _settled(place: Resource) -> Resource:
    """A place in the queue whose owner is not on the way back with results any longer."""
    return {name: value for name, value in place.items() if name != "businessStatus"}


@command(
    "outpatient.send_orders",
    title=N_("Send orders"),
    permission="outpatient.treat",
    done=N_("Orders sent; the patient can pay"),
)
async def send_orders(context: Context, input: VisitStep) -> Resource:
    """Issues and signs what is in the basket while the consultation goes on: the patient pays, is examined, and comes
    back.

    Refused where the basket holds nothing new, or no diagnosis says what the orders are for; a provisional one will do.
    """
    encounter = await visits.in_consultation(context, input.visit)
    if not encounter.get("diagnosis"):
        raise Refused(_("Before orders are sent, please add a diagnosis; a provisional one will do"))
    orders = await issue_all(context, input.visit)
    if not orders:
        raise Refused(_("There is nothing new in the basket"))
    await context.call("signing.sign", targets=[*map(reference, orders)])
    await _charge_consultation(context, input.visit)
    return encounter


class FinishVisit(VisitStep):
    """A visit whose record is signed."""

    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "outpatient.finish",
    title=N_("Sign and finish"),
    permission="outpatient.treat",
    done=N_("Signed; the visit goes on to the cashier"),
    tone="primary",
)
async def finish(context: Context, input: FinishVisit) -> Resource:
    """Issues what is still in the basket, signs it with the record and its diagnoses, charges the consultation, and
    ends it.

    Refused with a list of what is missing by how much it matters: chief complaint, history and diagnosis must be there;
    an order that came back asks for a reason.
    """
    encounter = await visits.in_consultation(context, input.visit)
    composition = await visits.composition(context, input.visit)
    demand_reason(await checked(context, encounter, resources.note_values(composition)), input.reason)
    assert composition is not None
    if input.reason:
        context.because(input.reason)
    await _close(context, composition)
    orders = await issue_all(context, input.visit)
    diagnoses = [entry["condition"]["reference"] for entry in encounter.get("diagnosis") or ()]
    await context.call("signing.sign", targets=[reference(composition), *diagnoses, *map(reference, orders)])
    await _charge_consultation(context, input.visit)
    place = context.moved("queue", await visits.queue_place(context, input.visit))
    await context.update({**_settled(place), "lastModified": build.instant(context.now)})
    target = await visits.standing(context, input.visit)
    return await context.move("visit", encounter, to=target)


async def _charge_consultation(context: Context, visit: str) -> None:
    fee = {"item": CONSULTATION_FEE, "quantity": 1, "service": visit, "once": True}
    await context.call("billing.charge", visit=visit, **fee)
    await context.call("billing.mark_rendered", service=visit, rendered=True)


async def _close(context: Context, composition: Resource) -> None:
    attester = {
        "mode": "legal",
        "time": build.instant(context.now),
        "party": build.reference(str(context.actor.practitioner), context.actor.name),
    }
    await context.update(
        {
            **composition,
            "status": "amended" if resources.signed(composition) else "final",
            "attester": [*(composition.get("attester") or ()), attester],
        }
    )


class ReopenVisit(VisitStep):
    """A signed visit that the doctor must change."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "outpatient.reopen",
    title=N_("Reopen"),
    permission="outpatient.treat",
    done=N_("Consultation reopened"),
)
async def reopen(context: Context, input: ReopenVisit) -> Resource:
    """Takes a signed visit back into consultation; the signed record stays in the history."""
    encounter = await context.read(input.visit, lock=True)
    visits.own_visit(context, encounter)
    moved = context.moved("visit", encounter)
    place = context.moved("queue", await visits.queue_place(context, input.visit))
    note = {"text": input.reason, "time": build.instant(context.now)}
    await context.update({**_settled(place), "note": [*(place.get("note") or ()), note]})
    return await context.update(moved)
