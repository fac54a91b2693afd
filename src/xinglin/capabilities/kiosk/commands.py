"""What somebody can do at a kiosk: identify, check in, take a number."""

import hashlib

from pydantic import Field, model_validator

from xinglin.capabilities.kiosk import passes
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import SignInRefused, throttle

PHONE = r"^\+?[0-9][0-9 \-]{5,19}$"


class Identify(Input):
    """A card or ID number; or a phone number and the whole name that goes with it."""

    number: str | None = Field(None, title=N_("Card or ID number"), min_length=4, max_length=40)
    phone: str | None = Field(None, title=N_("Phone"), pattern=PHONE)
    name: str | None = Field(None, title=N_("Name"), min_length=1, max_length=80)

    @model_validator(mode="after")
    def _enough(self) -> "Identify":
        if not self.number and not (self.phone and self.name):
            raise ValueError(_("Enter a card or ID number, or phone and name"))
        return self


@command(
    "kiosk.identify",
    title=N_("Identify"),
    permission="kiosk.use",
    done=N_("Checked"),
    tone="primary",
)
async def identify(context: Context, input: Identify) -> Resource:
    """Gives a pass for the one patient whom this identifies, for three minutes and this device alone.

    Where it identifies nobody, or several, the answer holds no pass; it does not tell which. Failures in a row make the
    device wait longer and longer (HTTP 409 says how long), so that nobody finds patients by guessing.
    """
    attempt = _attempt(context)
    try:
        await throttle.admit(context.connection, attempt, context.now)
    except SignInRefused as refused:
        raise Refused(refused.text) from refused
    patient = await _identified(context, input)
    # A failure is no refusal: the count of failures must stay when nothing else has happened.
    if patient is None:
        await throttle.failed(context.connection, attempt, context.now)
        return {"resourceType": "Parameters"}
    await throttle.succeeded(context.connection, attempt, context.now)
    context.about(patient)
    return {"resourceType": "Parameters", "id": passes.issue(context, patient)}


def _attempt(context: Context) -> throttle.Attempt:
    subject = hashlib.sha256(f"kiosk\0{context.actor.account_id}".encode()).digest()
    return throttle.Attempt(subject, "kiosk", (subject, ""))


async def _identified(context: Context, input: Identify) -> str | None:
    if input.number:
        try:
            return reference(await context.call("patients.identify", number=input.number))
        except Refused:
            return None
    query = [("phone", str(input.phone)), ("name:exact", str(input.name)), ("_count", "2")]
    found = (await context.search("Patient", query)).resources
    return reference(found[0]) if len(found) == 1 else None


class WithPass(Input):
    """Something that whoever holds the pass does."""

    who: str = Field(title=N_("Pass"), min_length=20, max_length=2000, json_schema_extra={"widget": "hidden"})


class CheckIn(WithPass):
    """An appointment of today whose patient is there."""

    appointment: str = Field(title=N_("Appointment"), pattern=r"^Appointment/", json_schema_extra={"widget": "hidden"})


@command("kiosk.check_in", title=N_("Check in"), permission="kiosk.use", done=N_("Checked in"), tone="primary")
async def check_in(context: Context, input: CheckIn) -> Resource:
    """Checks the holder of the pass in for an own appointment of today; whoever is late goes behind those who wait."""
    patient = passes.holder(context, input.who)
    appointment = await context.read(input.appointment, lock=True)
    actors = [entry.get("actor", {}).get("reference") for entry in appointment.get("participant") or ()]
    if patient not in actors:
        raise Refused(_("This is not your appointment"), expression="appointment")
    return await context.call("scheduling.check_in", appointment=input.appointment)


class TakeNumber(WithPass):
    """A clinic in which somebody wants to be seen today."""

    clinic: str = Field(title=N_("Clinic"), pattern=r"^Schedule/", json_schema_extra={"widget": "hidden"})


@command(
    "kiosk.take_number", title=N_("Take a number"), permission="kiosk.use", done=N_("Number taken"), tone="primary"
)
async def take_number(context: Context, input: TakeNumber) -> Resource:
    """Registers the holder of the pass for the next free place that a clinic has today, and checks in."""
    patient = passes.holder(context, input.who)
    return await context.call("scheduling.walk_in", patient=patient, clinic=input.clinic)


def masked(name: str) -> str:
    """A name of which its owner is sure, and whoever looks over the shoulder is not: 张建国 → 张*国."""
    if len(name) <= 2 or name.isascii():
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def greeting(patient: Resource) -> str:
    """The masked name of a patient."""
    return masked(build.person_name(patient))
