"""What this hospital has decided about booking: how long a place is held, who is late, when a quota is released."""

from dataclasses import asdict, dataclass, fields
from datetime import timedelta

from pydantic import Field

from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_

BOOKING = "outpatient-booking"
"""Id of the HealthcareService that keeps the rules, and in `notAvailable` the holidays of the whole hospital."""

RULE = "urn:xinglin:extension:booking-"


@dataclass(frozen=True)
class Rules:
    """The rules of booking. Units are in the names; `no_shows` within `no_show_days` block booking online for
    `blocked_days` after the last one, and 0 of them never do."""

    hold_minutes: int = 15
    offer_minutes: int = 60
    late_minutes: int = 15
    release_hours: int = 2
    no_shows: int = 3
    no_show_days: int = 90
    blocked_days: int = 30
    publish_days: int = 14

    @property
    def release(self) -> timedelta:
        """How long before its time a place is for all channels."""
        return timedelta(hours=self.release_hours)

    @property
    def late(self) -> timedelta:
        """How long after the time of an appointment its patient still counts as in time."""
        return timedelta(minutes=self.late_minutes)


async def read_rules(context: Context) -> Rules:
    """The rules in force; those that nobody has set are the usual ones."""
    return rules_of(await service(context))


async def service(context: Context, *, lock: bool = False) -> Resource:
    """The HealthcareService that keeps the rules, or what it is before anybody has set one."""
    try:
        return await context.read(f"HealthcareService/{BOOKING}", lock=lock)
    except NotFound:
        return {"resourceType": "HealthcareService", "id": BOOKING, "active": True, "name": "门诊预约"}


def rules_of(held: Resource) -> Rules:
    """The rules in their HealthcareService."""
    known = {field.name for field in fields(Rules)}
    found = {
        name: int(item["valueUnsignedInt"])
        for item in held.get("extension") or ()
        if (name := str(item["url"]).removeprefix(RULE).replace("-", "_")) in known
    }
    return Rules(**found)


async def keep(context: Context, held: Resource) -> Resource:
    """Writes the HealthcareService, whether it was there or not."""
    return await (context.update(held) if "meta" in held else context.create(held, id=BOOKING))


class SetRules(Input):
    """The rules of booking."""

    hold_minutes: int = Field(15, title=N_("A place is held for, min"), ge=1, le=120)
    offer_minutes: int = Field(60, title=N_("An offer from the waiting list holds for, min"), ge=5, le=1440)
    late_minutes: int = Field(15, title=N_("Late after, min"), ge=0, le=240)
    release_hours: int = Field(2, title=N_("Quotas are released before the time, h"), ge=0, le=72)
    no_shows: int = Field(3, title=N_("No-shows that block booking online (0: never)"), ge=0, le=20)
    no_show_days: int = Field(90, title=N_("No-shows count for, days"), ge=1, le=730)
    blocked_days: int = Field(30, title=N_("Blocked for, days"), ge=1, le=730)
    publish_days: int = Field(14, title=N_("Places are published ahead, days"), ge=1, le=60)


@command(
    "scheduling.set_rules",
    title=N_("Rules of booking"),
    permission="scheduling.rules",
    done=N_("Rules set"),
)
async def set_rules(context: Context, input: SetRules) -> Resource:
    """Sets the rules of booking, all at once; they hold from now on, also for what was published before."""
    held = await service(context, lock=True)
    rules = Rules(**input.model_dump())
    extensions = [
        {"url": RULE + name.replace("_", "-"), "valueUnsignedInt": value} for name, value in asdict(rules).items()
    ]
    return await keep(context, {**held, "extension": extensions})
