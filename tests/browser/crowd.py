"""A morning at the clinic for the pictures: patients at every stage, one of them with years of history."""

from datetime import datetime, timedelta
from typing import Any

from tests.browser.hospital import Hospital
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.operations.walk import Walk
from xinglin.server.app import create_application
from xinglin.store.repository import Repository

LOINC = "http://loinc.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
PEOPLE = (
    ("刘桂芳", "female", "1959-02-11"),
    ("陈思远", "male", "1990-08-20"),
    ("赵雅琴", "female", "1975-12-01"),
    ("黄志强", "male", "1966-04-30"),
    ("欧阳晓晴", "female", "1999-05-30"),
    ("周建华", "male", "1954-09-09"),
    ("马文静", "female", "1983-01-17"),
    ("何卫东", "male", "1971-06-24"),
)
EXPECTED = ("孔令仪", "female", "1968-10-02")
"""Has a place and has not come yet."""

RECORD = {
    "chief_complaint": "血压控制不佳 2 周，偶有头晕。",
    "present_illness": "高血压病史 5 年，长期口服缬沙坦 80 mg 每日 1 次，近 2 周家庭自测血压 148–160/90–96 mmHg，"
    "偶有头晕，无胸痛、气促。夜间睡眠可，饮食偏咸。",
    "past_history": "2 型糖尿病 4 年，口服二甲双胍。",
    "examination": "血压 156/94 mmHg，心率 78 次/分，律齐，各瓣膜区未闻及杂音，双肺呼吸音清，双下肢无水肿。",
    "plan": "调整降压方案，低盐饮食，4 周后复查肾功能、电解质。",
}
VITALS = {"systolic": 156, "diastolic": 94, "pulse": 78, "temperature": "36.6", "saturation": 98, "weight": "63.5"}
RESULTS = (
    ("2160-0", "肌酐", 112, "μmol/L", "H"),
    ("4548-4", "糖化血红蛋白", 7.6, "%", "H"),
    ("2823-3", "血钾", 4.4, "mmol/L", "N"),
    ("13457-7", "低密度脂蛋白胆固醇", 2.1, "mmol/L", "N"),
    ("9318-7", "尿微量白蛋白/肌酐", 68, "mg/g", "H"),
)
PROBLEMS = (("血脂异常", "2021-05-12"), ("慢性肾脏病 3a 期", "2025-02-20"))
VISITS = ("2026-08-30", "2026-02-11", "2025-08-04", "2025-02-20", "2022-09-15", "2021-05-12")


def fill(hospital: Hospital) -> dict[str, str]:
    """Fills the clinic of cardiology and returns the addresses of pages worth a picture, by station."""
    walk = Walk(hospital.base, lambda _text: None)
    for login in ("registrar", "doctor", "pharmacist", "cashier"):
        walk.sign_in(login)
    try:
        patients = [_arrive(walk, *person) for person in PEOPLE]
        expected = _register(walk, *EXPECTED)
        _book(walk, expected)
        hospital.run(_history(hospital, patients[0]))
        return _work(walk, patients, expected)
    finally:
        walk.close()


def _register(walk: Walk, name: str, gender: str, birth_date: str) -> str:
    values = {"name": name, "gender": gender, "birth_date": birth_date, "phone": "13900000000"}
    return f"Patient/{walk.do('registrar', 'patients.register', **values)['id']}"


def _book(walk: Walk, patient: str) -> str:
    slot = walk.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology")[1]
    return f"Appointment/{walk.do('registrar', 'scheduling.book', patient=patient, slot=slot['key'])['id']}"


def _arrive(walk: Walk, name: str, gender: str, birth_date: str) -> str:
    patient = _register(walk, name, gender, birth_date)
    walk.do("registrar", "scheduling.check_in", appointment=_book(walk, patient))
    return patient


