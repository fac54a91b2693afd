"""A week of clinics at a glance: every session with its places, and who has them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from xinglin.capabilities.scheduling import roster, settings
from xinglin.capabilities.scheduling.places import LONGEST
from xinglin.capabilities.scheduling.roster import Session
from xinglin.capabilities.scheduling.slots import CHANNELS, OPEN, channel_of, clinic_name, doctor_name, local, takeable
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference

PAGE = 1000


@dataclass
class Cell:
    """A session of a clinic on a day. `session` is None for an extra one, `closed` why it doesn't take place."""

    clinic: str
    day: date
    begin: time
    end: time
    session: Session | None
    closed: str = ""
    slots: list[Resource] = field(default_factory=list)
    free: int = 0

    @property
    def total(self) -> int:
        """How many places it has."""
        return len(self.slots)

    @property
    def stopped(self) -> bool:
        """Whether all its places were withdrawn."""
        return bool(self.slots) and all(slot["status"] == "busy-unavailable" for slot in self.slots)


@dataclass(frozen=True)
class Line:
    """A clinic with its sessions, day by day, and how many places are free on each."""

    clinic: str
    name: str
    doctor: str
    days: list[list[Cell]]

    @property
    def free(self) -> list[int]:
        """Free places of each day."""
        return [sum(cell.free for cell in cells) for cells in self.days]


def week_of(day: date) -> list[date]:
    """The days of a week, from Monday on."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=ahead) for ahead in range(7)]


async def week(
    context: Context, schedules: Iterable[Resource], days: list[date], *, only_open: bool = False
) -> list[Line]:
    """The sessions of some clinics on some successive days; with `only_open` only the places that may be free are read,
    which is enough to tell how many there are."""
    clinics = list(schedules)
    names = [reference(schedule) for schedule in clinics]
    slots = await _slots(context, names, days, only_open)
    plans = await roster.rosters(context, names)
    holidays = roster.closures_of(await settings.service(context), context.zone)
    lines = []
    for schedule in clinics:
        plan = plans.get(reference(schedule))
        closures = [*roster.closures_of(plan, context.zone), *holidays]
        cells = [_cells(context, reference(schedule), day, roster.sessions_of(plan), closures) for day in days]
        _fill(context, cells, days, slots.get(reference(schedule), []))
        lines.append(Line(reference(schedule), clinic_name(schedule), doctor_name(schedule), cells))
    return lines


async def _slots(
    context: Context, schedules: list[str], days: list[date], only_open: bool
) -> dict[str, list[Resource]]:
    """The places of some clinics on some days, by the clinic, the earliest first."""
    found: dict[str, list[Resource]] = {}
    if not schedules:
        return found
    begin, end = (datetime.combine(day, time(0), context.zone) for day in (days[0], days[-1] + timedelta(days=1)))
    query = [
        ("schedule", ",".join(schedules)),
        ("start", f"ge{begin.isoformat()}"),
        ("start", f"lt{end.isoformat()}"),
        ("_sort", "start"),
        ("_count", str(PAGE)),
    ]
    if only_open:
        query += [("status", ",".join(OPEN)), ("start", f"ge{(context.now - LONGEST).isoformat()}")]
    cursor: str | None = None
    while True:
        page = await context.search("Slot", [*query, *([("_cursor", cursor)] if cursor else [])])
        for slot in page.resources:
            found.setdefault(slot["schedule"]["reference"], []).append(slot)
        cursor = page.next
        if cursor is None:
            return found


def _cells(
    context: Context, clinic: str, day: date, sessions: list[Session], closures: list[roster.Closure]
) -> list[Cell]:
    cells = []
    for session in (session for session in sessions if session.on(day)):
        begin, end = (datetime.combine(day, clock, context.zone) for clock in (session.begin, session.end))
        closed = next((closure.reason for closure in closures if closure.covers(begin, end)), "")
        cells.append(Cell(clinic, day, session.begin, session.end, session, closed))
    return cells


def _fill(context: Context, cells: list[list[Cell]], days: list[date], slots: list[Resource]) -> None:
    """Puts places into the sessions in which they begin; what lies outside of all is an extra session."""
    position = {day: at for at, day in enumerate(days)}
    for slot in slots:
        start, end = local(slot["start"], context.zone), local(slot["end"], context.zone)
        today = cells[position[start.date()]]
        cell = _cell_of(today, start.time())
        if cell is None:
            cell = Cell(slot["schedule"]["reference"], start.date(), start.time(), end.time(), None)
            today.append(cell)
        cell.end = max(cell.end, end.time()) if cell.session is None else cell.end
        cell.slots.append(slot)
        cell.free += takeable(slot, context.now) and end > context.now
    for today in cells:
        today.sort(key=lambda cell: cell.begin)


def _cell_of(cells: list[Cell], start: time) -> Cell | None:
    """The session in which a place begins, or the extra one that it goes on with."""
    planned = (cell for cell in cells if cell.session and cell.begin <= start < cell.end)
    extra = (cell for cell in cells if cell.session is None and cell.begin <= start <= cell.end)
    return next(planned, None) or next(extra, None)


def shares(context: Context, cell: Cell) -> list[tuple[str, int, int]]:
    """The channels of a session: title, free places, all places; those without a channel are everybody's."""
    found: dict[str, list[int]] = {}
    for slot in cell.slots:
        counts = found.setdefault(channel_of(slot) or "", [0, 0])
        counts[0] += takeable(slot, context.now)
        counts[1] += 1
    order = ["", *CHANNELS]
    return [(name, *found[name]) for name in sorted(found, key=order.index)]  # type: ignore[misc]
