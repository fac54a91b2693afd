"""Prescriptions as Chinese hospitals write them: several lines, herbs, infusions, kinds, rights."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.capabilities.pharmacy.herbal import read_herbs
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Alerted, Refused


async def consultation(hospital: Hospital, **values: Any) -> str:
    """A visit in consultation with a record, of a patient who is nobody else."""
    visit = await hospital.consultation(await hospital.patient(**values))
    await hospital.write_record(visit)
    return visit


async def sheets(hospital: Hospital, visit: str) -> dict[str, list[str]]:
    """What the visit's drafts become: the medicines of each prescription."""
    issued = await hospital.do("doctor", "pharmacy.issue", visit=visit)
    found: dict[str, list[str]] = {}
    for entry in issued["entry"]:
        line: Resource = entry["resource"]
        found.setdefault(line["groupIdentifier"]["value"], []).append(line["medicationCodeableConcept"]["text"])
    return found


async def test_several_medicines_are_added_at_once_or_not_at_all(hospital: Hospital) -> None:
    visit = await consultation(hospital, name="陈一")
    lines = [{"medicine": "amlodipine-5", "days": 28}, {"medicine": "omeprazole-20"}, {"medicine": "clopidogrel-75"}]
    with pytest.raises(Alerted) as alerted:
        await hospital.do("doctor", "pharmacy.prescribe_all", visit=visit, lines=lines)
    assert {alert.code for alert in alerted.value.alerts if alert.level == "warning"} == {"interaction"}
    assert await hospital.rows("doctor", "pharmacy.lines", visit=visit) == []
    await hospital.do("doctor", "pharmacy.prescribe_all", visit=visit, lines=lines, reason="短期合用")
    rows = await hospital.rows("doctor", "pharmacy.lines", visit=visit)
    assert len(rows) == 3
    assert any("短期合用" in alert for alert in rows[2].alerts)


async def test_a_prescription_holds_five_medicines_at_most_and_kinds_are_apart(hospital: Hospital) -> None:
    visit = await consultation(
        hospital, name="陈二", identity_number="310101196803120033", birth_date=None, gender=None
    )
    western = ("amlodipine-5", "metformin-500", "allopurinol-100", "loratadine-10", "smectite-3", "ambroxol-30")
    await hospital.do("doctor", "pharmacy.prescribe_all", visit=visit, lines=[{"medicine": code} for code in western])
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="estazolam-1", frequency="qn", days=7)
    await hospital.do("doctor", "pharmacy.prescribe_herbs", visit=visit, herbs="黄芪30 当归10、甘草 6g", doses=5)
    found = await sheets(hospital, visit)
    assert sorted(map(len, found.values())) == [1, 1, 3, 5]
    assert ["艾司唑仑片"] in found.values()
    assert ["黄芪", "当归", "甘草"] in found.values()
    row = next(row for row in await hospital.rows("doctor", "pharmacy.lines", visit=visit) if row.medicine == "黄芪")
    assert (row.packs, row.pack) == (150, "g")
    line = await hospital.read(row.key)
    assert line["dispenseRequest"]["validityPeriod"]["end"].startswith("2026-11-25T23:59:59")


async def test_narcotics_need_the_right_and_an_identity_number(hospital: Hospital) -> None:
    visit = await consultation(hospital, name="陈三")
    values = {"visit": visit, "medicine": "morphine-10", "frequency": "q12h", "days": 3}
    with pytest.raises(Alerted) as alerted:
        await hospital.do("doctor", "pharmacy.prescribe", **values)
    assert "controlled-identity" in {alert.code for alert in alerted.value.alerts if alert.level == "block"}
    before = {row.name: row.controlled for row in await hospital.rows("manager", "pharmacy.prescribers")}
    assert before["陈立新"] == "granted"
    await hospital.do(
        "manager", "pharmacy.grant_rights", practitioner="Practitioner/practitioner-chen", title="resident"
    )
    try:
        with pytest.raises(Alerted) as refused:
            await hospital.do("doctor", "pharmacy.prescribe", **values)
        assert "controlled-right" in {alert.code for alert in refused.value.alerts}
        with pytest.raises(Alerted) as restricted:
            await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="cefixime-100")
        assert "主治医师" in next(alert.text for alert in restricted.value.alerts if alert.code == "tier")
    finally:
        person, values = "Practitioner/practitioner-chen", {"title": "chief", "controlled": True}
        await hospital.do("manager", "pharmacy.grant_rights", practitioner=person, **values)


async def test_an_infusion_is_one_group_with_its_solvent(hospital: Hospital) -> None:
    visit = await consultation(hospital, name="陈四")
    way = {"visit": visit, "route": "infusion", "group": 1, "frequency": "qd", "days": 3}
    await hospital.do("doctor", "pharmacy.prescribe", medicine="ceftriaxone-1", dose="2", unit="g", **way)
    with pytest.raises(Refused, match=r"1"):
        await hospital.do("doctor", "pharmacy.issue", visit=visit)
    with pytest.raises(Refused, match="每日 1 次"):
        await hospital.do("doctor", "pharmacy.prescribe", **{**way, "frequency": "bid", "medicine": "nacl-100"})
    with pytest.raises(BadRequest):
        await hospital.do("doctor", "pharmacy.prescribe", **{**way, "route": "oral", "medicine": "nacl-100"})
    solvent = await hospital.do("doctor", "pharmacy.prescribe", medicine="nacl-100", rate=40, **way)
    assert "40 滴/分" in solvent["dosageInstruction"][0]["text"]
    found = await sheets(hospital, visit)
    assert [len(names) for names in found.values()] == [2]
    rows = await hospital.rows("doctor", "pharmacy.lines", visit=visit)
    assert [(row.group, row.packs) for row in rows] == [(1, 6), (1, 3)]