def _work(walk: Walk, patients: list[str], expected: str) -> dict[str, str]:
    visits = {row["patient"]: row["visit"] for row in walk.rows("doctor", "outpatient.queue")}
    first, *seen = (visits[patient] for patient in patients[:4])
    walk.do("doctor", "patients.record_allergy", patient=patients[0], allergen="penicillin", severity="severe")
    walk.do("doctor", "patients.record_allergy", patient=patients[2], allergen="sulfonamide", severity="moderate")
    for visit in (first, *seen):
        _treat(walk, visit)
    for visit in seen:
        walk.do("doctor", "outpatient.finish", visit=visit)
    walk.do("doctor", "outpatient.call_in", visit=visits[patients[4]])
    to_review = {row["patient"]: row["number"] for row in walk.rows("pharmacist", "pharmacy.to_review")}
    for patient in (patients[1], patients[3]):
        walk.do("pharmacist", "pharmacy.review", prescription=to_review[patient])
    bills = {row["key"]: row["total"] for row in walk.rows("cashier", "billing.open_bills")}
    walk.do("cashier", "billing.settle", visit=seen[0], total=bills[seen[0]], method="cash", tendered="200.00")
    return {
        "registration": f"/registration?patient={expected}",
        "doctor": f"/doctor?visit={first}",
        "pharmacy": f"/pharmacy?prescription={to_review[patients[2]]}",
        "cashier": f"/cashier?visit={seen[2]}",
        "signed": f"/doctor?visit={seen[1]}",
    }


def _treat(walk: Walk, visit: str) -> None:
    walk.do("doctor", "outpatient.call_in", visit=visit)
    walk.do("doctor", "outpatient.receive", visit=visit)
    walk.do("doctor", "outpatient.record_vitals", visit=visit, **VITALS)
    walk.do("doctor", "outpatient.write_note", visit=visit, **RECORD)
    for text in ("yfxgxy", "2xtnb"):
        code = walk.rows("doctor", "outpatient.diagnosis_search", text=text)[0]["code"]
        walk.do("doctor", "outpatient.diagnose", visit=visit, code=code)
    for text, frequency in (("xst", "qd"), ("ejsg", "bid"), ("atft", "qn")):
        medicine = walk.rows("doctor", "pharmacy.formulary_search", text=text)[0]["key"]
        values: dict[str, Any] = {"medicine": medicine, "frequency": frequency, "days": 28}
        walk.do("doctor", "pharmacy.prescribe", visit=visit, **values)


async def _history(hospital: Hospital, patient: str) -> None:
    """Years of visits, problems and results, as another hospital's record would bring them."""
    application = create_application(hospital.settings, "xinglin-tests")
    await application.database.open()
    try:
        async with application.database.transaction() as connection:
            repository = Repository(connection, now=application.clock(), zone=application.zone)
            for resource in _past(patient, application.clock()):
                await repository.create(resource)
    finally:
        await application.database.close()


def _past(patient: str, now: datetime) -> list[Resource]:
    subject = build.reference(patient)
    visits: list[Resource] = [
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": build.coding(f"{TERMINOLOGY}/v3-ActCode", "AMB"),
            "serviceType": {"text": "心血管内科"},
            "subject": subject,
            "reasonCode": [{"text": "原发性高血压复诊"}],
            "period": {"start": f"{day}T09:00:00+08:00"},
        }
        for day in VISITS
    ]
    problems: list[Resource] = [
        {
            "resourceType": "Condition",
            "clinicalStatus": build.concept(f"{TERMINOLOGY}/condition-clinical", "active"),
            "code": {"text": name},
            "subject": subject,
            "onsetDateTime": day,
            "recordedDate": day,
        }
        for name, day in PROBLEMS
    ]
    results: list[Resource] = [
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [build.concept(f"{TERMINOLOGY}/observation-category", "laboratory")],
            "code": build.concept(LOINC, code, name),
            "subject": subject,
            "effectiveDateTime": build.instant(now - timedelta(days=1 + 90 * back)),
            "valueQuantity": {"value": value, "unit": unit},
            "interpretation": [build.concept(f"{TERMINOLOGY}/v3-ObservationInterpretation", flag)],
        }
        for back in range(8)
        for code, name, value, unit, flag in RESULTS
    ]
    return [*visits, *problems, *results]
