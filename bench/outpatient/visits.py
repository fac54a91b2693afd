"""A visit from the desk to the pharmacy's window, by those who work there."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from bench.outpatient.client import BadAnswer, Json, Person, Times
from bench.outpatient.place import Place
from xinglin.synthetic.hospital import Worker

PATIENCE = 60.0
"""Seconds to wait for what the worker does."""

NOTES = (
    ("头晕 2 周", "高血压病史 5 年，近 2 周血压波动，偶有头晕，无胸痛、气促。", "gxy"),
    ("咳嗽、咳痰 3 天", "受凉后咳嗽，咳少量白痰，无发热，无胸闷。", "jxzqg"),
    ("上腹隐痛 1 月", "餐后上腹隐痛，伴反酸，无黑便，无消瘦。", "mxwy"),
    ("多饮、乏力半年", "近半年口渴、多饮，乏力，体重略降。", "2xtnb"),
)
MEDICINES = ("苯磺酸氨氯地平片", "缬沙坦胶囊", "氯雷他定片", "奥美拉唑肠溶胶囊", "盐酸氨溴索片", "蒙脱石散")


@dataclass
class Ward:
    """Everybody who is at work, and what is counted."""

    place: Place
    people: dict[tuple[str, int], list[tuple[Worker, Person]]]
    """By role and campus, since nobody sees the records of another campus."""
    chance: random.Random
    waiting: list[str]
    """Patients who have not come yet."""
    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    free: dict[str, list[str]] = field(default_factory=dict)
    """Slots of each clinic that nobody of ours has taken."""

    def one(self, role: str, campus: int) -> tuple[Worker, Person]:
        """Anybody of a role at a campus."""
        return self.chance.choice(self.people[role, campus])


async def open_ward(base: str, place: Place, times: Times, seed: int) -> Ward:
    """Signs everybody in."""
    people: dict[tuple[str, int], list[tuple[Worker, Person]]] = {}
    for role, team in place.staff.items():
        for worker in team:
            person = await Person(base, worker.id, times).sign_in()
            people.setdefault((role, worker.campus), []).append((worker, person))
    chance = random.Random(seed)
    waiting = list(place.patients)
    chance.shuffle(waiting)
    return Ward(place, people, chance, waiting)


async def close_ward(ward: Ward) -> None:
    """Ends all connections."""
    for _worker, person in (each for team in ward.people.values() for each in team):
        await person.leave()


async def visit(ward: Ward) -> None:
    """One visit of the next patient, to its end; where something is refused, it is counted and the visit left there."""
    patient, campus = ward.waiting.pop(), ward.chance.choice(sorted({campus for _role, campus in ward.people}))
    who, doctor = ward.one("doctor", campus)
    try:
        number = await arrive(ward, patient, who, doctor)
        await consult(ward, doctor, number)
        await fetch(ward, patient, number, campus)
    except BadAnswer as refusal:
        ward.refused[str(refusal)[:160]] += 1
    else:
        ward.done += 1


async def arrive(ward: Ward, patient: str, who: Worker, doctor: Person) -> str:
    """Books and checks in; returns the visit."""
    (_clerk, desk), clinic = ward.one("registrar", who.campus), f"Schedule/{who.clinic}"
    slots = ward.free.get(clinic)
    if not slots:
        rows = await desk.rows("scheduling.free_slots", clinic=clinic, limit=200)
        slots = ward.free[clinic] = [row["key"] for row in reversed(rows)]
    appointment = await desk.do("scheduling.book", patient=patient, slot=slots.pop())
    await desk.do("scheduling.check_in", appointment=f"Appointment/{appointment['id']}")
    queue = await doctor.rows("outpatient.queue", limit=500)
    row: Json = next(row for row in queue if row["patient"] == patient)
    return str(row["visit"])


async def consult(ward: Ward, doctor: Person, number: str) -> None:
    """From the call to the signature."""
    complaint, history, letters = ward.chance.choice(NOTES)
    await doctor.do("outpatient.call_in", visit=number)
    await doctor.do("outpatient.receive", visit=number)
    await doctor.do("outpatient.record_vitals", visit=number, systolic=128, diastolic=82, pulse=74)
    await doctor.do("outpatient.write_note", visit=number, chief_complaint=complaint, present_illness=history)
    found = await doctor.rows("outpatient.diagnosis_search", text=letters)
    await doctor.do("outpatient.diagnose", visit=number, code=found[0]["code"])
    for name in ward.chance.sample(MEDICINES, 2):
        medicine = (await doctor.rows("pharmacy.formulary_search", text=name))[0]
        await doctor.do("pharmacy.prescribe", visit=number, medicine=medicine["key"], days=7, reason="已核对")
    await doctor.do("outpatient.finish", visit=number)


async def fetch(ward: Ward, patient: str, number: str, campus: int) -> None:
    """Review, payment, picking, and dispensing by somebody else."""
    (_first, picker), (_second, checker) = ward.chance.sample(ward.people["pharmacist", campus], 2)
    _teller, cashier = ward.one("cashier", campus)
    reviewed = await picker.rows("pharmacy.to_review", limit=500)
    prescriptions = [row["number"] for row in reviewed if row["patient"] == patient]
    for prescription in prescriptions:
        await picker.do("pharmacy.review", prescription=prescription)
    bills = await cashier.rows("billing.open_bills", limit=500)
    bill = next(row for row in bills if row["key"] == number)
    await cashier.do(
        "billing.settle", visit=number, total=bill["total"], method=ward.chance.choice(("cash", "qr", "card"))
    )
    for prescription in prescriptions:
        await _paid(picker, prescription)
        await picker.do("pharmacy.prepare", prescription=prescription)
        await checker.do("pharmacy.dispense", prescription=prescription)


async def _paid(pharmacist: Person, prescription: str) -> None:
    """Waits until the worker has told the pharmacy of the payment."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await pharmacist.rows("pharmacy.to_dispense", limit=500)
            if any(row["number"] == prescription for row in rows):
                return
            await asyncio.sleep(0.5)
