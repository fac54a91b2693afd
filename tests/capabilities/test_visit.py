"""One outpatient visit through commands, with every wrong step on the way."""

from pathlib import Path

import pytest

from tests.hospital import Hospital
from xinglin.fhir import build
from xinglin.fhir.outcome import FhirError
from xinglin.kernel.errors import Alerted, NotPermitted, Refused
from xinglin.server.worker import close_yesterday
from xinglin.store.loading import read_document
from xinglin.store.repository import Repository


async def test_the_whole_visit(hospital: Hospital) -> None:
    patient = await hospital.patient("王建国")
    visit = await hospital.waiting_visit(patient)
    assert await hospital.state("visit", visit) == "WAITING"
    with pytest.raises(Refused, match=r"."):
        await hospital.do("doctor", "outpatient.receive", visit=visit)
    await hospital.do("doctor", "outpatient.call_in", visit=visit)
    await hospital.do("doctor", "outpatient.receive", visit=visit)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.finish", visit=visit)
    await hospital.do("doctor", "outpatient.record_vitals", visit=visit, systolic=156, diastolic=94, pulse=78)
    await hospital.write_record(visit)
    line = await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="valsartan-80", days=28)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    assert await hospital.state("visit", visit) == "PENDING_FEE"

    request = f"MedicationRequest/{line['id']}"
    number = (await hospital.read(request))["groupIdentifier"]["value"]
    with pytest.raises(Refused):
        await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    bill = next(row for row in await hospital.rows("cashier", "billing.open_bills") if row.key == visit)
    assert (bill.items, str(bill.total)) == (2, "56.50")
    invoice = await hospital.do(
        "cashier", "billing.settle", visit=visit, total=bill.total, method="cash", tendered="100"
    )
    assert invoice["status"] == "balanced"
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.settle", visit=visit, total=bill.total)
    await hospital.deliver()
    assert await hospital.state("prescription", request) == "PAID"
    assert await hospital.state("visit", visit) == "PENDING_MEDICATION"
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
    await hospital.deliver()
    assert await hospital.state("prescription", request) == "DISPENSED"
    assert await hospital.state("visit", visit) == "FINISHED"
    assert (await hospital.read(request))["status"] == "completed"
    assert "end" in (await hospital.read(visit))["period"]


async def test_a_patient_from_elsewhere_works_as_well(hospital: Hospital, synthea: list[Path]) -> None:
    """A Synthea bundle with hundreds of resources, loaded as it is, then seen like anybody else."""
    async with hospital.application.database.transaction() as connection:
        repository = Repository(connection, now=hospital.clock())
        response = await repository.transaction(read_document(synthea[0]))
    located = (entry["response"]["location"] for entry in response["entry"])
    patient = "/".join(next(place for place in located if place.startswith("Patient/")).split("/")[:2])
    name = build.person_name(await hospital.read(patient))
    found = await hospital.rows("registrar", "patients.find", text=name.split()[-1])
    assert patient in {row.key for row in found}
    visit, number = await hospital.signed_prescription(patient, "omeprazole-20")
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    await hospital.pay(visit)
    await hospital.deliver()
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "FINISHED"


async def test_who_leaves_is_taken_off_the_queue(hospital: Hospital) -> None:
    visit = await hospital.waiting_visit(await hospital.patient("郑十一"))
    await hospital.do("registrar", "outpatient.leave", visit=visit, reason="临时有事")
    assert await hospital.state("visit", visit) == "CANCELLED"
    assert visit not in {row.visit for row in await hospital.rows("doctor", "outpatient.queue")}
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.call_in", visit=visit)


async def test_the_night_clears_the_queues(hospital: Hospital) -> None:
    visit = await hospital.waiting_visit(await hospital.patient("冯十二"))
    hospital.clock.forward(days=1)
    try:
        await close_yesterday(hospital.application)
        assert await hospital.state("visit", visit) == "CANCELLED"
        assert visit not in {row.visit for row in await hospital.rows("doctor", "outpatient.queue")}
    finally:
        hospital.clock.forward(days=-1)


async def test_roles_may_do_only_their_part(hospital: Hospital) -> None:
    patient = await hospital.patient("李四")
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "patients.register", name="x", gender="male", birth_date="1990-01-01")
    with pytest.raises(NotPermitted):
        await hospital.rows("registrar", "billing.open_bills")
    visit = await hospital.consultation(patient)
    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.write_note", visit=visit, chief_complaint="x")


async def test_a_severe_allergy_blocks_and_a_mild_one_asks_for_a_reason(hospital: Hospital) -> None:
    patient = await hospital.patient("赵六")
    visit = await hospital.consultation(patient)
    await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin", severity="severe")
    with pytest.raises(Alerted) as blocked:
        await hospital.do(
            "doctor", "pharmacy.prescribe", visit=visit, medicine="amoxicillin-500", frequency="tid", reason="want it"
        )
    assert blocked.value.blocked
    assert blocked.value.alerts[0].evidence is not None
    await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="nsaid", severity="mild")
    with pytest.raises(Alerted) as warned:
        await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="ibuprofen-300", frequency="bid")
    assert not warned.value.blocked
    line = await hospital.do(
        "doctor", "pharmacy.prescribe", visit=visit, medicine="ibuprofen-300", frequency="bid", reason="既往耐受"
    )
    assert line["contained"][0]["mitigation"][0]["action"]["text"] == "既往耐受"


