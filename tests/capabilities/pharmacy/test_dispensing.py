"""From the review to the patient's hand and back: signatures, batches, trace codes, calls, returns, validity."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.pharmacy import batches
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.server.worker import close_yesterday
from xinglin.web.printing.press import Press, qr_code

NUMBER = "31010119680312005X"


async def prescribed(hospital: Hospital, name: str, **values: Any) -> tuple[str, str, str]:
    """A finished consultation with one medicine: visit, number of the prescription, line."""
    visit = await hospital.consultation(await hospital.patient(name))
    await hospital.write_record(visit)
    line = await hospital.do("doctor", "pharmacy.prescribe", visit=visit, **{"medicine": "amlodipine-5", **values})
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    reference = f"MedicationRequest/{line['id']}"
    return visit, (await hospital.read(reference))["groupIdentifier"]["value"], reference


async def paid(hospital: Hospital, name: str, **values: Any) -> tuple[str, str, str]:
    """The same, accepted and paid."""
    visit, number, line = await prescribed(hospital, name, **values)
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    await hospital.pay(visit)
    await hospital.deliver()
    return visit, number, line


async def stock(hospital: Hospital, place: str, code: str) -> dict[str, Decimal]:
    """What a place holds of a medicine, by lot."""
    async with hospital.application.reading(hospital.people["pharmacist"]) as context:
        held = await batches.held(context, place, [code])
    return {batch.lot: batch.packs for batch in held.get(code, [])}


async def receive(hospital: Hospital, code: str, lot: str, days: int, packs: int, place: str = "window") -> None:
    """Goods that expire in so many days."""
    expiry = (hospital.clock() + timedelta(days=days)).date()
    values = {"medicine": code, "batch": lot, "expiry": expiry, "packs": packs, "place": place}
    await hospital.do("pharmacist", "pharmacy.receive_stock", **values)


async def test_a_returned_prescription_is_upheld_and_then_signed_by_two(hospital: Hospital) -> None:
    _visit, number, line = await prescribed(hospital, "林退方")
    await hospital.do("pharmacist", "pharmacy.reject", prescription=number, code="dose", reason="请核对剂量")
    with pytest.raises(Refused, match="开方医师"):
        await hospital.do("doctor2", "pharmacy.uphold", prescription=number, statement="不是我开的")
    await hospital.do("doctor", "pharmacy.uphold", prescription=number, statement="患者血压需要，已告知")
    assert await hospital.state("prescription", line) == "CREATED"
    assert (await hospital.read(line))["note"][0]["text"] == "患者血压需要，已告知"
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    assert await hospital.state("prescription", line) == "CHECKED"
    with pytest.raises(Refused, match="另一名药师"):
        await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "pharmacy.review", prescription=number)
    await hospital.do("pharmacist2", "pharmacy.review", prescription=number)
    assert await hospital.state("prescription", line) == "REVIEWED"
    row = next(row for row in await hospital.rows("pharmacist", "pharmacy.returned") if row.number == number)
    assert (row.reason, row.doctor, row.state) == ("请核对剂量", "陈立新", "REVIEWED")
    waiting = await hospital.rows("pharmacist", "pharmacy.to_review")
    assert number not in {each.number for each in waiting}


async def test_antagonistic_herbs_and_special_antibacterials_need_a_second_signature(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("林双签"))
    await hospital.write_record(visit)
    await hospital.do(
        "doctor", "pharmacy.prescribe_herbs", visit=visit, herbs="制川乌3 法半夏9", reason="经典方，已久煎"
    )
    await hospital.do(
        "doctor", "pharmacy.prescribe", visit=visit, medicine="vancomycin-500", route="intravenous", days=3
    )
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    waits = [row for row in await hospital.rows("pharmacist", "pharmacy.to_review") if row.patient_name == "林双签"]
    assert {row.kind for row in waits} == {"western", "herbal"}
    for row in waits:
        await hospital.do("pharmacist", "pharmacy.review", prescription=row.number)
    waits = [row for row in await hospital.rows("pharmacist", "pharmacy.to_review") if row.patient_name == "林双签"]
    assert [row.state for row in waits] == ["CHECKED", "CHECKED"]


async def test_the_batch_that_expires_first_is_kept_at_payment_and_goes_out(hospital: Hospital) -> None:
    code = "enalapril-10"
    await receive(hospital, code, "SOON", 40, 1)
    await receive(hospital, code, "OVER", 0, 5)
    hospital.clock.forward(days=1)
    try:
        _visit, number, line = await paid(hospital, "林先出", medicine=code, days=28)
        # 28 tablets are two packs: one of the batch that expires first, one of the next; nothing of what has expired.
        assert await stock(hospital, "reserved", code) == {"SOON": 1, "DEMO-001": 1}
        assert await stock(hospital, "window", code) == {"OVER": 5, "DEMO-001": 499}
        await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
        with pytest.raises(Refused, match="另一人"):
            await hospital.do("pharmacist", "pharmacy.dispense", prescription=number)
        await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
        assert await stock(hospital, "reserved", code) == {}
        await hospital.do(
            "pharmacist", "pharmacy.take_back", prescription=number, condition="damaged", reason="包装破损", line=line
        )
        assert await stock(hospital, "loss", code) == {"SOON": 1, "DEMO-001": 1}
        async with hospital.application.reading(hospital.people["pharmacist"]) as context:
            assert await context.books.faults() == []
    finally:
        await hospital.deliver()
        hospital.clock.forward(days=-1)


async def test_what_one_has_paid_for_another_does_not_get(hospital: Hospital) -> None:
    code = "levothyroxine-50"
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, hospital.people["pharmacist"])
        held = (await batches.held(context, "window", [code]))[code]
        await batches.move(context, "test", held, batches.LOSS, "test")
    await receive(hospital, code, "LAST", 300, 1)
    first = await prescribed(hospital, "林先付", medicine=code)
    second = await prescribed(hospital, "林后付", medicine=code)
    for _visit, number, _line in (first, second):
        await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    invoices = [await hospital.pay(visit) for visit, _number, _line in (first, second)]
    await hospital.deliver()
    with pytest.raises(Refused, match="库存不足"):
        await hospital.do("pharmacist", "pharmacy.prepare", prescription=second[1])
    charges = [line["chargeItemReference"]["reference"] for line in invoices[0]["lineItem"]]
    medicine = [item for item in charges if code in str((await hospital.read(item))["code"])]
    invoice = f"Invoice/{invoices[0]['id']}"
    await hospital.do("cashier", "billing.refund", invoice=invoice, charges=medicine, reason="不要了")
    await hospital.deliver()
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=second[1])
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=second[1])
    assert await stock(hospital, "window", code) == {}


async def test_a_box_goes_out_once(hospital: Hospital) -> None:
    _visit, number, line = await paid(hospital, "林追溯")
    _visit2, number2, line2 = await paid(hospital, "林再扫")
    code = "81234567890123456789"
    with pytest.raises(Refused, match="不在调配中"):
        await hospital.do("pharmacist", "pharmacy.scan", line=line, code=code)
    for each in (number, number2):
        await hospital.do("pharmacist", "pharmacy.prepare", prescription=each)
    with pytest.raises(Refused, match="20"):
        await hospital.do("pharmacist", "pharmacy.scan", line=line, code="1234")
    await hospital.do("pharmacist", "pharmacy.scan", line=line, code="8123 4567 8901 2345 6789")
    with pytest.raises(Refused, match=number):
        await hospital.do("pharmacist", "pharmacy.scan", line=line2, code=code)
    with pytest.raises(Refused, match="1"):
        await hospital.do("pharmacist", "pharmacy.scan", line=line, code="81234567890123456780")
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
    with pytest.raises(Refused, match=number):
        await hospital.do("pharmacist", "pharmacy.scan", line=line2, code=code)
    await hospital.do("pharmacist", "pharmacy.take_back", prescription=number, condition="intact", reason="未取走")
    await hospital.do("pharmacist", "pharmacy.scan", line=line2, code=code)


async def test_patients_are_called_by_a_number_of_the_day(hospital: Hospital) -> None:
    _visit, number, _line = await paid(hospital, "林叫号")
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    await hospital.do("pharmacist2", "pharmacy.call", prescription=number, window=3)
    await hospital.do("pharmacist2", "pharmacy.call", prescription=number, window=4)
    row = next(row for row in await hospital.rows("pharmacist", "pharmacy.to_dispense") if row.number == number)
    assert row.window == 4
    assert row.ticket.isdecimal()


async def test_a_prescription_is_valid_for_three_days_and_its_medicines_are_released(hospital: Hospital) -> None:
    code = "irbesartan-150"
    _visit, number, line = await paid(hospital, "林过期", medicine=code)
    assert await stock(hospital, "reserved", code) == {"DEMO-001": 1}
    _other, unpaid, _line = await prescribed(hospital, "林未审", medicine=code)
    hospital.clock.forward(days=3)
    try:
        await close_yesterday(hospital.application)
        assert await stock(hospital, "reserved", code) == {}
        assert await hospital.state("prescription", line) == "PAID"
        for login, command, each in (("pharmacist", "prepare", number), ("pharmacist", "review", unpaid)):
            with pytest.raises(Refused, match="2026-11-25"):
                await hospital.do(login, f"pharmacy.{command}", prescription=each)
    finally:
        await hospital.deliver()
        hospital.clock.forward(days=-3)


async def test_narcotics_are_signed_twice_handed_to_somebody_known_and_registered(hospital: Hospital) -> None:
    patient = await hospital.patient("林镇痛", identity_number="310101196803120076", birth_date=None, gender=None)
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="morphine-10", frequency="q12h", days=3)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    row = next(row for row in await hospital.rows("pharmacist", "pharmacy.to_review") if row.patient == patient)
    for login in ("pharmacist", "pharmacist2"):
        await hospital.do(login, "pharmacy.review", prescription=row.number)
    await hospital.pay(visit)
    await hospital.deliver()
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=row.number)
    with pytest.raises(Refused, match="身份证号"):
        await hospital.do("pharmacist2", "pharmacy.dispense", prescription=row.number)
    who = {"fetcher": "林家属", "fetcher_number": NUMBER}
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=row.number, **who)
    entry = (await hospital.rows("pharmacist", "pharmacy.register"))[0]
    assert (entry.patient_name, entry.picked, entry.checked) == ("林镇痛", "周文博", "钱若水")
    assert entry.fetched == f"林家属 {NUMBER}"
    await hospital.do(
        "pharmacist", "pharmacy.take_back", prescription=row.number, condition="intact", reason="患者死亡，家属交回"
    )
    assert await stock(hospital, "loss", "morphine-10") == {"DEMO-001": 1}


async def test_a_formula_and_the_instructions_are_set_on_one_sheet(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("林处方笺"))
    await hospital.write_record(visit)
    herbs = "黄芪30 当归10 炙甘草6 白芍15 茯苓15 薄荷6"
    await hospital.do("doctor", "pharmacy.prescribe_herbs", visit=visit, herbs=herbs, doses=5)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    waits = await hospital.rows("pharmacist", "pharmacy.to_review")
    number = next(row.number for row in waits if row.patient_name == "林处方笺")
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    await hospital.pay(visit)
    await hospital.deliver()
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    press = Press(hospital.application.registry)
    for name in ("pharmacy.prescription", "pharmacy.instructions"):
        printout = hospital.application.registry.printouts[name]
        async with hospital.application.reading(hospital.people["pharmacist"]) as context:
            data = await printout.run(context, {"prescription": number})
        assert data["formula"] == "5 剂，水煎服，每日 1 剂，分 2 次温服"
        frame = {"title": "x", "paper": "A5", "hospital": "x", "code": "x", "at": "x", "by": "x", "qr": qr_code("x")}
        assert (await press.print(printout, {**frame, "data": data})).startswith(b"%PDF")
        if name == "pharmacy.prescription":
            assert [len(sheet) for sheet in data["sheets"]] == [6]
            assert data["later"] == {"reviewed": "周文博", "prepared": "周文博", "dispensed": ""}
            assert {line["handling"] for line in data["sheets"][0]} == {"", "后下"}
