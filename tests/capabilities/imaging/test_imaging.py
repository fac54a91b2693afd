"""An examination from the order to the report that two physicians signed, with what goes wrong on the way."""

from datetime import datetime, timedelta

import pytest

from tests.hospital import Hospital
from tests.laboratory import published as with_result
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Alerted, NotPermitted, Refused
from xinglin.server.worker import close_yesterday

FINDINGS, IMPRESSION = "双肺纹理增多，右下肺见斑片状密度增高影。", "右下肺炎症，建议治疗后复查。"


async def ordered(hospital: Hospital, patient: str, study: str, **values: str) -> tuple[str, str]:
    """A finished consultation with a paid examination: the visit, and the order."""
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    order = await hospital.do("doctor", "imaging.order", visit=visit, study=study, **values)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    await hospital.pay(visit)
    await hospital.deliver()
    return visit, f"ServiceRequest/{order['id']}"


async def examined(hospital: Hospital, order: str) -> None:
    """The patient comes, and is examined."""
    await hospital.do("nurse", "imaging.arrive", order=order)
    await hospital.do("radiographer", "imaging.begin", order=order)
    await hospital.do("radiographer", "imaging.finish", order=order, note="吸气末屏气欠佳")


async def written(hospital: Hospital, order: str, impression: str = IMPRESSION) -> None:
    """One physician writes and signs the report."""
    await hospital.do("radiologist", "imaging.write", order=order, findings=FINDINGS, impression=impression)
    await hospital.do("radiologist", "imaging.sign", order=order)


async def test_from_the_order_to_the_report_of_two(hospital: Hospital) -> None:
    visit, order = await ordered(hospital, await hospital.patient("检查一"), "chest-xray", question="肺炎？")
    assert await hospital.state("visit", visit) == "IN_EXECUTION"
    with pytest.raises(Refused):
        await hospital.do("radiographer", "imaging.begin", order=order)
    await examined(hospital, order)
    row = next(row for row in await hospital.rows("radiologist", "imaging.to_report") if row.key == order)
    assert (row.room, row.state) == ("X 线摄影室", "EXAMINED")
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "imaging.write", order=order, findings=FINDINGS, impression=IMPRESSION)
    await written(hospital, order)
    with pytest.raises(Refused):
        await hospital.do("radiologist", "imaging.approve", order=order)
    await hospital.do("radiologist2", "imaging.send_back", order=order, reason="请补充测量值")
    assert await hospital.state("examination", order) == "WRITTEN"
    with pytest.raises(Refused):
        await hospital.do("radiologist2", "imaging.sign", order=order)
    await hospital.do("radiologist", "imaging.sign", order=order)
    report = await hospital.do("radiologist2", "imaging.approve", order=order)
    assert (report["status"], report["conclusion"]) == ("final", IMPRESSION)
    assert (await hospital.read(report["result"][0]["reference"]))["valueString"] == FINDINGS
    study = await hospital.read(report["imagingStudy"][0]["reference"])
    assert (study["status"], study["modality"][0]["code"], "series" in study) == ("registered", "DX", False)
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "FINISHED"
    place = next(row for row in await hospital.rows("doctor", "outpatient.queue") if row.visit == visit)
    assert place.returns


async def test_an_amendment_keeps_the_original(hospital: Hospital) -> None:
    _visit, order = await ordered(hospital, await hospital.patient("检查二"), "chest-xray")
    await examined(hospital, order)
    await written(hospital, order)
    first = await hospital.do("radiologist2", "imaging.approve", order=order)
    await hospital.do("radiologist", "imaging.amend", order=order, reason="漏诊肋骨骨折")
    await written(hospital, order, "右下肺炎症；右侧第 6 肋骨骨折。")
    assert (await hospital.read(f"DiagnosticReport/{first['id']}"))["conclusion"] == IMPRESSION
    amended = await hospital.do("radiologist2", "imaging.approve", order=order)
    assert (amended["id"], amended["status"]) == (first["id"], "amended")
    assert "漏诊" in amended["extension"][0]["valueString"]
    async with hospital.application.reading(hospital.people["radiologist"]) as context:
        former = await context.repository.vread("DiagnosticReport", first["id"], 1)
    assert former["conclusion"] == IMPRESSION


async def test_what_may_harm_is_asked_for(hospital: Hospital) -> None:
    woman = await hospital.patient("检查三", gender="female", birth_date="1996-02-03")
    visit = await hospital.consultation(woman)

    async def order(study: str, **values: str) -> Resource:
        return await hospital.do("doctor", "imaging.order", visit=visit, study=study, **values)

    async def alerts(study: str, **values: str) -> set[str]:
        with pytest.raises(Alerted) as found:
            await order(study, **values)
        return {alert.code for alert in found.value.alerts}

    for study, field in (("chest-xray", "pregnant"), ("head-mri", "implants"), ("knee-xray", "side")):
        with pytest.raises(Refused) as refused:
            await order(study)
        assert refused.value.issues[0].expression == field
    assert await alerts("chest-xray", pregnant="yes") == {"pregnancy"}
    assert await alerts("head-mri", implants="yes") == {"implants"}
    await hospital.do("doctor", "patients.set_risk", patient=woman, risk="pregnant")
    await hospital.do("doctor", "patients.set_risk", patient=woman, risk="implant")
    assert await alerts("chest-xray", pregnant="no") == {"pregnancy"}
    assert await alerts("head-mri", implants="no") == {"implants"}
    assert await alerts("prostate-us") == {"sex"}
    left = await order("knee-xray", side="left", pregnant="no", reason="外伤")
    assert left["bodySite"][0]["text"] == "左侧膝关节"
    assert "duplicate" in await alerts("knee-xray", side="left", pregnant="no", reason="外伤")
    await order("knee-xray", side="right", pregnant="no", reason="外伤")


