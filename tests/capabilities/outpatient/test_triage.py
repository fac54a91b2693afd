"""Triage, and the order of a queue: who is called before whom, and what moves somebody in it."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.capabilities.outpatient import levels
from xinglin.capabilities.outpatient.levels import ORDER, Signs
from xinglin.kernel.errors import Alerted, NotPermitted, Refused

NORMAL = Signs(systolic=120, pulse=72, temperature=Decimal("36.6"), saturation=98, pain=0, consciousness="alert")


@pytest.fixture(autouse=True)
def morning(hospital: Hospital) -> Iterator[None]:
    before = hospital.clock.now
    yield
    hospital.clock.now = before


@pytest.mark.parametrize(
    ("signs", "age", "level"),
    [
        (NORMAL, 40, "IV"),
        (Signs(pulse=181), 40, "I"),
        (Signs(pulse=180), 40, "II"),
        (Signs(pulse=150), 40, "III"),
        (Signs(pulse=100), 40, "IV"),
        (Signs(pulse=39), 40, "I"),
        (Signs(systolic=69), 40, "I"),
        (Signs(systolic=79), 40, "II"),
        (Signs(systolic=201), 40, "II"),
        (Signs(systolic=181), 40, "III"),
        (Signs(saturation=79), 40, "I"),
        (Signs(saturation=89), 40, "II"),
        (Signs(saturation=94), 40, "III"),
        (Signs(temperature=Decimal("41.1")), 40, "I"),
        (Signs(consciousness="pain"), 40, "I"),
        (Signs(consciousness="verbal", systolic=120), 40, "II"),
        (Signs(pain=7), 40, "II"),
        (Signs(pain=4), 40, "III"),
        (Signs(pulse=181), 13, None),
        (Signs(pulse=181), None, None),
        (Signs(), 40, None),
    ],
)
def test_vital_signs_propose_a_level(signs: Signs, age: int | None, level: str | None) -> None:
    assert levels.proposal(signs, age) == level


@given(
    st.builds(
        Signs,
        systolic=st.none() | st.integers(40, 300),
        pulse=st.none() | st.integers(20, 300),
        saturation=st.none() | st.integers(30, 100),
        pain=st.none() | st.integers(0, 10),
    )
)
def test_one_bad_sign_is_enough(signs: Signs) -> None:
    """No other value, however good, makes a proposal lower than the worst sign alone would."""
    whole = levels.proposal(signs, 50)
    for name in ("systolic", "pulse", "saturation", "pain"):
        value = getattr(signs, name)
        if value is not None:
            alone = levels.proposal(Signs(**{name: value}), 50)
            assert alone is not None
            assert whole is not None
            assert ORDER.index(whole) <= ORDER.index(alone)


async def waiting(hospital: Hospital, *names: str) -> list[str]:
    return [await hospital.waiting_visit(await hospital.patient(name)) for name in names]


async def waits(hospital: Hospital, name: str, clinic: str = "general", login: str = "doctor2") -> str:
    """A visit that waits for another doctor."""
    appointment, patient = await checked_in(hospital, name, 0, clinic)
    await hospital.do("registrar", "scheduling.check_in", appointment=appointment)
    return next(row.visit for row in await hospital.rows(login, "outpatient.queue") if row.patient == patient)


async def order(hospital: Hospital, login: str = "doctor") -> list[str]:
    return [row.visit for row in await hospital.rows(login, "outpatient.queue") if row.state == "WAITING"]


async def test_who_is_critical_goes_ahead_of_all(hospital: Hospital) -> None:
    first, second, third = await waiting(hospital, "分诊甲", "分诊乙", "分诊丙")
    assert await order(hospital) == [first, second, third]
    await hospital.do("nurse", "outpatient.triage", visit=second, pulse=72, chief_complaint="复诊配药")
    assert await order(hospital) == [first, second, third]
    await hospital.do("nurse", "outpatient.triage", visit=third, systolic=210, diastolic=120, chief_complaint="头痛")
    assert await order(hospital) == [third, first, second]
    encounter = await hospital.read(third)
    assert encounter["priority"]["coding"][0]["code"] == "II"
    assert encounter["reasonCode"] == [{"text": "头痛"}]
    await hospital.do("nurse", "outpatient.triage", visit=second, consciousness="unresponsive")
    assert await order(hospital) == [second, third, first]
    rows = {row.visit: row for row in await hospital.rows("nurse", "outpatient.queues")}
    assert (rows[second].level, rows[third].level, rows[first].level) == ("I", "II", "")
    hospital.clock.forward(minutes=11)
    rows = {row.visit: row for row in await hospital.rows("nurse", "outpatient.queues")}
    assert (rows[third].overdue, rows[first].overdue) == (True, False)


async def test_another_level_than_proposed_asks_for_a_reason(hospital: Hospital) -> None:
    (visit,) = await waiting(hospital, "分诊丁")
    with pytest.raises(Alerted) as warned:
        await hospital.do("nurse", "outpatient.triage", visit=visit, saturation=88, level="III")
    assert "88" in str(warned.value)
    assert [alert.code for alert in warned.value.alerts] == ["triage-lower"]
    assert (await hospital.read(visit)).get("priority") is None
    await hospital.do(
        "nurse", "outpatient.triage", visit=visit, saturation=88, level="III", reason="慢阻肺患者，平时如此"
    )
    async with hospital.application.reading(hospital.people["nurse"]) as context:
        place = (await context.search("Task", [("focus", visit)])).resources[0]
    assert place["priority"] == "urgent"
    assert place["note"][-1]["text"] == "慢阻肺患者，平时如此"


async def test_children_and_the_unmeasured_need_a_level_that_somebody_chose(hospital: Hospital) -> None:
    child = await hospital.waiting_visit(await hospital.patient("小儿", birth_date="2020-05-01"))
    with pytest.raises(Refused) as refused:
        await hospital.do("nurse", "outpatient.triage", visit=child, pulse=150)
    assert refused.value.issues[0].expression == "level"
    await hospital.do("nurse", "outpatient.triage", visit=child, pulse=150, level="III")
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "outpatient.triage", visit=child, level="I")
    await hospital.do("doctor", "outpatient.call_in", visit=child)
    await hospital.do("doctor", "outpatient.receive", visit=child)
    with pytest.raises(Refused):
        await hospital.do("nurse", "outpatient.triage", visit=child, level="I")


async def test_a_transfer_keeps_the_wait_and_takes_a_number_of_the_other_queue(hospital: Hospital) -> None:
    (visit,) = await waiting(hospital, "转诊甲")
    hospital.clock.forward(minutes=20)
    with pytest.raises(Refused):
        await hospital.do("nurse", "outpatient.transfer", visit=visit, clinic="Schedule/cardiology", reason="更合适")
    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.transfer", visit=visit, clinic="Schedule/general", reason="更合适")
    await hospital.do("nurse", "outpatient.transfer", visit=visit, clinic="Schedule/general", reason="更合适")
    assert visit not in await order(hospital)
    row = next(row for row in await hospital.rows("doctor2", "outpatient.queue") if row.visit == visit)
    assert (row.waited, row.state, row.number) == (20, "WAITING", "001")
    await hospital.do("doctor2", "outpatient.call_in", visit=visit)
    await hospital.do("doctor2", "outpatient.receive", visit=visit)
    assert (await hospital.read(visit))["serviceType"]["text"] == "全科医学科"


async def checked_in(hospital: Hospital, name: str, number: int, clinic: str = "respiratory") -> tuple[str, str]:
    """Books a later place of a clinic; returns the appointment and the patient."""
    patient = await hospital.patient(name)
    rows = await hospital.rows("registrar", "scheduling.free_slots", clinic=f"Schedule/{clinic}")
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=rows[number].key)
    return f"Appointment/{booked['id']}", patient


async def test_appointments_go_by_their_time_and_the_late_go_behind(hospital: Hospital) -> None:
    early, later, late = [await checked_in(hospital, f"守时{at}", at) for at in (4, 2, 0)]
    starts = [(await hospital.read(one[0]))["start"] for one in (early, later, late)]
    assert starts == sorted(starts, reverse=True)
    hospital.clock.forward(minutes=20)
    for one in (early, later):
        await hospital.do("registrar", "scheduling.check_in", appointment=one[0])
    hospital.clock.forward(hours=2, minutes=30)
    await hospital.do("registrar", "scheduling.check_in", appointment=late[0])
    rows = [row.patient for row in await hospital.rows("doctor3", "outpatient.queue")]
    assert rows == [later[1], early[1], late[1]]


async def test_who_was_passed_over_waits_again_behind_the_others(hospital: Hospital) -> None:
    before = await order(hospital)
    first, second = await waiting(hospital, "过号甲", "过号乙")
    hospital.clock.forward(hours=14)
    await hospital.do("doctor", "outpatient.call_in", visit=first)
    await hospital.do("doctor", "outpatient.pass_over", visit=first)
    await hospital.do("nurse", "outpatient.requeue", visit=first)
    assert await order(hospital) == [*before, second, first]


async def test_who_has_results_goes_in_after_two_others(hospital: Hospital) -> None:
    back = await waits(hospital, "回诊甲", "respiratory", "doctor3")
    await hospital.do("doctor3", "outpatient.call_in", visit=back)
    await hospital.do("doctor3", "outpatient.receive", visit=back)
    await hospital.do("doctor3", "outpatient.write_note", visit=back, chief_complaint="咳嗽", present_illness="3 天")
    await hospital.do("doctor3", "outpatient.diagnose", visit=back, code="J06.9")
    await hospital.do("doctor3", "outpatient.finish", visit=back)
    others = [await waits(hospital, f"候诊{number}", "respiratory", "doctor3") for number in range(3)]
    before = await order(hospital, "doctor3")
    hospital.clock.forward(minutes=30)
    await hospital.do("registrar", "outpatient.rejoin", visit=back)
    assert await order(hospital, "doctor3") == [*before[:2], back, *before[2:]]
    assert len(before) >= len(others)
