"""The kiosk: who may do what there, for how long, and how often somebody may guess."""

from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.kiosk.screens import kiosk as page
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform.identity import find_account

ID = "11010519491231002X"


@pytest.fixture(autouse=True)
async def device(hospital: Hospital) -> None:
    """The kiosk in the hall is among the people, and has waited long enough for whatever was tried before."""
    hospital.clock.forward(minutes=16)
    async with hospital.application.database.transaction() as connection:
        for login in ("kiosk-1", "display-1"):
            account = await find_account(connection, login)
            assert account is not None
            hospital.people[login] = account


async def identify(hospital: Hospital, login: str = "kiosk-1", **values: Any) -> str | None:
    return (await hospital.do(login, "kiosk.identify", **values)).get("id")


async def shown(hospital: Hospital, login: str = "kiosk-1", **query: str) -> dict[str, Any]:
    async with hospital.application.reading(hospital.people[login]) as context:
        return await page.run(context, query)


async def test_a_number_identifies_and_a_phone_needs_the_name(hospital: Hospital) -> None:
    patient = await hospital.patient("张建国", identity_number=ID, gender=None, birth_date=None, phone="13812345678")
    record = (await hospital.read(patient))["identifier"]
    for number in (ID, ID.lower(), next(item["value"] for item in record if item["value"] != ID)):
        who = await identify(hospital, number=number)
        assert who is not None
        assert patient not in who
        assert (await shown(hospital, who=f"Parameters/{who}"))["person"] == "张*国"
    assert await identify(hospital, phone="13812345678", name="张建国") is not None
    assert await identify(hospital, phone="13812345678", name="张建军") is None
    with pytest.raises(FhirError):
        await identify(hospital, phone="13812345678")


async def test_guessing_gets_slower_and_slower(hospital: Hospital) -> None:
    await hospital.patient("李四光", phone="13900000001")
    assert await identify(hospital, phone="13900000001", name="李四光") is not None
    for number in range(3):
        assert await identify(hospital, number=f"9999{number}") is None
    with pytest.raises(Refused, match="1"):
        await identify(hospital, number="99996")
    hospital.clock.forward(seconds=2)
    assert await identify(hospital, number="99996") is None
    with pytest.raises(Refused):
        await identify(hospital, phone="13900000001", name="李四光")
    hospital.clock.forward(seconds=10)
    assert await identify(hospital, phone="13900000001", name="李四光") is not None
    assert await identify(hospital, number="99997") is None


async def test_a_pass_is_for_one_device_and_three_minutes(hospital: Hospital) -> None:
    await hospital.patient("王五", phone="13900000002")
    who = await identify(hospital, phone="13900000002", name="王五")
    assert who is not None
    assert (await shown(hospital, who=who))["step"] == "home"
    for made_up in ("x" * 40, who[:-4] + "AAAA", ""):
        assert (await shown(hospital, who=made_up))["person"] is None
    hospital.clock.forward(minutes=3)
    assert (await shown(hospital, who=who))["step"] == "start"
    with pytest.raises(Refused):
        await hospital.do("kiosk-1", "kiosk.take_number", who=who, clinic="Schedule/general")


async def test_checking_in_and_taking_a_number(hospital: Hospital) -> None:
    patient = await hospital.patient("赵六", phone="13900000003")
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology"))[0]
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    who = await identify(hospital, phone="13900000003", name="赵六")
    assert who is not None
    before = await shown(hospital, who=who)
    assert [item["clinic"] for item in before["appointments"]] == ["心血管内科"]
    await hospital.do("kiosk-1", "kiosk.check_in", who=who, appointment=f"Appointment/{booked['id']}")
    after = await shown(hospital, who=who)
    assert after["appointments"] == []
    assert [(place["number"], place["ahead"], place["minutes"]) for place in after["places"]] == [("001", 0, 0)]
    assert {row.name for row in after["clinics"]} == {"心血管内科", "全科医学科", "呼吸内科"}
    await hospital.do("kiosk-1", "kiosk.take_number", who=who, clinic="Schedule/general")
    assert len((await shown(hospital, who=who))["places"]) == 2
    with pytest.raises(Refused):
        await hospital.do("kiosk-1", "kiosk.take_number", who=who, clinic="Schedule/general")


async def test_nobody_checks_in_for_somebody_else(hospital: Hospital) -> None:
    other = await hospital.patient("孙七", phone="13900000004")
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/respiratory"))[0]
    booked = await hospital.do("registrar", "scheduling.book", patient=other, slot=slot.key)
    await hospital.patient("周八", phone="13900000005")
    who = await identify(hospital, phone="13900000005", name="周八")
    with pytest.raises(Refused):
        await hospital.do("kiosk-1", "kiosk.check_in", who=who, appointment=f"Appointment/{booked['id']}")


async def test_a_kiosk_can_do_nothing_else(hospital: Hospital) -> None:
    for view in ("patients.find", "scheduling.appointments", "scheduling.waiting_list", "outpatient.queues"):
        with pytest.raises(NotPermitted):
            await hospital.rows("kiosk-1", view)
    for command, values in (
        ("scheduling.book", {"patient": "Patient/1", "slot": "Slot/1"}),
        ("scheduling.check_in", {"appointment": "Appointment/1"}),
        ("patients.identify", {"number": ID}),
    ):
        with pytest.raises(NotPermitted):
            await hospital.do("kiosk-1", command, **values)
    with pytest.raises(NotPermitted):
        await hospital.do("display-1", "kiosk.identify", number=ID)
