"""Publishing places: by the roster for the weeks to come, and extra sessions by hand."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal

from pydantic import Field, model_validator

from xinglin.capabilities.scheduling import roster, settings
from xinglin.capabilities.scheduling.roster import WEEKDAYS, Session
from xinglin.capabilities.scheduling.slots import local, slot_resource, spread
from xinglin.capabilities.scheduling.waiting import waiting
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

CLINIC = {"widget": "select", "source": "scheduling.clinics"}


class PublishSlots(Input):
    """Places of one schedule on one day, one after another."""

    schedule: str = Field(title=N_("Clinic"), pattern=r"^Schedule/", json_schema_extra={**CLINIC})
    day: date = Field(title=N_("Day"))
    begin: time = Field(time(8, 0), title=N_("From"))
    end: time = Field(time(11, 30), title=N_("To"))
    minutes: int = Field(10, title=N_("Minutes each"), ge=5, le=120)


@command(
    "scheduling.publish",
    title=N_("Publish places"),
    permission="scheduling.publish",
    done=N_("Places published"),
)
async def publish(context: Context, input: PublishSlots) -> Resource:
    """Adds free places to a schedule; times at which it has places already are left as they are.

    For extra sessions, which no roster knows of; such places are for all channels.
    """
    schedule = await context.read(input.schedule, lock=True)
    if input.day < context.today:
        raise Refused(_("The day lies in the past"), expression="day")
    if _span(input.begin, input.end) < timedelta(minutes=input.minutes):
        raise Refused(_("There is no room for a place between the two times"), expression="end")
    await _places(context, schedule, input.day, input.begin, input.end, input.minutes, {})
    return schedule


def _span(begin: time, end: time) -> timedelta:
    return datetime.combine(date.min, end) - datetime.combine(date.min, begin)


async def _places(
    context: Context, schedule: Resource, day: date, begin: time, end: time, minutes: int, quotas: Mapping[str, int]
) -> int:
    """Writes the places of a session that are not there yet, and offers them to whoever waits; returns how many."""
    query = [("schedule", reference(schedule)), *context.on_day("start", day), ("_count", "1000")]
    held = (await context.search("Slot", query)).resources
    taken = [(local(slot["start"], context.zone), local(slot["end"], context.zone)) for slot in held]
    step = timedelta(minutes=minutes)
    channels = spread(int(_span(begin, end) / step), quotas)
    start = datetime.combine(day, begin, context.zone)
    written = []
    for channel in channels:
        if not any(start < other_end and other < start + step for other, other_end in taken):
            written.append(await context.create(slot_resource(schedule, start, start + step, channel)))
        start += step
    for slot in written[: len(await waiting(context, reference(schedule)))]:
        await context.call("scheduling.offer", slot=reference(slot))
    return len(written)


class RollOut(Input):
    """A clinic whose roster is to be published ahead."""

    schedule: str = Field(title=N_("Clinic"), pattern=r"^Schedule/")
    days: int | None = Field(None, title=N_("Days"), ge=1, le=60)


@command(
    "scheduling.roll_out",
    title=N_("Publish by the roster"),
    permission="scheduling.publish",
    done=N_("Places published"),
)
async def roll_out(context: Context, input: RollOut) -> Resource:
    """Publishes the places of a clinic's weekly sessions up to some days ahead, from where it ended last time.

    `days` is what the rules of booking say where it isn't given. How far it went stands in the Schedule's
    `planningHorizon`.
    """
    schedule = await context.read(input.schedule, lock=True)
    days = input.days or (await settings.read_rules(context)).publish_days
    last = context.today + timedelta(days=days - 1)
    done = horizon(schedule, context)
    sessions = roster.sessions_of(await roster.roster_of(context, schedule))
    written, day = 0, max(context.today, done + timedelta(days=1) if done else context.today)
    while day <= last:
        written += await _day(context, schedule, sessions, day)
        day += timedelta(days=1)
    if sessions and (done is None or last > done):
        period = {"start": build.instant(context.now), "end": last.isoformat()}
        await context.update({**schedule, "planningHorizon": period})
    text = _("{count} places published").format(count=written)
    return operation_outcome([Issue("information", "informational", text)])


def horizon(schedule: Resource, context: Context) -> date | None:
    """The last day up to which a clinic's roster has been published."""
    end = (schedule.get("planningHorizon") or {}).get("end")
    if not end:
        return None
    return local(end, context.zone).date() if "T" in end else date.fromisoformat(end)


async def _day(context: Context, schedule: Resource, sessions: list[Session], day: date) -> int:
    """The places of one day, exceptions apart."""
    closures = [
        *roster.closures_of(
            (await roster.rosters(context, [reference(schedule)])).get(reference(schedule)), context.zone
        ),
        *roster.closures_of(await settings.service(context), context.zone),
    ]
    written = 0
    for session in sessions:
        begin, end = (datetime.combine(day, clock, context.zone) for clock in (session.begin, session.end))
        if session.on(day) and not any(closure.covers(begin, end) for closure in closures):
            written += await _places(
                context, schedule, day, session.begin, session.end, session.minutes, session.quotas
            )
    return written


