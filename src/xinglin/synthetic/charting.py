"""Everything that is written about one patient: from who it is to what was paid.

Past visits come as they would from the system that a hospital had before: they are finished, and stand outside of the
house's workflows, so no station has anything left to do with them.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from xinglin.capabilities.outpatient import resources as outpatient
from xinglin.capabilities.patients.resources import ALLERGENS, allergy, patient
from xinglin.capabilities.scheduling.slots import appointment_resource, slot_resource
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.synthetic import insurance, people, references
from xinglin.synthetic.bodies import body, vital_signs
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.all import COURSES
from xinglin.synthetic.courses.model import Course
from xinglin.synthetic.hospital import MINUTES
from xinglin.synthetic.ordering import charge_item, prescription, reports
from xinglin.synthetic.pen import Pen
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.prescribing import orders
from xinglin.synthetic.prices import CONSULTATION
from xinglin.synthetic.timeline import FOLLOW, Booked, History
from xinglin.synthetic.wording import filled

ALLERGIC = 0.07
"""How many have an allergy on record."""

COMMON_ALLERGENS = (*("penicillin",) * 3, "cephalosporin", "sulfonamide", "nsaid", "seafood", "pollen")
REACTIONS = {"mild": "皮疹、瘙痒", "moderate": "全身荨麻疹", "severe": "过敏性休克"}
ACUTE = timedelta(days=14)
"""How long an acute disease stays active on record."""

DELAY = (-4, 3, 20)
"""Minutes from the booked time to the consultation: least, most frequent, most."""

CHILD = 14
"""Before this age, in years, weight and temperature are taken at every visit."""

HEALTHY = "既往体健。"
PATIENCE = timedelta(minutes=150)
"""How long a patient waits for results; what comes later is spoken about the next time."""


def chart(plan: Plan, history: History) -> list[Resource]:
    """The patient, then everything about the patient in the order in which it happened."""
    chance = Chance(plan.seed, "chart", history.number)
    person = people.person(chance, history.sex, history.age, plan.first)
    courses = [COURSES[code] for code in history.courses]
    age = build.age_in_years(person.born.isoformat(), plan.first) or 0
    id = plan.id("p", history.number)
    pen = Pen(plan, id, person.name, body(chance, history.sex, age, courses), chance)
    who = patient(
        name=person.name,
        gender=person.sex,
        birth_date=person.born,
        record_number=f"S{plan.seed}{history.number:08d}",
        identity_number=people.numbered(person),
        phone=person.phone,
        address=person.address,
    )
    pen.add({**who, "id": id})
    if covered := insurance.coverage(plan, chance, id, age):
        pen.add(covered)
    if history.visits and chance.of(ALLERGIC):
        _allergy(pen, history.visits[0])
    words = {course.code: _words(pen, course, courses) for course in courses}
    for number, booked in enumerate(history.visits, 1):
        _Visit(pen, booked, number, words[booked.course]).write()
    return pen.resources


def _allergy(pen: Pen, booked: Booked) -> None:
    code = pen.chance.one(COMMON_ALLERGENS)
    severity = pen.chance.one(("mild", "mild", "mild", "moderate", "severe"))
    who = f"Practitioner/{booked.doctor.id}"
    about = f"Patient/{pen.id}"
    pen.add(allergy(about, code, ALLERGENS[code], severity, REACTIONS[severity], who, booked.start))
    pen.body.allergies = (code,)


def _words(pen: Pen, course: Course, courses: list[Course]) -> dict[str, object]:
    """What texts of a course say for this patient."""
    chance = pen.chance
    longest = max(1, min(15, pen.body.age - course.age[0]))
    found: dict[str, object] = {"n": chance.whole(*course.n), "years": chance.whole(1, longest)}
    found["side"] = chance.one("左右")
    if course.pregnant:
        found["week"] = chance.whole(*course.pregnant)
    told = course.past_of_women if pen.body.sex == "female" and course.past_of_women else course.past
    past = filled(told, chance, found)
    if others := "、".join(each.name for each in courses if each.follow and each is not course):
        past = f"{past.replace(HEALTHY, '')}有{others}病史。"
    return {**found, "past": past}


class _Visit:
    """One visit being written."""

    def __init__(self, pen: Pen, booked: Booked, number: int, words: dict[str, object]) -> None:
        course = COURSES[booked.course]
        step = course.follow if booked.step == FOLLOW else course.visits[booked.step]
        assert step is not None
        self.pen, self.booked, self.number = pen, booked, number
        self.course, self.step = course, step
        self.doctor = references.practitioner(booked.doctor)
        self.begun = booked.start + timedelta(minutes=round(pen.chance.peaked(*DELAY)))
        self.signs = vital_signs(pen.chance, pen.body, step.vitals)
        self.words = {**words, **self.signs, "known": _known(booked, words)}
        self.words["peak"] = round(self.signs["temperature"] + pen.chance.between(0.1, 0.6), 1)
        if "week" in words:
            self.words["week"] = int(str(words["week"])) + booked.since // 7

    def write(self) -> None:
        """Writes the visit, from the booking to the charges."""
        pen = self.pen
        encounter = self._encounter()
        self._vital_signs(encounter)
        condition = self._condition(encounter)
        encounter["diagnosis"] = [{"condition": build.reference(condition, self.course.name), "rank": 1}]
        self._note(encounter)
        charged = [(CONSULTATION, 1, encounter)]
        ended = ordered = self.begun + timedelta(minutes=9)
        for report, code, issued in reports(pen, self.step, encounter, ordered, self.words):
            charged.append((code, 1, report))
            ended = max(ended, min(issued, ordered + PATIENCE))
        moment = ended + timedelta(minutes=5)
        wanted = orders(partial(pen.getting, self.course.code), self.step.drugs, pen.body, moment.date())
        for order, line in zip(wanted, prescription(pen, wanted, encounter, self.doctor, moment), strict=True):
            charged.append((order.code, order.packs, line))
        encounter["period"]["end"] = build.instant(moment + timedelta(minutes=3))
        for code, count, what in charged:
            pen.add(charge_item(pen, encounter, code, count, what, self.booked.doctor.campus, moment))

    def _encounter(self) -> Resource:
        pen, booked = self.pen, self.booked
        clinic = references.schedule(pen.plan, booked.doctor)
        end = booked.start + timedelta(minutes=MINUTES)
        slot = pen.add({**slot_resource(clinic, booked.start, end), "status": "busy"})
        made = booked.start - timedelta(days=pen.chance.whole(0, 6), minutes=pen.chance.whole(40, 110))
        about = {"resourceType": "Patient", "id": pen.id, "name": [{"text": pen.name}]}
        appointment = pen.add({**appointment_resource(about, clinic, slot, made), "status": "fulfilled"})
        encounter = outpatient.visit(
            number=f"{pen.id}-V{self.number:03d}".upper(),
            patient=f"Patient/{pen.id}",
            patient_name=pen.name,
            practitioner=f"Practitioner/{booked.doctor.id}",
            clinic=references.NAMES[booked.doctor.department],
            appointment=f"Appointment/{appointment['id']}",
            start=self.begun - timedelta(minutes=pen.chance.whole(9, 35)),
        )
        return pen.add(
            {
                **encounter,
                "status": "finished",
                "serviceProvider": references.department(pen.plan, booked.doctor.department),
                "location": [{"location": references.campus(pen.plan, booked.doctor.campus)}],
            }
        )

    def _vital_signs(self, encounter: Resource) -> None:
        pen, signs = self.pen, self.signs
        moment = self.begun - timedelta(minutes=6)
        if pen.body.age >= 7:
            pressure = (int(signs["systolic"]), int(signs["diastolic"]))
            pen.add(outpatient.blood_pressure(encounter, None, moment, *pressure))
        measured: dict[str, Decimal | int] = {"pulse": int(signs["pulse"])}
        if "temperature" in self.step.vitals or self.number == 1 or pen.body.age < CHILD:
            measured["temperature"] = Decimal(str(signs["temperature"]))
        if "saturation" in self.step.vitals:
            measured["saturation"] = int(signs["saturation"])
        if pen.body.age < CHILD or self.number == 1:
            measured["weight"] = Decimal(str(pen.body.weight))
        if self.number == 1:
            measured["height"] = Decimal(str(pen.body.height))
        for field, value in measured.items():
            pen.add(outpatient.vital_sign(encounter, None, moment, field, value))

    def _condition(self, encounter: Resource) -> Resource:
        moment = self.begun + timedelta(minutes=7)
        who = f"Practitioner/{self.booked.doctor.id}"
        condition = outpatient.diagnosis(encounter, self.course.icd, self.course.name, True, who, moment)
        acute = self.course.follow is None and self.course.pregnant is None
        if acute and moment.date() + ACUTE <= self.pen.plan.until:
            condition["clinicalStatus"] = build.concept(outpatient.CONDITION_CLINICAL, "resolved")
        return self.pen.add(condition)

    def _note(self, encounter: Resource) -> None:
        step, chance = self.step, self.pen.chance
        values: dict[str, str | None] = {
            "chief_complaint": filled(step.complaint, chance, self.words),
            "present_illness": filled(step.history, chance, self.words),
            "past_history": self._past(),
            "examination": filled(step.examination, chance, self.words),
            "plan": filled(step.plan, chance, self.words),
        }
        moment: datetime = self.begun + timedelta(minutes=8)
        note = outpatient.note(encounter, f"Practitioner/{self.booked.doctor.id}", values, moment)
        self.pen.add({**note, "status": "final"})

    def _past(self) -> str:
        allergies = "、".join(ALLERGENS[code] for code in self.pen.body.allergies)
        known = f"{allergies}过敏史。" if allergies else "否认药物及食物过敏史。"
        return f"{self.words['past']}{known}"


def _known(booked: Booked, words: dict[str, object]) -> str:
    """How long a chronic disease is known: for years, or since it was found in these days."""
    return f"{max(1, booked.since // 30)} 个月余" if booked.found else f"{words['years']} 年"
