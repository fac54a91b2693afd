"""Who comes when: each patient's courses of disease, and a place in a clinic for every visit.

This goes through the patients one after the other, since two of them can't have the same place; all that is written
about them is made from it, in as many processes as there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.all import COURSES, DEPARTMENTS, HOME
from xinglin.synthetic.courses.model import Course
from xinglin.synthetic.hospital import Hospital, Worker, hospital, on_duty, patient_campus, places
from xinglin.synthetic.plan import Plan

FOLLOW = -1
"""The step of a visit that is a follow-up."""

KNOWN = 0.75
"""How many of those with a chronic disease are known with it."""

FAITHFUL = 0.85
"""How many come to a follow-up."""

WEEKDAYS = (1.3, 1.12, 1.06, 1.02, 0.95, 0.5, 0.35)
"""How busy the days from Monday to Sunday are."""

CROWD = (3, 4, 5, 6, 7, 8, 8, 8, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, *(2.5,) * 6, *(2,) * 9, *(1,) * 6)
"""How sought the places of a day are: the morning's peak, then the afternoon."""
_CROWD = tuple(accumulate(CROWD))

ALSO = (("hypertension", 40, 0.3), ("type-2-diabetes", 45, 0.13), ("dyslipidemia", 45, 0.06), ("common-cold", 18, 0.1))
"""What else adults may have, in another department: course, from which age in years, how many of them."""


@dataclass(frozen=True)
class Booked:
    """A visit to come: the course's code, the number of its visit or `FOLLOW`, days since the course began; `found`:
    the disease was found in these days and not before."""

    course: str
    step: int
    doctor: Worker
    start: datetime
    since: int
    found: bool


@dataclass(frozen=True)
class History:
    """A patient before anything is written: age in years on the first day, and the visits in their order."""

    number: int
    sex: str
    age: float
    campus: int
    courses: tuple[str, ...]
    visits: tuple[Booked, ...]


def histories(plan: Plan) -> Iterator[History]:
    """Every patient of a plan."""
    calendar = _Calendar(hospital(plan))
    for number in range(plan.patients):
        yield _history(plan, number, calendar)


def _history(plan: Plan, number: int, calendar: "_Calendar") -> History:
    chance = Chance(plan.seed, "timeline", number)
    department = chance.weighted(DEPARTMENTS, _DEPARTMENT_SUMS)
    course = chance.weighted(department.courses, _COURSE_SUMS[department.code])
    sex = course.sex or ("male" if chance.of(course.male) else "female")
    age = chance.peaked(course.age[0], course.age[1], course.age[2] + 0.99)
    campus = patient_campus(plan, chance)
    courses = [course, *_also(chance, course, age)]
    wanted = sorted(
        (day, position, step, since)
        for position, each in enumerate(courses)
        for day, step, since in _days(plan, chance, each)
    )
    new = {position for _, position, step, _ in wanted if step != FOLLOW}
    last: dict[str, Worker] = {}
    visits: list[Booked] = []
    for day, position, step, since in wanted:
        code = courses[position].code
        floor = visits[-1].start if visits else None
        # Who comes on the last days only is seen within the week, if need be some days earlier than wished.
        wish = plan.first + timedelta(days=day if visits else min(day, plan.days - 7))
        place = calendar.book(chance, HOME[code], campus, wish, last.get(code), floor)
        if place is None:
            continue
        last[code] = place[0]
        visits.append(Booked(code, step, *place, since, position in new))
    return History(number, sex, age, campus, tuple(each.code for each in courses), tuple(visits))


def _also(chance: Chance, course: Course, age: float) -> list[Course]:
    if course.pregnant or age < 18:
        return []
    held = {HOME[course.code]}
    found = []
    for code, youngest, share in ALSO:
        other = COURSES.get(code)
        if other and age >= youngest and HOME[code] not in held and chance.of(share):
            found.append(other)
            held.add(HOME[code])
    return found


def _days(plan: Plan, chance: Chance, course: Course) -> Iterator[tuple[int, int, int]]:
    """Days, counted from the plan's first, with the step of the course and how long it has lasted."""
    if course.follow and chance.of(KNOWN):
        begin = day = chance.whole(0, min(course.every[1], plan.days) - 1)
    else:
        begin = day = chance.weighted(range(plan.days), _day_sums(plan))
        for step, visit in enumerate(course.visits):
            if step:
                if not chance.of(course.returns):
                    return
                day += chance.whole(*visit.after)
            if day >= plan.days:
                return
            yield day, step, day - begin
        day += chance.whole(*course.every)
    first = begin == day
    while course.follow and day < plan.days:
        if first or chance.of(FAITHFUL):
            yield day, FOLLOW, day - begin
        first = False
        day += chance.whole(*course.every)


_SUMS: dict[tuple[date, int], tuple[float, ...]] = {}


def _day_sums(plan: Plan) -> tuple[float, ...]:
    key = plan.first, plan.days
    if key not in _SUMS:
        _SUMS[key] = tuple(
            accumulate(WEEKDAYS[(plan.first + timedelta(days=day)).weekday()] for day in range(plan.days))
        )
    return _SUMS[key]


_DEPARTMENT_SUMS = tuple(accumulate(department.weight for department in DEPARTMENTS))
_COURSE_SUMS = {d.code: tuple(accumulate(course.weight for course in d.courses)) for d in DEPARTMENTS}


class _Calendar:
    """Which places are taken."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self._taken: set[tuple[int, datetime]] = set()

    def book(
        self, chance: Chance, department: str, campus: int, day: date, wished: Worker | None, after: datetime | None
    ) -> tuple[Worker, datetime] | None:
        """A place on a day or, where there is none, on one of the six that follow; not before `after`."""
        plan = self._hospital.plan
        begin = max(day, after.date() + timedelta(days=1)) if after else day
        for shift in range(7):
            today = begin + timedelta(days=shift)
            if today > plan.until:
                return None
            team = [w for w in self._hospital.clinics[department, campus] if on_duty(plan, w.number, today)]
            if not team:
                continue
            first = team.index(wished) if wished in team else chance.whole(0, len(team) - 1)
            sought = chance.weighted(range(len(CROWD)), _CROWD)
            for doctor in (*team[first:], *team[:first]):
                if (start := self._free(doctor, today, sought)) is not None:
                    return doctor, start
        return None

    def _free(self, doctor: Worker, day: date, sought: int) -> datetime | None:
        """The nearest place from the one that is sought on."""
        starts = places(day)
        for k in range(len(starts)):
            start = starts[(sought + k) % len(starts)]
            if (doctor.number, start) not in self._taken:
                self._taken.add((doctor.number, start))
                return start
        return None
