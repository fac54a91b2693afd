"""Rosters and stopped clinics: what is published, what is not, and what becomes of those who have places."""

from datetime import date
from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import Refused
from xinglin.server.worker import roll_out

SYSTEM = as_system("zh_CN")


async def times(hospital: Hospital, day: str, clinic: str = "general") -> list[str]:
    rows = await hospital.rows(
        "registrar", "scheduling.free_slots", day=day, clinic=f"Schedule/{clinic}", channel="app", limit=500
    )
    return [row.time for row in rows]


async def test_the_worker_publishes_ahead_and_nothing_twice(hospital: Hospital) -> None:
    assert await times(hospital, "2026-12-06") == []
    await roll_out(hospital.application)
    published = await times(hospital, "2026-12-06")
    assert published
    await roll_out(hospital.application)
    assert await times(hospital, "2026-12-06") == published
    assert await times(hospital, "2026-12-07") == []


async def test_a_session_is_planned_published_and_taken_off(hospital: Hospital) -> None:
    values = {"clinic": "Schedule/respiratory", "weekday": "wed", "begin": "12:30", "end": "13:00", "minutes": 15}
    await hospital.do("registrar", "scheduling.plan_session", **values)
    assert {"12:30", "12:45"} <= set(await times(hospital, "2026-11-25", "respiratory"))
    with pytest.raises(Refused, match="12:30"):
        await hospital.do("registrar", "scheduling.plan_session", **{**values, "begin": "12:45", "end": "13:15"})
    await hospital.do("registrar", "scheduling.end_session", clinic="Schedule/respiratory", session="wed-1230")
    assert not {"12:30", "12:45"} & set(await times(hospital, "2026-11-25", "respiratory"))
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.end_session", clinic="Schedule/respiratory", session="wed-1230")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"end": "07:00"}, "两个时间|between the two"),
        ({"app": 200}, "24"),
        ({"weekday": "holiday"}, "weekday"),
        ({"first": "2026-12-02", "last": "2026-12-01"}, "最后|last day"),
    ],
)
async def test_a_session_that_makes_no_sense_is_refused(hospital: Hospital, values: dict[str, Any], text: str) -> None:
    given = {"clinic": "Schedule/general", "weekday": "mon", "begin": "08:00", "end": "12:00", **values}
    with pytest.raises(FhirError, match=text):
        await hospital.do("registrar", "scheduling.plan_session", **given)


async def test_on_a_holiday_nothing_is_published(hospital: Hospital) -> None:
    await hospital.do("manager", "scheduling.close_for_holiday", first="2026-12-08", last="2026-12-09", name="院庆")
    await hospital.application.execute("scheduling.roll_out", {"schedule": "Schedule/general", "days": 18}, SYSTEM)
    assert await times(hospital, "2026-12-08") == []
    assert await times(hospital, "2026-12-10")


async def booked(hospital: Hospital, name: str, day: str) -> str:
    patient = await hospital.patient(name)
    rows = await hospital.rows("registrar", "scheduling.free_slots", day=day, clinic="Schedule/cardiology")
    stored = await hospital.do("registrar", "scheduling.book", patient=patient, slot=rows[0].key)
    return f"Appointment/{stored['id']}"


async def test_a_stopped_clinic_takes_nobody_and_tells_everybody(hospital: Hospital) -> None:
    first, second = [await booked(hospital, name, "2026-11-26") for name in ("停诊一", "停诊二")]
    rows = await hospital.rows("registrar", "scheduling.free_slots", day="2026-11-26", clinic="Schedule/cardiology")
    patient = await hospital.patient("停诊三")
    held = await hospital.do("registrar", "scheduling.hold", patient=patient, slot=rows[0].key)
    stop = {
        "clinic": "Schedule/cardiology",
        "day": "2026-11-26",
        "begin": "08:00",
        "end": "12:00",
        "reason": "医师外出会诊",
    }
    await hospital.do("registrar", "scheduling.stop", **stop)
    assert [await hospital.state("appointment", one) for one in (first, second)] == ["STOPPED", "STOPPED"]
    assert await hospital.state("appointment", f"Appointment/{held['id']}") == "EXPIRED"
    left = await times(hospital, "2026-11-26", "cardiology")
    assert left
    assert min(left) >= "13:30"
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=rows[1].key)
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.stop", **stop)

    listed = {row.key: row for row in await hospital.rows("registrar", "scheduling.to_rebook")}
    assert {first, second} <= listed.keys()
    message = await hospital.read(listed[first].message)
    assert "医师外出会诊" in message["payload"][0]["contentString"]
    assert "13:30" in message["payload"][0]["contentString"]
    await hospital.do("registrar", "scheduling.told", message=listed[first].message)
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.told", message=listed[first].message)