class PlanSession(Input):
    """A weekly session of a clinic, from a day on. What no quota takes is the window's; without quotas every place is
    for all channels."""

    clinic: str = Field(title=N_("Clinic"), pattern=r"^Schedule/", json_schema_extra={**CLINIC})
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field(
        title=N_("Weekday"), json_schema_extra=select(WEEKDAYS.items())
    )
    begin: time = Field(time(8, 0), title=N_("From"))
    end: time = Field(time(11, 30), title=N_("To"))
    minutes: int = Field(10, title=N_("Minutes each"), ge=5, le=120)
    room: str | None = Field(
        None,
        title=N_("Room"),
        pattern=r"^Location/",
        json_schema_extra={"widget": "select", "source": "scheduling.rooms"},
    )
    first: date | None = Field(None, title=N_("From day"))
    last: date | None = Field(None, title=N_("To day"))
    app: int = Field(0, title=N_("Online"), ge=0, le=200)
    own: int = Field(0, title=N_("Doctor's own"), ge=0, le=200)
    referral: int = Field(0, title=N_("Referral"), ge=0, le=200)

    @model_validator(mode="after")
    def _coherent(self) -> "PlanSession":
        if _span(self.begin, self.end) < timedelta(minutes=self.minutes):
            raise ValueError(_("There is no room for a place between the two times"))
        if self.first and self.last and self.last < self.first:
            raise ValueError(_("The last day lies before the first"))
        if self.app + self.own + self.referral > self.session().places:
            raise ValueError(_("The quotas ask for more than {places} places").format(places=self.session().places))
        return self

    def session(self) -> Session:
        """As the roster keeps it."""
        quotas = {"app": self.app, "own": self.own, "referral": self.referral}
        return Session(
            weekday=self.weekday,
            begin=self.begin,
            end=self.end,
            minutes=self.minutes,
            room=self.room,
            quotas={name: number for name, number in quotas.items() if number},
            first=self.first,
            last=self.last,
        )


@command(
    "scheduling.plan_session",
    title=N_("Plan session"),
    permission="scheduling.publish",
    done=N_("Session planned"),
    tone="primary",
)
async def plan_session(context: Context, input: PlanSession) -> Resource:
    """Adds a weekly session to a clinic's roster, and publishes its places as far as the roster has been published.

    Refused where it overlaps another session of the clinic; one that begins at the same time is replaced.
    """
    schedule = await context.read(input.clinic, lock=True)
    held = await roster.roster_of(context, schedule)
    session = input.session()
    others = [other for other in roster.sessions_of(held) if other.key != session.key]
    for other in others:
        if session.overlaps(other):
            raise Refused(
                _("There is a session from {begin} to {end} already").format(
                    begin=other.begin.strftime("%H:%M"), end=other.end.strftime("%H:%M")
                ),
                expression="begin",
            )
    times = [roster.element_of(each) for each in (*others, session)]
    stored = await roster.keep(context, {**held, "availableTime": times})
    if done := horizon(schedule, context):
        days = ((context.today + timedelta(days=ahead)) for ahead in range((done - context.today).days + 1))
        for day in days:
            await _day(context, schedule, [session], day)
    return stored


class EndSession(Input):
    """A weekly session that does not take place any more."""

    clinic: str = Field(title=N_("Clinic"), pattern=r"^Schedule/", json_schema_extra={"widget": "hidden"})
    session: str = Field(
        title=N_("Session"), pattern=r"^(mon|tue|wed|thu|fri|sat|sun)-\d{4}$", json_schema_extra={"widget": "hidden"}
    )


@command(
    "scheduling.end_session",
    title=N_("Take off the roster"),
    permission="scheduling.publish",
    done=N_("Session taken off the roster"),
    tone="danger",
    confirm=N_("Take this weekly session off the roster? Its free places are withdrawn; booked ones stay."),
)
async def end_session(context: Context, input: EndSession) -> Resource:
    """Takes a weekly session off a roster and withdraws its free places from now on; who has a place keeps it."""
    schedule = await context.read(input.clinic, lock=True)
    held = await roster.roster_of(context, schedule)
    sessions = {session.key: session for session in roster.sessions_of(held)}
    if input.session not in sessions:
        raise Refused(_("The roster holds no such session"), expression="session")
    ended = sessions.pop(input.session)
    times = [roster.element_of(each) for each in sessions.values()]
    without = {name: value for name, value in held.items() if name != "availableTime"}
    stored = await roster.keep(context, {**without, **({"availableTime": times} if times else {})})
    day, last = context.today, horizon(schedule, context) or context.today
    while day <= last:
        if ended.on(day):
            await _withdraw(context, input.clinic, day, ended)
        day += timedelta(days=1)
    return stored


async def _withdraw(context: Context, clinic: str, day: date, session: Session) -> None:
    """Deletes the free places of a session on a day."""
    query = [("schedule", clinic), *context.on_day("start", day), ("status", "free"), ("_count", "1000")]
    for slot in (await context.search("Slot", query)).resources:
        if session.begin <= local(slot["start"], context.zone).time() < session.end:
            locked = await context.read(reference(slot), lock=True)
            if locked["status"] == "free":
                await context.delete(locked)
