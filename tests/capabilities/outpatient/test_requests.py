"""Referrals and requests for admission."""

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.outpatient.requests import waiting_here
from xinglin.kernel.errors import Refused

GENERAL, CARDIOLOGY = "Organization/department-general", "Organization/department-cardiology"


async def waiting(hospital: Hospital, login: str, patient: str) -> list[str]:
    async with hospital.application.reading(hospital.people[login]) as context:
        return [f"ServiceRequest/{item['id']}" for item in await waiting_here(context, patient)]


async def test_a_referral_waits_in_the_other_department_until_it_is_taken_up(hospital: Hospital) -> None:
    found = await hospital.rows("doctor", "outpatient.department_search", text="全科")
    assert [row.key for row in found] == [GENERAL]
    patient = await hospital.patient("王转诊")
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.refer", visit=visit, department=CARDIOLOGY, reason="会诊")
    made = await hospital.do(
        "doctor", "outpatient.refer", visit=visit, department=GENERAL, reason="血压平稳，请继续随访", priority="urgent"
    )
    reference = f"ServiceRequest/{made['id']}"
    assert made["identifier"][0]["value"].startswith("ZZ2611")
    assert await waiting(hospital, "doctor2", patient) == [reference]
    assert await waiting(hospital, "doctor", patient) == []
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.take_up_referral", request=reference)
    await hospital.do("doctor2", "outpatient.take_up_referral", request=reference)
    assert (await hospital.read(reference))["status"] == "completed"
    assert await waiting(hospital, "doctor2", patient) == []

    printout = hospital.application.registry.printouts["outpatient.request"]
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        data = await printout.run(context, {"request": reference})
    assert (data["to"], data["diagnoses"], data["void"]) == ("全科医学科", ["原发性高血压"], False)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    await hospital.pay(visit)
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "FINISHED", "a referral keeps no visit open"


async def test_an_admission_is_requested_once_with_a_diagnosis_and_can_be_cancelled(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("李住院"))
    values = {"visit": visit, "department": CARDIOLOGY, "reason": "调整治疗", "priority": "stat"}
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.order_admission", **values)
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I20.0")
    made = await hospital.do("doctor", "outpatient.order_admission", **values)
    reference = f"ServiceRequest/{made['id']}"
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.order_admission", **values)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.take_up_referral", request=reference)
    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.cancel_request", request=reference, reason="不需要")
    await hospital.do("doctor", "outpatient.cancel_request", request=reference, reason="患者拒绝")
    assert (await hospital.read(reference))["status"] == "revoked"
    await hospital.do("doctor", "outpatient.order_admission", **values)