async def test_those_of_a_stopped_clinic_go_to_another_doctor_or_give_up(hospital: Hospital) -> None:
    first, second = [await booked(hospital, name, "2026-11-29") for name in ("停诊五", "停诊六")]
    before = {row.key for row in await hospital.rows("registrar", "scheduling.to_rebook")}
    await hospital.do("registrar", "scheduling.stop", clinic="Schedule/cardiology", day="2026-11-29", reason="临时停诊")
    # To another doctor: the visit goes along.
    other = (await hospital.rows("registrar", "scheduling.free_slots", day="2026-11-27", clinic="Schedule/general"))[0]
    moved = await hospital.do("registrar", "scheduling.rebook", appointment=first, slot=other.key)
    assert (moved["status"], moved["slot"][0]["reference"]) == ("booked", other.key)
    async with hospital.application.reading(SYSTEM) as context:
        visit = (await context.search("Encounter", [("appointment", first)])).resources[0]
    assert visit["participant"][0]["individual"]["reference"] == "Practitioner/practitioner-lin"
    assert visit["serviceType"]["text"] == "全科医学科"
    assert visit["period"]["start"] == moved["start"]
    await hospital.do("registrar", "scheduling.cancel", appointment=second, reason="患者不改约")
    assert {row.key for row in await hospital.rows("registrar", "scheduling.to_rebook")} == before
    # What was stopped is not published again.
    await hospital.application.execute("scheduling.roll_out", {"schedule": "Schedule/cardiology", "days": 14}, SYSTEM)
    assert await times(hospital, "2026-11-29", "cardiology") == []


async def test_a_stopped_appointment_nobody_dealt_with_is_no_no_show(hospital: Hospital) -> None:
    late = await booked(hospital, "停诊四", "2026-11-28")
    await hospital.do("registrar", "scheduling.stop", clinic="Schedule/cardiology", day="2026-11-28", reason="临时停诊")
    before = hospital.clock.now
    hospital.clock.forward(days=6)
    await hospital.application.execute("scheduling.close_day", {"day": date(2026, 11, 28)}, SYSTEM)
    hospital.clock.now = before
    assert await hospital.state("appointment", late) == "CANCELLED"


async def test_a_moved_appointment_leaves_its_place_to_others(hospital: Hospital) -> None:
    appointment = await booked(hospital, "改约一", "2026-11-24")
    slot = (await hospital.read(appointment))["slot"][0]["reference"]
    rows = await hospital.rows("registrar", "scheduling.free_slots", day="2026-11-24", clinic="Schedule/cardiology")
    await hospital.do("registrar", "scheduling.rebook", appointment=appointment, slot=rows[4].key)
    assert (await hospital.read(slot))["status"] == "free"
    assert (await hospital.read(rows[4].key))["status"] == "busy"


async def test_who_is_called_goes_to_the_room_of_the_session(hospital: Hospital) -> None:
    session = {"clinic": "Schedule/respiratory", "weekday": "mon", "begin": "12:00", "end": "13:00", "minutes": 20}
    await hospital.do("registrar", "scheduling.plan_session", **session, room="Location/clinic-general")
    rows = await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/respiratory", limit=200)
    slot = next(row for row in rows if row.time == "12:20")
    patient = await hospital.patient("换诊室")
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    await hospital.do("registrar", "scheduling.check_in", appointment=f"Appointment/{booked['id']}")
    (row,) = await hospital.rows("nurse", "display.board", clinic="呼吸内科")
    assert row.room == "全科医学科诊室"
