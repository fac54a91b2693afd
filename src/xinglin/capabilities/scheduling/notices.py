"""What patients are told about their appointments, as Communications that a gateway sends or the desk reads out."""

from collections.abc import Iterable

from pydantic import Field

from xinglin.capabilities.scheduling.slots import patient_of
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

MESSAGE = "urn:xinglin:code:message"
APPOINTMENT = "appointment"

notice = EventType("scheduling.notice", N_("Message for a patient about an appointment"), "Communication")


async def tell(context: Context, appointment: Resource, text: str) -> Resource:
    """Writes a message to the patient of an appointment, to be sent, and says so to whoever sends."""
    subject = build.reference(patient_of(appointment))
    message = await context.create(
        {
            "resourceType": "Communication",
            "status": "preparation",
            "category": [build.concept(MESSAGE, APPOINTMENT, "预约通知")],
            "priority": "urgent",
            "subject": subject,
            "recipient": [subject],
            "about": [build.reference(appointment)],
            "payload": [{"contentString": text}],
        }
    )
    context.emit("scheduling.notice", message, key=reference(appointment))
    return message


async def latest(context: Context, appointments: Iterable[Resource]) -> dict[str, Resource]:
    """The latest message about each of some appointments, by the reference of the appointment."""
    people = sorted({patient_of(appointment) for appointment in appointments} - {""})
    if not people:
        return {}
    query = [("patient", ",".join(people)), ("category", f"{MESSAGE}|{APPOINTMENT}"), ("_sort", "-_lastUpdated")]
    messages: dict[str, Resource] = {}
    for message in (await context.search("Communication", [*query, ("_count", "1000")])).resources:
        messages.setdefault(message["about"][0]["reference"], message)
    return messages


class Told(Input):
    """A message that has reached its patient."""

    message: str = Field(title=N_("Message"), pattern=r"^Communication/", json_schema_extra={"widget": "hidden"})


@command("scheduling.told", title=N_("Told by phone"), permission="scheduling.desk", done=N_("Patient told"))
async def told(context: Context, input: Told) -> Resource:
    """Notes that somebody has told the patient what a message says. Refused for what is no message of ours."""
    message = await context.read(input.message, lock=True)
    if build.first_code((message.get("category") or [None])[0], MESSAGE) != APPOINTMENT:
        raise Refused(_("This is no message about an appointment"), expression="message")
    if message["status"] == "completed":
        raise Refused(_("The patient has been told already"), expression="message")
    sender = {"sender": build.reference(context.actor.practitioner)} if context.actor.practitioner else {}
    return await context.update({**message, **sender, "status": "completed", "sent": build.instant(context.now)})
