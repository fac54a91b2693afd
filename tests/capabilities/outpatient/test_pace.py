"""How long somebody will wait, by the doctor's pace of the day."""

from tests.capabilities.outpatient.test_triage import waits
from tests.hospital import Hospital


async def test_the_wait_is_reckoned_by_the_pace_of_the_day(hospital: Hospital) -> None:
    visits = [await waits(hospital, name) for name in ("快慢一", "快慢二", "快慢三", "快慢四", "快慢五")]
    assert await expected(hospital, visits) == [0, 8, 16, 24, 32]
    for visit in visits[:3]:
        await hospital.do("doctor2", "outpatient.call_in", visit=visit)
        await hospital.do("doctor2", "outpatient.receive", visit=visit)
        hospital.clock.forward(minutes=12)
        await hospital.do(
            "doctor2", "outpatient.write_note", visit=visit, chief_complaint="咳嗽", present_illness="3 天"
        )
        await hospital.do("doctor2", "outpatient.diagnose", visit=visit, code="J06.9")
        await hospital.do("doctor2", "outpatient.finish", visit=visit)
    assert await expected(hospital, visits[3:]) == [0, 12]
    await hospital.do("doctor2", "outpatient.call_in", visit=visits[3])
    await hospital.do("doctor2", "outpatient.receive", visit=visits[3])
    hospital.clock.forward(minutes=5)
    assert await expected(hospital, visits[4:]) == [7]


async def expected(hospital: Hospital, visits: list[str]) -> list[int | None]:
    rows = {row.visit: row.expected for row in await hospital.rows("nurse", "outpatient.queues")}
    return [rows[visit] for visit in visits]
