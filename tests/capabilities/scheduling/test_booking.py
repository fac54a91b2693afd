"""Booking places: races for the last one, rules, giving up, no-shows."""

import asyncio
from datetime import timedelta

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import Refused
from xinglin.store.repository import Repository


async def test_two_clerks_book_the_last_place_at_once(hospital: Hospital) -> None:
    """Twenty times over: one wins, the other is told and sees where else there is room."""
    people = [await hospital.patient(f"甲{number}") for number in range(2)]
    tomorrow = (hospital.clock() + timedelta(days=1)).date()
    slots = await hospital.rows("registrar", "scheduling.free_slots", day=tomorrow, clinic="Schedule/general")
    for slot in slots[:20]:
        results = await asyncio.gather(
            hospital.run("registrar", "scheduling.book", patient=people[0], slot=slot.key),
            hospital.run("registrar2", "scheduling.book", patient=people[1], slot=slot.key),
            return_exceptions=True,
        )
        won = [result for result in results if not isinstance(result, BaseException)]
        told = [result for result in results if isinstance(result, Refused)]
        assert (len(won), len(told)) == (1, 1), results
        assert any(word in str(told[0]) for word in ("Nearest free", "最近"))
        booked = f"Appointment/{won[0].resource['id']}"
        await hospital.do("registrar", "scheduling.cancel", appointment=booked, reason="test")
        slot_now = await hospital.read(slot.key)
        assert slot_now["status"] == "free"


async def test_one_patient_cannot_take_two_places_of_a_clinic_at_once(hospital: Hospital) -> None:
    patient = await hospital.patient("乙")
    slots = await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/respiratory")
    results = await asyncio.gather(
        *(
            hospital.run(login, "scheduling.book", patient=patient, slot=slot.key)
            for login, slot in zip(("registrar", "registrar2"), slots, strict=False)
        ),
        return_exceptions=True,
    )
    assert sorted(isinstance(result, Refused) for result in results) == [False, True], results


async def test_places_of_the_evening_are_found_when_those_of_the_day_have_gone_by(hospital: Hospital) -> None:
    hospital.clock.forward(hours=13)
    try:
        rows = await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology")
        assert rows
        assert all(row.time > "20:20" for row in rows)
    finally:
        hospital.clock.forward(hours=-13)


async def test_a_place_in_the_past_is_refused(hospital: Hospital) -> None:
    patient = await hospital.patient("丙")
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology"))[0]
    hospital.clock.forward(hours=1)
    try:
        with pytest.raises(Refused):
            await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    finally:
        hospital.clock.forward(hours=-1)


async def test_check_in_is_for_the_day_of_the_appointment(hospital: Hospital) -> None:
    patient = await hospital.patient("丁")
    tomorrow = (hospital.clock() + timedelta(days=1)).date()
    slot = (await hospital.rows("registrar", "scheduling.free_slots", day=tomorrow, clinic="Schedule/cardiology"))[0]
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    with pytest.raises(Refused, match=tomorrow.isoformat()):
        await hospital.do("registrar", "scheduling.check_in", appointment=f"Appointment/{booked['id']}")


async def test_who_did_not_come_is_a_no_show_when_the_day_is_closed(hospital: Hospital) -> None:
    patient = await hospital.patient("戊")
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology"))[0]
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    today = hospital.clock().date()
    system = as_system("zh_CN")
    with pytest.raises(Refused):
        await hospital.application.execute("scheduling.close_day", {"day": today}, system)
    hospital.clock.forward(days=1)
    try:
        await hospital.application.execute("scheduling.close_day", {"day": today}, system)
        assert await hospital.state("appointment", f"Appointment/{booked['id']}") == "NO_SHOW"
        rows = await hospital.rows("registrar", "scheduling.appointments", day=today, state="RESERVED")
        assert rows == []
    finally:
        hospital.clock.forward(days=-1)


async def test_publishing_twice_adds_nothing(hospital: Hospital) -> None:
    day = (hospital.clock() + timedelta(days=30)).date()
    values = {"schedule": "Schedule/general", "day": day, "begin": "08:00", "end": "09:00", "minutes": 15}
    await hospital.do("registrar", "scheduling.publish", **values)
    await hospital.do("registrar", "scheduling.publish", **{**values, "end": "09:30"})
    rows = await hospital.rows("registrar", "scheduling.free_slots", day=day)
    assert [row.time for row in rows] == ["08:00", "08:15", "08:30", "08:45", "09:00", "09:15"]


@pytest.mark.parametrize(
    ("values", "element"),
    [
        ({"begin": "09:00", "end": "08:00"}, "end"),
        ({"day": "2020-01-01"}, "day"),
        ({"minutes": 1}, "minutes"),
        ({"schedule": "Patient/1"}, "schedule"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_bad_input_names_the_element(hospital: Hospital, values: dict[str, object], element: str) -> None:
    given = {"schedule": "Schedule/general", "day": "2026-12-24", "begin": "08:00", "end": "09:00", **values}
    with pytest.raises(FhirError) as error:
        await hospital.do("registrar", "scheduling.publish", **given)
    assert element in {issue.expression for issue in error.value.issues}


async def test_nobody_is_booked_under_the_name_of_the_dead(hospital: Hospital) -> None:
    patient = await hospital.patient("己")
    async with hospital.application.database.transaction() as connection:
        repository = Repository(connection, now=hospital.clock())
        await repository.update({**await hospital.read(patient), "deceasedDateTime": "2012-07-31"})
    slot = (await hospital.rows("registrar", "scheduling.free_slots"))[0]
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
