"""Beginning a visit with what an earlier one had: everything is checked again, nothing is written over."""

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.outpatient import resources
from xinglin.kernel.errors import Alerted, Refused


async def earlier(hospital: Hospital, name: str) -> tuple[str, str]:
    """A patient with a finished visit with two medicines, and that visit."""
    patient = await hospital.patient(name)
    visit = await hospital.consultation(patient)
    await hospital.do(
        "doctor",
        "outpatient.write_note",
        visit=visit,
        chief_complaint="高血压复诊",
        present_illness="服药规律。",
        examination="血压 150/90 mmHg",
    )
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10")
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="amlodipine-5", days=28)
    await hospital.do(
        "doctor", "pharmacy.prescribe", visit=visit, medicine="metformin-500", frequency="bid", days=14, dose="1"
    )
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    return patient, visit


async def lines(hospital: Hospital, source: str) -> list[str]:
    return [row.key for row in await hospital.rows("doctor", "outpatient.repeatable", source=source)]


async def test_record_diagnoses_and_medicines_are_taken_over(hospital: Hospital) -> None:
    patient, source = await earlier(hospital, "王复诊")
    hospital.clock.forward(days=1)
    visit = await hospital.consultation(patient)
    await hospital.do("doctor", "outpatient.write_note", visit=visit, chief_complaint="头痛")
    chosen = await lines(hospital, source)
    await hospital.do(
        "doctor",
        "outpatient.copy_visit",
        visit=visit,
        source=source,
        note=True,
        diagnoses=True,
        lines=chosen,
        reason="续方",
    )
    rows = await hospital.rows("doctor", "pharmacy.lines", visit=visit)
    earlier_rows = await hospital.rows("doctor", "pharmacy.lines", visit=source)
    assert [(row.medicine, row.dosage, row.packs) for row in rows] == [
        (row.medicine, row.dosage, row.packs) for row in earlier_rows
    ]
    assert {row.state for row in rows} == {"DRAFT"}
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        note = resources.note_values((await context.search("Composition", [("encounter", visit)])).resources[0])
    assert note["chief_complaint"] == "头痛", "what is written already stays"
    assert note["present_illness"] == "服药规律。"
    assert note["examination"] == "", "an examination is never copied"
    encounter = await hospital.read(visit)
    assert [entry["condition"]["display"] for entry in encounter["diagnosis"]] == ["原发性高血压"]
    with pytest.raises(Alerted) as twice:
        await hospital.do("doctor", "outpatient.copy_visit", visit=visit, source=source, lines=chosen)
    assert sum(alert.level == "block" for alert in twice.value.alerts) == 2, "findings of all lines are shown together"


async def test_checks_run_again_with_what_is_known_by_now(hospital: Hospital) -> None:
    patient = await hospital.patient("李过敏")
    source = await hospital.consultation(patient)
    await hospital.write_record(source)
    await hospital.do("doctor", "pharmacy.prescribe", visit=source, medicine="cefuroxime-250", frequency="bid")
    await hospital.do("doctor", "outpatient.finish", visit=source)
    hospital.clock.forward(days=1)
    visit = await hospital.consultation(patient)
    await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="cephalosporin", severity="severe")
    with pytest.raises(Alerted) as shown:
        await hospital.do(
            "doctor",
            "outpatient.copy_visit",
            visit=visit,
            source=source,
            note=True,
            lines=await lines(hospital, source),
            reason="照旧",
        )
    assert shown.value.blocked
    assert not await hospital.rows("doctor", "pharmacy.lines", visit=visit)
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        assert not (await context.search("Composition", [("encounter", visit)])).resources, "nothing is half taken over"


async def test_nothing_comes_from_another_patient(hospital: Hospital) -> None:
    _patient, source = await earlier(hospital, "赵别人")
    other = await hospital.consultation(await hospital.patient("钱本人"))
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.copy_visit", visit=other, source=source, note=True)
    with pytest.raises(Refused):
        await hospital.do("doctor", "pharmacy.repeat", visit=other, line=(await lines(hospital, source))[0])