async def test_dose_duplicate_and_age_are_checked(hospital: Hospital) -> None:
    child = await hospital.patient("小明", birth_date="2020-05-01")
    visit = await hospital.consultation(child)

    async def codes(**values: object) -> set[str]:
        with pytest.raises(Alerted) as alerted:
            await hospital.do("doctor", "pharmacy.prescribe", visit=visit, **values)
        return {f"{alert.level}:{alert.code}" for alert in alerted.value.alerts if alert.level != "information"}

    assert await codes(medicine="levofloxacin-500") == {"warning:age"}
    assert await codes(medicine="paracetamol-500", dose="2", frequency="tid") == {"warning:dose"}
    assert await codes(medicine="paracetamol-500", dose="3", frequency="qid") == {"block:dose"}
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="paracetamol-500")
    assert await codes(medicine="paracetamol-500") == {"block:duplicate"}


async def test_a_draft_can_be_removed_and_a_returned_prescription_replaced(hospital: Hospital) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("钱七"))
    await hospital.do("pharmacist", "pharmacy.reject", prescription=number, reason="请核对剂量")
    row = next(row for row in await hospital.rows("doctor", "outpatient.seen") if row.key == visit)
    assert row.returned
    await hospital.do("doctor", "outpatient.reopen", visit=visit, reason="药师退回")
    lines = await hospital.rows("doctor", "pharmacy.lines", visit=visit)
    assert lines[0].returned == "请核对剂量"
    await hospital.do("doctor", "pharmacy.withdraw", line=lines[0].key)
    draft = await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="losartan-50")
    await hospital.do("doctor", "pharmacy.withdraw", line=f"MedicationRequest/{draft['id']}")
    with pytest.raises(FhirError) as gone:
        await hospital.read(f"MedicationRequest/{draft['id']}")
    assert gone.value.status == 410
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    composition = (await hospital.application.view("pharmacy.lines", {"visit": visit}, hospital.people["doctor"])).rows
    assert [line.state for line in composition] == ["CANCELLED"]
    await hospital.pay(visit)
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "FINISHED"


async def test_refund_before_dispensing_cancels_the_medicine(hospital: Hospital) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("孙八"))
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    invoice = await hospital.pay(visit)
    await hospital.deliver()
    charges = [line["chargeItemReference"]["reference"] for line in invoice["lineItem"]]
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", invoice=f"Invoice/{invoice['id']}", reason="要求全退")
    medicine = [item for item in charges if "consultation" not in str((await hospital.read(item))["code"])]
    credit = await hospital.do(
        "cashier", "billing.refund", invoice=f"Invoice/{invoice['id']}", charges=medicine, reason="患者放弃"
    )
    assert str(credit["totalGross"]["value"]) == "-23.80"
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "FINISHED"
    with pytest.raises(Refused):
        await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)


async def test_dispensed_medicine_is_taken_back_before_it_is_refunded(hospital: Hospital) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("周九"))
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    invoice = await hospital.pay(visit)
    await hospital.deliver()
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    async with hospital.application.reading(hospital.people["manager"]) as context:
        before = await context.books.holdings(["stock:window:amlodipine-5", "stock:reserved:amlodipine-5"])
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
    charges = [line["chargeItemReference"]["reference"] for line in invoice["lineItem"]]
    medicine = [item for item in charges if "consultation" not in str((await hospital.read(item))["code"])]
    values = {"invoice": f"Invoice/{invoice['id']}", "charges": medicine, "reason": "不良反应"}
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", **values)
    await hospital.do("pharmacist", "pharmacy.take_back", prescription=number, condition="intact", reason="不良反应")
    await hospital.do("cashier", "billing.refund", **values)
    async with hospital.application.reading(hospital.people["manager"]) as context:
        after = await context.books.holdings(["stock:window:amlodipine-5", "stock:reserved:amlodipine-5"])
        assert sum(after.values()) == sum(before.values())
        assert await context.books.faults() == []


async def test_a_refund_in_the_same_moment_keeps_the_medicine_from_leaving_the_window(hospital: Hospital) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("吴十"))
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    invoice = await hospital.pay(visit)
    await hospital.deliver()
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    charges = [line["chargeItemReference"]["reference"] for line in invoice["lineItem"]]
    medicine = [item for item in charges if "consultation" not in str((await hospital.read(item))["code"])]
    await hospital.do(
        "cashier", "billing.refund", invoice=f"Invoice/{invoice['id']}", charges=medicine, reason="患者放弃"
    )
    with pytest.raises(Refused):
        await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)


async def test_a_code_system_that_changed_is_seen_by_a_view_that_can_only_read(hospital: Hospital) -> None:
    rows = await hospital.rows("doctor", "outpatient.diagnosis_search", text="yfxgxy")
    assert [row.key for row in rows] == ["I10"]
    async with hospital.application.database.transaction() as connection:
        repository = Repository(connection, now=hospital.clock())
        system = await repository.read("CodeSystem", "diagnoses", lock=True)
        system["concept"].append({"code": "X99", "display": "新增诊断"})
        await repository.update(system)
    assert [row.key for row in await hospital.rows("doctor", "outpatient.diagnosis_search", text="xzzd")] == ["X99"]