async def contrast(hospital: Hospital, visit: str, study: str) -> set[str]:
    """What is said against an examination with a contrast medium."""
    with pytest.raises(Alerted) as found:
        await hospital.do("doctor", "imaging.order", visit=visit, study=study, implants="no")
    return {alert.code for alert in found.value.alerts}


async def test_contrast_needs_kidneys_and_no_allergy(hospital: Hospital) -> None:
    patient, ill = await hospital.patient("检查四"), await hospital.patient("检查九")
    visit = await hospital.consultation(patient)
    assert await contrast(hospital, visit, "chest-ct-contrast") == {"kidney-unknown"}
    allergy = {"patient": patient, "allergen": "iodine-contrast", "severity": "severe"}
    await hospital.do("doctor", "patients.record_allergy", **allergy)
    assert await contrast(hospital, visit, "chest-ct-contrast") == {"kidney-unknown", "allergy"}
    assert await contrast(hospital, visit, "head-mri-contrast") == {"kidney-unknown"}
    await with_result(hospital, ill, "kidney", {"urea": "21.0", "cr": "420", "ua": "430"})
    hospital.clock.forward(days=1)
    await close_yesterday(hospital.application)
    visit = await hospital.consultation(ill)
    assert await contrast(hospital, visit, "head-mri-contrast") == {"kidney"}
    hospital.clock.forward(days=-1)


async def test_rooms_that_are_booked(hospital: Hospital) -> None:
    orders = [(await ordered(hospital, await hospital.patient(name), "chest-ct"))[1] for name in ("检查五", "检查六")]
    with pytest.raises(Refused):
        await hospital.do("nurse", "imaging.arrive", order=orders[0])
    room = "HealthcareService/imaging-ct"
    places = await hospital.rows("nurse", "imaging.places", room=room)
    start = places[0].key
    await hospital.do("nurse", "imaging.book", order=orders[0], start=start)
    with pytest.raises(Refused, match=r"\d\d:\d\d"):
        await hospital.do("nurse", "imaging.book", order=orders[1], start=start)
    odd = datetime.fromisoformat(start) + timedelta(minutes=7)
    with pytest.raises(Refused):
        await hospital.do("nurse", "imaging.book", order=orders[1], start=odd)
    with pytest.raises(Refused):
        await hospital.do("nurse", "imaging.book", order=orders[1], start=hospital.clock() - timedelta(hours=1))
    assert not next(row for row in await hospital.rows("nurse", "imaging.places", room=room) if row.key == start).free
    await hospital.do("nurse", "imaging.book", order=orders[0], start=places[1].key)
    await hospital.do("nurse", "imaging.book", order=orders[1], start=start)
    await hospital.do("nurse", "imaging.arrive", order=orders[1])
    assert await hospital.state("examination", orders[1]) == "WAITING"


async def test_what_has_begun_is_not_refunded_until_it_is_stopped(hospital: Hospital) -> None:
    _visit, order = await ordered(hospital, await hospital.patient("检查七"), "abdomen-us")
    invoice = next(
        row.key for row in await hospital.rows("cashier", "billing.invoices") if row.patient_name == "检查七"
    )
    charges = [line["chargeItemReference"]["reference"] for line in (await hospital.read(invoice))["lineItem"]]
    own = [each for each in charges if "consultation" not in str((await hospital.read(each))["code"])]
    refund = {"invoice": invoice, "charges": own, "reason": "患者不适"}
    await hospital.do("nurse", "imaging.arrive", order=order)
    await hospital.do("radiographer", "imaging.begin", order=order)
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", **refund)
    await hospital.do("radiographer", "imaging.stop", order=order, reason="患者不适")
    await hospital.do("cashier", "billing.refund", **refund)
    await hospital.deliver()
    assert await hospital.state("examination", order) == "CANCELLED"


async def test_a_critical_finding_goes_out_before_the_report(hospital: Hospital) -> None:
    _visit, order = await ordered(hospital, await hospital.patient("检查八"), "head-ct")
    place = (await hospital.rows("nurse", "imaging.places", room="HealthcareService/imaging-ct"))[5]
    await hospital.do("nurse", "imaging.book", order=order, start=place.key)
    with pytest.raises(Refused):
        await hospital.do("radiographer", "imaging.alarm", order=order, finding="急性颅内出血")
    await examined(hospital, order)
    await hospital.do("radiographer", "imaging.alarm", order=order, finding="急性颅内出血")
    (row,) = await hospital.rows("doctor", "critical.mine")
    assert (row.finding, row.examination) == ("急性颅内出血", "头颅 CT 平扫")
    await hospital.do("doctor", "critical.acknowledge", finding=row.key)
    await hospital.do("doctor", "critical.handle", finding=row.key, action="已转急诊")