async def test_a_dose_in_a_unit_that_the_medicine_has_not_is_refused_with_those_it_has(hospital: Hospital) -> None:
    visit = await consultation(hospital, name="陈五")
    with pytest.raises(Refused, match="片、ug、mg、g"):
        await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="metformin-500", unit="ml")
    line = await hospital.do(
        "doctor", "pharmacy.prescribe", visit=visit, medicine="metformin-500", dose="500", unit="mg", frequency="bid"
    )
    assert line["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 1


async def test_herbs_that_are_enemies_ask_for_a_reason_and_unknown_ones_are_named(hospital: Hospital) -> None:
    visit = await consultation(hospital, name="陈六")
    with pytest.raises(Alerted) as alerted:
        await hospital.do("doctor", "pharmacy.prescribe_herbs", visit=visit, herbs="制川乌3 法半夏9")
    assert not alerted.value.blocked
    assert "十八反" in alerted.value.alerts[0].text
    with pytest.raises(Refused, match="龙须草"):
        await hospital.do("doctor", "pharmacy.prescribe_herbs", visit=visit, herbs="黄芪30 龙须草10")
    with pytest.raises(Refused, match="半夏"):
        await hospital.do("doctor", "pharmacy.prescribe_herbs", visit=visit, herbs="半夏9")
    written = await hospital.do(
        "doctor", "pharmacy.prescribe_herbs", visit=visit, herbs="黄芪30 bh6", doses=3, decoction="factory"
    )
    texts = [entry["resource"]["dosageInstruction"][0]["text"] for entry in written["entry"]]
    assert texts == ["每剂 30 g，共 3 剂，代煎", "每剂 6 g（后下），共 3 剂，代煎"]
    with pytest.raises(Refused):
        await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="huangqi")


async def test_a_medicine_of_another_visit_that_is_not_used_up_counts(hospital: Hospital) -> None:
    patient = await hospital.patient("陈七")
    first = await hospital.consultation(patient)
    await hospital.write_record(first)
    await hospital.do("doctor", "pharmacy.prescribe", visit=first, medicine="amlodipine-5", days=28)
    await hospital.do("doctor", "outpatient.finish", visit=first)
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/general"))[0]
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    await hospital.do("registrar", "scheduling.check_in", appointment=f"Appointment/{booked['id']}")
    second = next(row.visit for row in await hospital.rows("doctor2", "outpatient.queue") if row.patient == patient)
    await hospital.do("doctor2", "outpatient.call_in", visit=second)
    await hospital.do("doctor2", "outpatient.receive", visit=second)
    with pytest.raises(Alerted) as alerted:
        await hospital.do("doctor2", "pharmacy.prescribe", visit=second, medicine="valsartan-amlodipine")
    assert "duplicate-substance" in {alert.code for alert in alerted.value.alerts}


names = st.sampled_from(["黄芪", "当归", "hq", "附子（制）", "zhichuanwu"])
grams = st.decimals("0.5", "99", places=1).map(lambda value: value.normalize())
handlings = st.sampled_from(["", "先煎", "(先煎)", "（包煎）"])
gaps = st.sampled_from([" ", "，", "\n", "、", ", ", "；"])


@given(
    st.lists(
        st.tuples(names, st.sampled_from(["", " "]), grams, st.sampled_from(["", "g", "克"]), handlings, gaps),
        min_size=1,
        max_size=8,
    )
)
def test_herbs_are_read_however_they_are_typed(herbs: list[tuple[str, str, Decimal, str, str, str]]) -> None:
    text = "".join(f"{name}{gap}{amount:f}{unit}{handling}{end}" for name, gap, amount, unit, handling, end in herbs)
    found = read_herbs(text)
    assert [(herb.name, herb.grams, herb.handling) for herb in found] == [
        (name, amount, handling.strip("()（）") or None) for name, _gap, amount, _unit, handling, _end in herbs
    ]


@pytest.mark.parametrize("text", ["黄芪", "黄芪30 当归", "30", "黄芪0", "附子9慢煎"])
def test_what_is_no_herb_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="附子9先煎"):
        read_herbs(text)


async def test_a_skin_test_opens_the_medicines_that_need_it(hospital: Hospital) -> None:
    visit = await consultation(hospital, name="陈皮试")
    values = {"visit": visit, "medicine": "amoxicillin-500", "frequency": "tid", "days": 5}
    with pytest.raises(Alerted) as alerted:
        await hospital.do("doctor", "pharmacy.prescribe", **values)
    assert alerted.value.blocked
    result = {"visit": visit, "allergen": "penicillin"}
    await hospital.do("doctor", "pharmacy.record_skin_test", result="negative", **result)
    await hospital.do("doctor", "pharmacy.prescribe", **values)
    hospital.clock.forward(minutes=30)
    await hospital.do("doctor", "pharmacy.record_skin_test", result="positive", **result)
    with pytest.raises(Alerted) as positive:
        await hospital.do(
            "doctor", "pharmacy.prescribe", visit=visit, medicine="penicillin-g-80", route="intramuscular"
        )
    assert "skin-test" in {alert.code for alert in positive.value.alerts if alert.level == "block"}
