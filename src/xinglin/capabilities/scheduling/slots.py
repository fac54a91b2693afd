"""Slots and appointments as R4 resources: their times, channels and holds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.text import N_

CHANNEL = "urn:xinglin:code:channel"
HELD_UNTIL = "urn:xinglin:extension:held-until"

CHANNELS = {
    "window": N_("Window"),
    "app": N_("Online"),
    "own": N_("Doctor's own"),
    "referral": N_("Referral"),
}
"""Through which places are given out; a place without a channel is for all of them."""

OPEN = ("free", "busy-tentative")
"""Slot statuses among which there may be a place to take: a hold counts no longer than its time."""


def local(instant: str, zone: ZoneInfo) -> datetime:
    """A FHIR instant as a time in the hospital's zone."""
    return datetime.fromisoformat(instant).astimezone(zone)


def slot_resource(schedule: Resource, begin: datetime, end: datetime, channel: str | None = None) -> Resource:
    """A free Slot of `schedule`, for one channel or for all."""
    return build.without_empty(
        {
            "resourceType": "Slot",
            "schedule": build.reference(schedule),
            "specialty": schedule.get("specialty", []),
            "appointmentType": build.concept(CHANNEL, channel, CHANNELS[channel]) if channel else None,
            "status": "free",
            "start": build.instant(begin),
            "end": build.instant(end),
        }
    )


def channel_of(slot: Resource) -> str | None:
    """The channel that a Slot is kept for; None where it is for all."""
    return build.first_code(slot.get("appointmentType"), CHANNEL)


def held_until(resource: Resource) -> datetime | None:
    """The end of the hold on a Slot, or of a held Appointment."""
    for extension in resource.get("extension") or ():
        if extension.get("url") == HELD_UNTIL:
            return datetime.fromisoformat(extension["valueDateTime"])
    return None


def with_hold(resource: Resource, until: datetime | None) -> Resource:
    """The same with a hold until then, or without one."""
    others = [item for item in resource.get("extension") or () if item.get("url") != HELD_UNTIL]
    hold = [{"url": HELD_UNTIL, "valueDateTime": build.instant(until)}] if until else []
    return build.without_empty({**resource, "extension": [*others, *hold]})


def takeable(slot: Resource, now: datetime) -> bool:
    """Whether nobody has the place: it is free, or was held and the time is over, whoever has noticed it yet."""
    if slot["status"] == "free":
        return True
    until = held_until(slot)
    return slot["status"] == "busy-tentative" and until is not None and until <= now


def open_to(slot: Resource, channel: str, now: datetime, release: timedelta) -> bool:
    """Whether a channel may give out the place: it is its own, everybody's, or released since it begins so soon."""
    own = channel_of(slot)
    return own in (None, channel) or datetime.fromisoformat(slot["start"]) <= now + release


def spread(places: int, quotas: Mapping[str, int]) -> list[str | None]:
    """The channels of `places` places one after another, each channel's share all over the session.

    What no quota takes is the window's. Without quotas every place is for all channels. Quotas that ask for more than
    there is are cut from the last one on.
    """
    if not any(quotas.values()):
        return [None] * places
    left, shares = places, {}
    for channel, wanted in quotas.items():
        shares[channel] = min(wanted, left)
        left -= shares[channel]
    shares["window"] = shares.get("window", 0) + left
    given = dict.fromkeys(shares, 0)
    channels: list[str | None] = []
    for position in range(1, places + 1):
        # The channel that lags furthest behind its share so far.
        chosen = max(shares, key=lambda channel: shares[channel] * position / places - given[channel])
        given[chosen] += 1
        channels.append(chosen)
    return channels


def appointment_resource(
    patient: Resource,
    schedule: Resource,
    slot: Resource,
    moment: datetime,
    channel: str | None = None,
    room: Resource | None = None,
) -> Resource:
    """An Appointment of a patient with the actors of `schedule`, in the time of `slot`, through a channel, in a room
    where it is another than the clinic's."""
    return {
        "resourceType": "Appointment",
        **({"appointmentType": build.concept(CHANNEL, channel, CHANNELS[channel])} if channel else {}),
        "created": build.instant(moment),
        "participant": participants(patient, schedule, room),
        **placed(schedule, slot),
    }


def placed(schedule: Resource, slot: Resource) -> Resource:
    """What of an Appointment says where and when: specialty, slot, start and end."""
    return {
        "specialty": schedule.get("specialty", []),
        "slot": [build.reference(slot)],
        "start": slot["start"],
        "end": slot["end"],
    }


def participants(patient: Resource, schedule: Resource, room: Resource | None = None) -> list[Resource]:
    """Who takes part in an Appointment: the patient, the doctor, and the clinic's room or the one given."""
    kinds = ("HealthcareService/", "Location/") if room else ("HealthcareService/",)
    actors = [actor for actor in schedule["actor"] if not actor["reference"].startswith(kinds)]
    return [
        {"actor": build.reference(patient, build.person_name(patient)), "status": "accepted"},
        *({"actor": actor, "status": "accepted"} for actor in (*actors, *([room] if room else []))),
    ]


def patient_of(appointment: Resource) -> str:
    """The patient of an Appointment, as `Patient/id`; blank where there is none."""
    actors = (entry.get("actor", {}).get("reference", "") for entry in appointment.get("participant") or ())
    return next((str(actor) for actor in actors if actor.startswith("Patient/")), "")


def clinic_name(schedule: Resource) -> str:
    """The department of a Schedule, Slot or Appointment."""
    return build.concept_text((schedule.get("specialty") or [None])[0])


def doctor_of(holder: Resource) -> Resource:
    """The Reference to the doctor among the actors of a Schedule or the participants of an Appointment, or nothing."""
    actors = holder.get("actor") or [entry.get("actor", {}) for entry in holder.get("participant") or ()]
    return next((actor for actor in actors if actor.get("reference", "").startswith("Practitioner/")), {})


def doctor_name(holder: Resource) -> str:
    """The doctor's name of a Schedule or Appointment."""
    return str(doctor_of(holder).get("display", ""))
