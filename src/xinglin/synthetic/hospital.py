"""Who works in the hospital and when: campuses, clinics, their doctors and the days on which they see patients.

A tertiary general hospital has at least 1.03 health workers and 0.4 nurses for each bed (Basic Standards of Medical
Institutions, 1994); shares beyond that are those that large hospitals commonly report.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from math import ceil
from zoneinfo import ZoneInfo

from xinglin.synthetic import people
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.all import DEPARTMENTS
from xinglin.synthetic.plan import Plan

ZONE = ZoneInfo("Asia/Shanghai")
CAMPUSES = ("总院区", "东院区", "西院区", "南院区", "北院区")
MAIN_SHARE = 0.6
"""Of the patients and beds, where there are several campuses."""

VISITS_PER_PATIENT = 2.2
PATIENTS_PER_DAY = 24
"""Of one clinic, on average."""

DUTY = (0.9, 0.85, 0.85, 0.85, 0.8, 0.45, 0.3)
"""How likely a doctor has clinic from Monday to Sunday."""

MINUTES = 10
"""Of one place."""

SESSIONS = ((time(8), time(12)), (time(13, 30), time(17)))
SUPPORT = {
    "laboratory": "检验科",
    "imaging": "医学影像科",
    "pharmacy": "药剂科",
    "nursing": "护理部",
    "outpatient": "门诊部",
    "finance": "财务科",
}
"""Departments without patients of their own."""


@dataclass(frozen=True)
class Worker:
    """A member of staff. `clinic` is the Schedule of doctors who see outpatients."""

    number: int
    id: str
    name: str
    sex: str
    born: date
    role: str
    department: str
    campus: int
    clinic: str | None = None


@dataclass(frozen=True)
class Hospital:
    """The staff of a plan; `clinics` by department and campus."""

    plan: Plan
    staff: tuple[Worker, ...]
    clinics: dict[tuple[str, int], tuple[Worker, ...]]


def campus_share(plan: Plan, campus: int) -> float:
    """The share of a campus in beds and patients."""
    if plan.campuses == 1:
        return 1.0
    return MAIN_SHARE if campus == 0 else (1 - MAIN_SHARE) / (plan.campuses - 1)


@cache
def hospital(plan: Plan) -> Hospital:
    """The hospital of a plan."""
    staff: list[Worker] = []
    clinics: dict[tuple[str, int], tuple[Worker, ...]] = {}
    everyday = plan.patients * VISITS_PER_PATIENT / plan.days / sum(DUTY) * 7
    total = sum(department.weight for department in DEPARTMENTS)
    for department in DEPARTMENTS:
        for campus in range(plan.campuses):
            wanted = everyday * department.weight / total * campus_share(plan, campus) / PATIENTS_PER_DAY
            count = max(2, ceil(wanted))
            team = [_worker(plan, len(staff) + k, "doctor", department.code, campus, True) for k in range(count)]
            clinics[department.code, campus] = tuple(team)
            staff += team
    staff += _others(plan, len(staff))
    return Hospital(plan, tuple(staff), clinics)


def _others(plan: Plan, begun: int) -> list[Worker]:
    """Whoever has no clinic: doctors of wards, nurses, technicians, pharmacists, registrars, cashiers."""
    clinical = tuple(department.code for department in DEPARTMENTS)
    kinds = (
        ("doctor", 0.2, clinical),
        ("nurse", 0.53, clinical),
        ("technician", 0.15, ("laboratory", "imaging")),
        ("pharmacist", 0.06, ("pharmacy",)),
        ("registrar", 0.02, ("outpatient",)),
        ("cashier", 0.02, ("finance",)),
    )
    found: list[Worker] = []
    for role, share, departments in kinds:
        for k in range(max(len(departments), round(plan.beds * share))):
            department = departments[k % len(departments)]
            campus = Chance(plan.seed, "campus", role, k).weighted(range(plan.campuses), _sums(plan))
            found.append(_worker(plan, begun + len(found), role, department, campus, False))
    return found


def _sums(plan: Plan) -> tuple[float, ...]:
    return tuple(accumulate(campus_share(plan, campus) for campus in range(plan.campuses)))


def _worker(plan: Plan, number: int, role: str, department: str, campus: int, clinic: bool) -> Worker:
    chance = Chance(plan.seed, "staff", number)
    sex = "female" if chance.of({"nurse": 0.96, "doctor": 0.48}.get(role, 0.65)) else "male"
    age = chance.peaked(27 if role == "doctor" else 22, 37, 60)
    born = plan.first - timedelta(days=int(age * 365.2425))
    name = people.name(chance, sex, born.year)
    schedule = plan.id("clinic", number) if clinic else None
    return Worker(number, plan.id("staff", number), name, sex, born, role, department, campus, schedule)


def patient_campus(plan: Plan, chance: Chance) -> int:
    """Where a patient goes."""
    return chance.weighted(range(plan.campuses), _sums(plan))


@cache
def on_duty(plan: Plan, worker: int, day: date) -> bool:
    """Whether a doctor has clinic on a day."""
    return Chance(plan.seed, "duty", worker, day).of(DUTY[day.weekday()])


@cache
def places(day: date) -> tuple[datetime, ...]:
    """When the places of a clinic begin on a day."""
    found = []
    for begin, end in SESSIONS:
        moment = datetime.combine(day, begin, ZONE)
        while moment < datetime.combine(day, end, ZONE):
            found.append(moment)
            moment += timedelta(minutes=MINUTES)
    return tuple(found)
