"""Treatments by order, and skin tests that two people read after twenty minutes."""

import pytest

from tests.hospital import Hospital
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Alerted, Refused


async def ordered(hospital: Hospital, patient: str, *treatments: str) -> tuple[str, list[str]]:
    """Treatments that were sent in mid-visit and paid: the visit, and the orders."""
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    made = [
        await hospital.do("doctor", "treatments.order", visit=visit, treatment=each, detail="左前臂")
        for each in treatments
    ]
    await hospital.do("doctor", "outpatient.send_orders", visit=visit)
    await hospital.pay(visit)
    await hospital.deliver()
    return visit, [f"ServiceRequest/{order['id']}" for order in made]


async def test_carried_out_by_the_nurse(hospital: Hospital) -> None:
    visit, (order,) = await ordered(hospital, await hospital.patient("治疗一"), "dressing-small")
    row = next(row for row in await hospital.rows("nurse", "treatments.to_do") if row.key == order)
    assert (row.state, row.kind, row.detail) == ("PAID", "treatment", "左前臂")
    with pytest.raises(Refused):
        await hospital.do("nurse", "treatments.begin_test", order=order)
    await hospital.do("nurse", "treatments.perform", order=order, note="伤口干燥")
    assert await hospital.state("treatment", order) == "DONE"
    invoice = next(
        row.key for row in await hospital.rows("cashier", "billing.invoices") if row.patient_name == "治疗一"
    )
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", invoice=invoice, reason="患者要求")
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    assert await hospital.state("visit", visit) == "FINISHED"


async def read_after(hospital: Hospital, order: str, result: str, minutes: int) -> Resource:
    """Begins a skin test, waits, and reads it."""
    await hospital.do("nurse", "treatments.begin_test", order=order)
    hospital.clock.forward(minutes=minutes)
    return await hospital.do("nurse", "treatments.read_test", order=order, result=result, checked_by="李护士")


async def test_a_skin_test_is_read_after_twenty_minutes(hospital: Hospital) -> None:
    visit, (order,) = await ordered(hospital, await hospital.patient("治疗二"), "skin-test-penicillin")
    with pytest.raises(Alerted) as untested:
        await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="amoxicillin-500", frequency="tid")
    assert "skin-test" in {alert.code for alert in untested.value.alerts}
    with pytest.raises(Refused):
        await hospital.do("nurse", "treatments.perform", order=order)
    with pytest.raises(Refused) as early:
        await read_after(hospital, order, "negative", 12)
    assert early.value.issues[0].expression == "result"
    hospital.clock.forward(minutes=8)
    me = hospital.people["nurse"].name
    with pytest.raises(Refused):
        await hospital.do("nurse", "treatments.read_test", order=order, result="negative", checked_by=me)
    read = await hospital.do("nurse", "treatments.read_test", order=order, result="negative", checked_by="李护士")
    assert read["code"]["coding"][0] == {"system": "urn:xinglin:code:test", "code": "skin-test", "display": "皮试"}
    assert read["component"][0]["code"]["coding"][0]["code"] == "penicillin"
    assert read["valueCodeableConcept"]["coding"][0]["code"] == "NEG"
    (line,) = await hospital.rows("doctor", "treatments.lines", visit=visit)
    assert (line.state, line.instruction) == ("DONE", "左前臂 · 阴性")
    # The pharmacy reads it: what would have been blocked without a negative test is not any more.
    await hospital.do(
        "doctor", "pharmacy.prescribe", visit=visit, medicine="amoxicillin-500", frequency="tid", reason="x y"
    )
    await hospital.deliver()
    place = next(row for row in await hospital.rows("doctor", "outpatient.queue") if row.visit == visit)
    assert (place.state, place.returns) == ("SERVING", True)


async def test_a_positive_skin_test_is_an_allergy_at_once(hospital: Hospital) -> None:
    patient = await hospital.patient("治疗三")
    visit, (order,) = await ordered(hospital, patient, "skin-test-penicillin")
    await read_after(hospital, order, "positive", 6)
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        (allergy,) = (await context.search("AllergyIntolerance", [("patient", patient)])).resources
    assert allergy["code"]["coding"][0]["code"] == "penicillin"
    with pytest.raises(Alerted) as again:
        await hospital.do("doctor", "treatments.order", visit=visit, treatment="skin-test-penicillin")
    assert {alert.code for alert in again.value.alerts} == {"allergy"}
