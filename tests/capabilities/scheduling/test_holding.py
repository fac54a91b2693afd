"""Holding places, the waiting list, and channels: whose place it is at any moment, with and without a worker."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.fhir.types import Resource
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform.identity import Actor
from xinglin.store.repository import Repository

SYSTEM = as_system("zh_CN")


@pytest.fixture(autouse=True)
def morning(hospital: Hospital) -> Iterator[None]:
    """Every test begins at half past seven."""
    before = hospital.clock.now
    yield
    hospital.clock.now = before


async def free(hospital: Hospital, clinic: str = "cardiology", login: str = "registrar", **values: Any) -> list[Any]:
    return await hospital.rows(login, "scheduling.free_slots", clinic=f"Schedule/{clinic}", limit=500, **values)


async def hold(hospital: Hospital, slot: str, name: str) -> Resource:
    patient = await hospital.patient(name)
    return await hospital.do("registrar", "scheduling.hold", patient=patient, slot=slot)


async def test_a_held_place_is_nobody_elses_until_its_time_is_over(hospital: Hospital) -> None:
    slot = (await free(hospital))[0].key
    held = await hold(hospital, slot, "持号一")
    assert held["status"] == "pending"
    assert slot not in {row.key for row in await free(hospital)}
    other = await hospital.patient("持号二")
    with pytest.raises(Refused, match=r"最近|Nearest"):
        await hospital.do("registrar", "scheduling.book", patient=other, slot=slot)
    hospital.clock.forward(minutes=14)
    confirmed = await hospital.do("registrar", "scheduling.confirm", appointment=f"Appointment/{held['id']}")
    assert confirmed["status"] == "booked"
    assert "extension" not in confirmed
    assert "extension" not in await hospital.read(slot)
    hospital.clock.forward(minutes=5)
    await hospital.application.execute("scheduling.expire_holds", {}, SYSTEM)
    assert await hospital.state("appointment", f"Appointment/{held['id']}") == "RESERVED"


async def test_a_hold_ends_in_time_though_no_worker_runs(hospital: Hospital) -> None:
    slot = (await free(hospital, "general"))[3].key
    held = await hold(hospital, slot, "持号三")
    hospital.clock.forward(minutes=15)
    with pytest.raises(Refused) as over:
        await hospital.do("registrar", "scheduling.confirm", appointment=f"Appointment/{held['id']}")
    assert over.value.issues[0].expression == "slot"
    assert slot in {row.key for row in await free(hospital, "general")}
    other = await hospital.patient("持号四")
    booked = await hospital.do("registrar", "scheduling.book", patient=other, slot=slot)
    assert booked["status"] == "booked"
    assert await hospital.state("appointment", f"Appointment/{held['id']}") == "EXPIRED"
    assert (await hospital.read(slot))["status"] == "busy"


async def test_the_worker_gives_lapsed_places_back(hospital: Hospital) -> None:
    slot = (await free(hospital, "respiratory"))[3].key
    held = await hold(hospital, slot, "持号五")
    hospital.clock.forward(minutes=16)
    await hospital.application.execute("scheduling.expire_holds", {}, SYSTEM)
    assert (await hospital.read(slot))["status"] == "free"
    assert await hospital.state("appointment", f"Appointment/{held['id']}") == "EXPIRED"


async def test_the_first_on_the_waiting_list_is_offered_what_comes_free(hospital: Hospital) -> None:
    clinic = await hospital.application.execute(
        "scheduling.publish",
        {"schedule": await lonely_clinic(hospital), "day": "2026-11-24", "begin": "08:00", "end": "08:10"},
        hospital.people["registrar"],
    )
    name = f"Schedule/{clinic.resource['id']}"
    slot = (await hospital.rows("registrar", "scheduling.free_slots", day="2026-11-24", clinic=name))[0].key
    first, second, third = [await hospital.patient(f"候补{number}") for number in "一二三"]
    with pytest.raises(Refused, match=r"空号|free places"):
        await hospital.do("registrar", "scheduling.join_waiting_list", patient=second, clinic=name)
    booked = await hospital.do("registrar", "scheduling.book", patient=first, slot=slot)
    waits = []
    for patient in (second, third):
        wait = await hospital.do("registrar", "scheduling.join_waiting_list", patient=patient, clinic=name)
        waits.append(f"Appointment/{wait['id']}")
        hospital.clock.forward(seconds=1)
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.join_waiting_list", patient=second, clinic=name)

    await hospital.do("registrar", "scheduling.cancel", appointment=f"Appointment/{booked['id']}", reason="有事")
    assert [await hospital.state("appointment", wait) for wait in waits] == ["HELD", "WAITLISTED"]
    rows = await hospital.rows("registrar", "scheduling.waiting_list")
    assert [row.key for row in rows if row.key in waits] == waits
    async with hospital.application.reading(SYSTEM) as context:
        told = (await context.search("Communication", [("patient", second)])).resources
    assert [message["status"] for message in told] == ["preparation"]
    assert "11-24 08:00" in told[0]["payload"][0]["contentString"]
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.book", patient=first, slot=slot)

    hospital.clock.forward(minutes=61)
    await hospital.application.execute("scheduling.expire_holds", {}, SYSTEM)
    assert [await hospital.state("appointment", wait) for wait in waits] == ["EXPIRED", "HELD"]
    taken = await hospital.do("registrar", "scheduling.confirm", appointment=waits[1])
    assert taken["slot"][0]["reference"] == slot
    async with hospital.application.reading(SYSTEM) as context:
        visit = (await context.search("Encounter", [("appointment", waits[1])])).resources
    assert [each["subject"]["reference"] for each in visit] == [third]


async def test_new_places_are_offered_and_who_has_one_waits_for_none_any_longer(hospital: Hospital) -> None:
    clinic = await lonely_clinic(hospital)
    waits = []
    for number, days in enumerate((14, 1)):
        patient = await hospital.patient(f"加号{number}")
        wait = {"patient": patient, "clinic": clinic, "days": days}
        stored = await hospital.do("registrar", "scheduling.join_waiting_list", **wait)
        waits.append((f"Appointment/{stored['id']}", patient))
        hospital.clock.forward(seconds=1)
    publish = {"schedule": clinic, "day": "2026-11-27", "begin": "09:00", "end": "09:20"}
    await hospital.do("registrar", "scheduling.publish", **publish)
    # The second waits for tomorrow at the latest, so what is left is for everybody, and for the second, too.
    assert [await hospital.state("appointment", wait) for wait, _patient in waits] == ["HELD", "WAITLISTED"]
    (slot,) = await hospital.rows("registrar", "scheduling.free_slots", day="2026-11-27", clinic=clinic)
    await hospital.do("registrar", "scheduling.book", patient=waits[1][1], slot=slot.key)
    assert await hospital.state("appointment", waits[1][0]) == "CANCELLED"


async def lonely_clinic(hospital: Hospital) -> str:
    """A clinic without a roster, in a specialty of its own."""
    async with hospital.application.database.transaction() as connection:
        repository = Repository(connection, now=hospital.clock())
        stored = await repository.create(
            {
                "resourceType": "Schedule",
                "active": True,
                "specialty": [{"coding": [{"system": "urn:test", "code": "rare"}], "text": "罕见病门诊"}],
                "actor": [{"reference": "Practitioner/practitioner-lin", "display": "林若云"}],
            }
        )
    return f"Schedule/{stored['id']}"


async def test_a_quota_is_kept_for_its_channel_until_it_is_released(hospital: Hospital) -> None:
    window = {row.key for row in await free(hospital, day="2026-11-24")}
    online = {row.key for row in await free(hospital, day="2026-11-24", channel="app")}
    kept = sorted(online - window)
    assert len(kept) == 12
    patient = await hospital.patient("渠道一")
    with pytest.raises(Refused, match=r"线上|Online"):
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=kept[0])
    with pytest.raises(NotPermitted):
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=kept[0], channel="app")
    # At half past six, what begins until half past eight is released, and no more.
    hospital.clock.forward(hours=23)
    released = {row.key for row in await free(hospital, day="2026-11-24")} & set(kept)
    assert {(await hospital.read(slot))["start"][11:16] <= "08:30" for slot in released} == {True}
    assert released
    await hospital.do("registrar", "scheduling.book", patient=patient, slot=released.pop())


async def test_a_doctor_gives_out_own_places_and_no_others(hospital: Hospital) -> None:
    patient = await hospital.patient("渠道二")
    window = {row.key for row in await free(hospital, day="2026-11-25")}
    own = [row.key for row in await free(hospital, day="2026-11-25", channel="own") if row.key not in window]
    booked = await hospital.do("doctor", "scheduling.book", patient=patient, slot=own[0], channel="own")
    assert booked["status"] == "booked"
    other = (await free(hospital, "general", day="2026-11-25", channel="own"))[0].key
    with pytest.raises(Refused):
        await hospital.do("doctor", "scheduling.book", patient=patient, slot=other, channel="own")
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "scheduling.book", patient=patient, slot=own[1])


async def test_who_missed_three_appointments_books_at_the_window_only(hospital: Hospital) -> None:
    hospital.people["app"] = app = Actor("service:app", "掌上医院", "app", None, ("app",), "zh_CN")
    patient = await hospital.patient("爽约")
    for _day in range(3):
        slot = (await free(hospital, day=hospital.clock().date()))[0].key
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot)
        hospital.clock.forward(days=1)
        yesterday = hospital.clock().date() - timedelta(days=1)
        await hospital.application.execute("scheduling.close_day", {"day": yesterday}, SYSTEM)
    slot = (await free(hospital, login="app", day="2026-11-27", channel="app"))[0].key
    with pytest.raises(Refused, match="2026-12-25"):
        await hospital.application.execute("scheduling.book", {"patient": patient, "slot": slot, "channel": "app"}, app)
    window = (await free(hospital, day="2026-11-27"))[0].key
    await hospital.do("registrar", "scheduling.book", patient=patient, slot=window)
