"""Diagnoses: their order, how sure they are, what is offered first, and the problems that outlast a visit."""

import pytest

from tests.hospital import Hospital
from xinglin.kernel.errors import Refused


async def ordered(hospital: Hospital, visit: str) -> list[str]:
    encounter = await hospital.read(visit)
    assert [entry["rank"] for entry in encounter["diagnosis"]] == list(range(1, len(encounter["diagnosis"]) + 1))
    return [entry["condition"]["reference"] for entry in encounter["diagnosis"]]


async def offered(hospital: Hospital, login: str, text: str) -> list[str]:
    return [row.code for row in await hospital.rows(login, "outpatient.diagnosis_search", text=text, limit=5)]


async def test_the_main_diagnosis_is_the_first_in_the_order_that_the_doctor_gives(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("王排序"))
    for code in ("I10", "E11.9", "E78.5"):
        await hospital.do("doctor", "outpatient.diagnose", visit=visit, code=code)
    first, second, third = await ordered(hospital, visit)
    await hospital.do("doctor", "outpatient.sort_diagnoses", visit=visit, order=[third, first, second])
    assert await ordered(hospital, visit) == [third, first, second]
    for wrong in ([third, first], [third, first, first], [third, first, "Condition/x"]):
        with pytest.raises(Refused):
            await hospital.do("doctor", "outpatient.sort_diagnoses", visit=visit, order=wrong)
    await hospital.do("doctor", "outpatient.remove_diagnosis", visit=visit, condition=third)
    assert await ordered(hospital, visit) == [first, second]
    await hospital.do("doctor", "outpatient.set_certainty", visit=visit, condition=first, certainty="provisional")
    assert (await hospital.read(first))["verificationStatus"]["coding"][0]["code"] == "provisional"
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.set_certainty", visit=visit, condition=third, certainty="confirmed")


async def test_what_a_doctor_used_lately_is_offered_first_to_that_doctor(hospital: Hospital) -> None:
    assert (await offered(hospital, "doctor3", "gxy"))[0] == "I10"
    visit = await hospital.consultation(await hospital.patient("李常用"))
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I11.9")
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="E04.1")
    assert (await offered(hospital, "doctor", ""))[:2] == ["E04.1", "I11.9"]
    assert (await offered(hospital, "doctor", "gxy"))[0] == "I11.9"
    assert (await offered(hospital, "doctor3", "gxy"))[0] == "I10"


async def test_a_traditional_diagnosis_stands_beside_the_others(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("赵中医"))
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10")
    values = {"disease": "眩晕病", "syndrome": "肝阳上亢证"}
    made = await hospital.do("doctor", "outpatient.diagnose_traditional", visit=visit, **values)
    assert made["code"] == {"text": "眩晕病（肝阳上亢证）"}
    assert (await ordered(hospital, visit))[1] == f"Condition/{made['id']}"
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.diagnose_traditional", visit=visit, **values)


async def test_a_problem_outlasts_the_visit_until_it_is_resolved(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("钱慢病"))
    condition = await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="E11.9")
    reference = f"Condition/{condition['id']}"
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.keep_problem", visit=visit, condition=reference, since="2030-01-01")
    problem = await hospital.do(
        "doctor", "outpatient.keep_problem", visit=visit, condition=reference, since="2022-05-01"
    )
    assert (problem["onsetDateTime"], problem["code"]) == ("2022-05-01", condition["code"])
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.keep_problem", visit=visit, condition=reference)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.resolve_problem", problem=reference)
    done = await hospital.do("doctor", "outpatient.resolve_problem", problem=f"Condition/{problem['id']}")
    assert done["clinicalStatus"]["coding"][0]["code"] == "resolved"
