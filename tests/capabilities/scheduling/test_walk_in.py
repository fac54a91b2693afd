"""Same-day registration at the desk: place, number and fee in one step, and all of it taken back before being seen."""

from decimal import Decimal
from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.scheduling.walk_in import slip
from xinglin.kernel.errors import Refused


async def walk_in(hospital: Hospital, name: str, clinic: str = "general") -> tuple[str, str]:
    """Registers somebody for today; returns the appointment and the visit."""
    patient = await hospital.patient(name)
    stored = await hospital.do("registrar", "scheduling.walk_in", patient=patient, clinic=f"Schedule/{clinic}")
    appointment = f"Appointment/{stored['id']}"
    return appointment, str((await the_slip(hospital, appointment))["visit"])


async def the_slip(hospital: Hospital, appointment: str) -> dict[str, Any]:
    async with hospital.application.reading(hospital.people["registrar"]) as context:
        return await slip(context, appointment)


async def given_back(hospital: Hospital, visit: str) -> None:
    """The cashier gives what waits for a visit's patient, which nobody has to approve."""
    async with hospital.application.reading(hospital.people["cashier"]) as context:
        (request,) = (await context.search("Task", [("encounter", visit), ("status", "accepted")])).resources
    assert await hospital.state("refund", f"Task/{request['id']}") == "APPROVED"
    await hospital.do("cashier", "billing.pay_refund", request=f"Task/{request['id']}")


async def test_one_step_gives_a_place_a_number_and_the_fee(hospital: Hospital) -> None:
    appointment, visit = await walk_in(hospital, "当日一")
    assert await hospital.state("appointment", appointment) == "ARRIVED"
    assert await hospital.state("visit", visit) == "WAITING"
    said = await the_slip(hospital, appointment)
    assert (said["number"], said["clinic"], said["doctor"], said["ahead"]) == ("001", "全科医学科", "林若云", 0)
    assert (said["fee"], said["paid"]) == (Decimal("25.00"), False)
    assert said["time"].endswith("08:00")
    second, _visit = await walk_in(hospital, "当日二")
    assert ((await the_slip(hospital, second))["number"], (await the_slip(hospital, second))["ahead"]) == ("002", 1)
    loads = {row.doctor_name: row for row in await hospital.rows("registrar", "outpatient.loads")}
    assert (loads["林若云"].waiting, loads["林若云"].expected) == (2, 16)


async def test_who_gives_up_before_being_seen_gets_the_money_back(hospital: Hospital) -> None:
    appointment, visit = await walk_in(hospital, "退号一", "cardiology")
    place = (await hospital.read(appointment))["slot"][0]["reference"]
    await hospital.pay(visit)
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "WAITING"
    assert (await the_slip(hospital, appointment))["paid"]
    await hospital.do("registrar", "scheduling.cancel", appointment=appointment, reason="患者要求退号")
    assert await hospital.state("visit", visit) == "CANCELLED"
    assert (await hospital.read(place))["status"] == "free"
    await given_back(hospital, visit)
    async with hospital.application.reading(hospital.people["cashier"]) as context:
        invoices = (
            await context.search("Invoice", [("subject", (await hospital.read(visit))["subject"]["reference"])])
        ).resources
        assert sorted(str(each["totalGross"]["value"]) for each in invoices) == ["-25.00", "25.00"]
        assert await context.books.faults() == []
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.cancel", appointment=appointment, reason="再退一次")


async def test_an_unpaid_fee_goes_with_the_visit(hospital: Hospital) -> None:
    appointment, visit = await walk_in(hospital, "退号二", "cardiology")
    assert visit in {row.key for row in await hospital.rows("cashier", "billing.open_bills")}
    await hospital.do("registrar", "scheduling.cancel", appointment=appointment, reason="患者要求退号")
    assert visit not in {row.key for row in await hospital.rows("cashier", "billing.open_bills")}


async def test_whoever_is_being_seen_cannot_give_up_and_pays_once(hospital: Hospital) -> None:
    appointment, visit = await walk_in(hospital, "就诊一", "cardiology")
    await hospital.pay(visit)
    await hospital.deliver()
    await hospital.do("doctor", "outpatient.call_in", visit=visit)
    await hospital.do("doctor", "outpatient.receive", visit=visit)
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.cancel", appointment=appointment, reason="患者要求退号")
    assert (await hospital.read(appointment))["status"] == "arrived"
    await hospital.write_record(visit)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    assert visit not in {row.key for row in await hospital.rows("cashier", "billing.open_bills")}
    assert await hospital.state("visit", visit) == "FINISHED"


async def test_a_stopped_clinic_gives_the_money_back_when_its_patient_gives_up(hospital: Hospital) -> None:
    patient = await hospital.patient("停诊退费")
    row = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/respiratory"))[-1]
    booked = await hospital.do("registrar", "scheduling.book", patient=patient, slot=row.key)
    appointment = f"Appointment/{booked['id']}"
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        visit = f"Encounter/{(await context.search('Encounter', [('appointment', appointment)])).resources[0]['id']}"
    fee = {"visit": visit, "item": "consultation", "quantity": 1, "service": visit}
    await hospital.do("cashier", "billing.charge", **fee)
    await hospital.pay(visit)
    stop = {"clinic": "Schedule/respiratory", "day": hospital.clock().date(), "reason": "临时停诊"}
    await hospital.do("registrar", "scheduling.stop", **stop)
    await hospital.do("registrar", "scheduling.cancel", appointment=appointment, reason="停诊退费")
    await given_back(hospital, visit)
    async with hospital.application.reading(hospital.people["cashier"]) as context:
        charges = (await context.search("ChargeItem", [("context", visit)])).resources
        table = context.registry.tables["charge"]
        assert {state.code for item in charges if (state := table.of(item))} == {"REFUNDED"}
    full = await hospital.patient("无号")
    with pytest.raises(Refused, match=r"今天|today"):
        await hospital.do("registrar", "scheduling.walk_in", patient=full, clinic="Schedule/respiratory")
