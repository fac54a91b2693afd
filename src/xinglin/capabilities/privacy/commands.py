"""Breaking the glass, and what the privacy officer says of it."""

from datetime import timedelta

from pydantic import Field

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.access.care import BROKEN
from xinglin.platform.i18n import gettext as _


class BreakGlass(Input):
    """Whose record is needed, and why. The number is compared as a whole: nobody is looked for by a part of it."""

    number: str = Field(title=N_("Record number or ID number"), min_length=4, max_length=40)
    reason: str = Field(
        title=N_("Reason"),
        min_length=10,
        max_length=500,
        json_schema_extra={**MULTILINE, "hint": N_("The privacy officer reads it and asks back.")},
    )
    hours: int = Field(4, title=N_("Hours"), ge=1, le=24)


@command(
    "privacy.break_glass",
    title=N_("Emergency access"),
    permission="privacy.emergency",
    done=N_("The record is open to you; the privacy officer will review it"),
    tone="danger",
)
async def break_glass(context: Context, input: BreakGlass) -> Resource:
    """Opens the whole record of one patient to the caller for some hours, for an emergency.

    It is on record with its reason, and stands on the privacy officer's list until it is reviewed; with the review it
    ends.
    """
    practitioner = context.actor.practitioner
    if practitioner is None:
        raise Refused(_("Only people who treat patients have emergency access; this account names nobody"))
    patient = await context.call("patients.identify", number=input.number)
    system, _bar, code = BROKEN.partition("|")
    task = {
        "resourceType": "Task",
        "intent": "order",
        "code": {"coding": [{"system": system, "code": code}]},
        "for": build.reference(reference(patient), build.person_name(patient)),
        "requester": build.reference(practitioner, context.actor.name),
        "owner": build.reference(practitioner, context.actor.name),
        "authoredOn": context.now.isoformat(timespec="seconds"),
        "executionPeriod": {
            "start": context.now.isoformat(timespec="seconds"),
            "end": (context.now + timedelta(hours=input.hours)).isoformat(timespec="seconds"),
        },
        "reasonCode": {"text": input.reason},
    }
    return await context.create(context.moved("emergency-access", task))


class Review(Input):
    """One emergency access."""

    access: str = Field(title=N_("Emergency access"), pattern=r"^Task/[A-Za-z0-9.-]{1,64}$")
    note: str = Field(title=N_("Note"), min_length=1, max_length=500, json_schema_extra=MULTILINE)


async def _reviewed(context: Context, input: Review) -> Resource:
    task = await context.read(input.access, lock=True)
    task["note"] = [
        {
            "authorString": context.actor.name,
            "time": context.now.isoformat(timespec="seconds"),
            "text": input.note,
        }
    ]
    return await context.move("emergency-access", task)


@command(
    "privacy.justify",
    title=N_("Justified"),
    permission="privacy.review",
    done=N_("Reviewed: justified"),
    tone="primary",
)
async def justify(context: Context, input: Review) -> Resource:
    """The access was justified. It ends, if it has not ended yet."""
    return await _reviewed(context, input)


@command(
    "privacy.object",
    title=N_("Not justified"),
    permission="privacy.review",
    done=N_("Reviewed: not justified"),
    tone="danger",
)
async def object_(context: Context, input: Review) -> Resource:
    """The access was not justified. It ends at once; what follows is the hospital's own procedure."""
    return await _reviewed(context, input)
