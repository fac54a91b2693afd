"""Order sets: kept from a visit, brought into another with every check."""

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.outpatient import resources
from xinglin.kernel.errors import Alerted, Refused


async def kept(hospital: Hospital, **values: object) -> str:
    visit = await hospital.consultation(await hospital.patient("王组套"))
    await hospital.write_record(visit)
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="amlodipine-5", days=28)
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="ibuprofen-300", frequency="bid", days=3)
    plan = await hospital.do("doctor", "outpatient.keep_set", visit=visit, title="高血压初诊", **values)
    return f"PlanDefinition/{plan['id']}"


async def test_a_set_brings_diagnoses_orders_and_sentences(hospital: Hospital) -> None:
    plan = await kept(hospital)
    rows = await hospital.rows("doctor", "outpatient.set_entries", plan=plan)
    assert [row.kind for row in rows] == ["diagnosis", "order", "order", "note", "note"]
    visit = await hospital.consultation(await hospital.patient("李应用"))
    await hospital.do("doctor", "outpatient.write_note", visit=visit, chief_complaint="头痛")
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10")
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.apply_set", visit=visit, plan=plan, entries=[77])
    await hospital.do("doctor", "outpatient.apply_set", visit=visit, plan=plan, entries=[0, 1, 3, 4])
    lines = await hospital.rows("doctor", "pharmacy.lines", visit=visit)
    assert [line.medicine for line in lines] == ["苯磺酸氨氯地平片"]
    assert "28 天" in lines[0].dosage
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        note = resources.note_values((await context.search("Composition", [("encounter", visit)])).resources[0])
    assert (note["chief_complaint"], note["present_illness"]) == ("头痛", "无胸痛。")
    assert len((await hospital.read(visit))["diagnosis"]) == 1


async def test_findings_of_all_orders_are_shown_and_nothing_is_half_brought_in(hospital: Hospital) -> None:
    plan = await kept(hospital)
    patient = await hospital.patient("赵过敏")
    visit = await hospital.consultation(patient)
    await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="nsaid", severity="mild")
    with pytest.raises(Alerted) as shown:
        await hospital.do("doctor", "outpatient.apply_set", visit=visit, plan=plan, entries=[0, 1, 2])
    assert [alert.code for alert in shown.value.alerts if alert.level != "information"] == ["allergy"]
    assert "diagnosis" not in await hospital.read(visit)
    await hospital.do("doctor", "outpatient.apply_set", visit=visit, plan=plan, entries=[0, 1, 2], reason="既往耐受")
    assert len(await hospital.rows("doctor", "pharmacy.lines", visit=visit)) == 2


async def test_sets_are_one_s_own_or_the_department_s_and_are_edited(hospital: Hospital) -> None:
    plan = await kept(hospital, shared=True)
    assert plan in {row.key for row in await hospital.rows("head", "outpatient.sets")}
    assert plan not in {row.key for row in await hospital.rows("doctor2", "outpatient.sets")}
    again = await kept(hospital, shared=True, note=False)
    assert again == plan, "the same title is replaced"
    assert len(await hospital.rows("doctor", "outpatient.set_entries", plan=plan)) == 3
    await hospital.do("head", "outpatient.drop_entry", plan=plan, entry=2)
    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.drop_set", plan=plan)
    await hospital.do("doctor", "outpatient.drop_set", plan=plan)
    assert plan not in {row.key for row in await hospital.rows("doctor", "outpatient.sets")}
    empty = await hospital.consultation(await hospital.patient("钱空白"))
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.keep_set", visit=empty, title="空组套")


async def test_tests_and_examinations_belong_to_a_set_too(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("孙检验"))
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10")
    test = (await hospital.rows("doctor", "laboratory.test_search", text="", limit=1))[0]
    study = (await hospital.rows("doctor", "imaging.study_search", text="", limit=1))[0]
    await hospital.do("doctor", "laboratory.order", visit=visit, test=test.key)
    await hospital.do("doctor", "imaging.order", visit=visit, study=study.key, reason="组套试验")
    plan = await hospital.do("doctor", "outpatient.keep_set", visit=visit, title="检查组套", note=False)
    rows = await hospital.rows("doctor", "outpatient.set_entries", plan=f"PlanDefinition/{plan['id']}")
    assert [row.kind for row in rows] == ["diagnosis", "order", "order"]
    other = await hospital.consultation(await hospital.patient("周检验"))
    await hospital.do(
        "doctor",
        "outpatient.apply_set",
        visit=other,
        plan=f"PlanDefinition/{plan['id']}",
        entries=[0, 1, 2],
        reason="组套试验",
    )
    for name, line in (("laboratory.lines", test.name), ("imaging.lines", study.name)):
        assert [row.headline for row in await hospital.rows("doctor", name, visit=other)] == [line]
