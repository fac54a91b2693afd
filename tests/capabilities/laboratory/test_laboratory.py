"""A test from the order to the published report, with what goes wrong on the way."""

import pytest

from tests.hospital import Hospital
from tests.laboratory import BLOOD, ELECTROLYTES, collected, number, ordered, published, received
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Alerted, NotPermitted, Refused
from xinglin.server.worker import close_yesterday


async def results(hospital: Hospital, report: Resource) -> dict[str, Resource]:
    """The observations of a report by their house code."""
    held = [await hospital.read(each["reference"]) for each in report["result"]]
    return {item["code"]["coding"][-1]["code"]: item for item in held}


async def test_from_the_order_to_the_report(hospital: Hospital) -> None:
    patient = await hospital.patient("检验一")
    visit, (order, other) = await ordered(hospital, patient, "kidney", "electrolytes")
    assert await hospital.state("test", order) == "PAID"
    assert await hospital.state("visit", visit) == "IN_EXECUTION"
    row = next(row for row in await hospital.rows("nurse", "laboratory.to_collect") if row.key == visit)
    assert row.tests == "肾功能、电解质"
    (tube,) = await collected(hospital, visit)
    assert len(tube["request"]) == 2
    with pytest.raises(Refused):
        await hospital.do("technician", "laboratory.enter", order=order, values={"cr": "80"})
    with pytest.raises(NotFound):
        await hospital.do("technician", "laboratory.receive", accession="000000")
    await hospital.do("technician", "laboratory.receive", accession=number(tube))
    values = {"urea": "5.2", "cr": "80", "ua": "430"}
    await hospital.do("technician", "laboratory.enter", order=order, values=values)
    assert await hospital.state("test", order) == "ENTERED"
    with pytest.raises(Refused):
        await hospital.do("technician", "laboratory.verify", order=order)
    report = await hospital.do("technician2", "laboratory.verify", order=order)
    assert (report["status"], await hospital.state("test", order)) == ("final", "REPORTED")
    held = await results(hospital, report)
    assert held["ua"]["interpretation"][0]["coding"][0]["code"] == "H"
    assert held["cr"]["referenceRange"][0]["high"]["value"] == 111
    # CKD-EPI 2021 for a man of 66 years with 80 µmol/L: 142 × (0.905/0.9)^-1.2 × 0.9938^66
    assert str(held["egfr"]["valueQuantity"]["value"]) == "94"
    assert held["egfr"]["derivedFrom"][0]["reference"] == f"Observation/{held['cr']['id']}"
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "IN_EXECUTION"
    await hospital.do("technician", "laboratory.enter", order=other, values=ELECTROLYTES)
    await hospital.do("technician2", "laboratory.verify", order=other)
    await hospital.deliver()
    assert await hospital.state("visit", visit) == "FINISHED"
    place = next(row for row in await hospital.rows("doctor", "outpatient.queue") if row.visit == visit)
    assert (place.state, place.returns) == ("WAITING", True)


async def test_checks_when_a_test_is_ordered(hospital: Hospital) -> None:
    patient = await hospital.patient("检验二")
    await published(hospital, patient, "blood", BLOOD)
    hospital.clock.forward(days=1)
    await close_yesterday(hospital.application)
    hospital.clock.forward(days=1)
    visit = await hospital.consultation(patient)
    with pytest.raises(Alerted) as repeated:
        await hospital.do("doctor", "laboratory.order", visit=visit, test="blood")
    assert [alert.code for alert in repeated.value.alerts] == ["repeated"]
    assert "白细胞计数 6.1" in repeated.value.alerts[0].text
    line = await hospital.do("doctor", "laboratory.order", visit=visit, test="blood", reason="发热")
    assert "发热" in line["extension"][0]["valueString"]
    with pytest.raises(Alerted) as twice:
        await hospital.do("doctor", "laboratory.order", visit=visit, test="blood", reason="发热")
    assert twice.value.blocked
    with pytest.raises(Alerted) as sex:
        await hospital.do("doctor", "laboratory.order", visit=visit, test="hcg")
    assert [alert.code for alert in sex.value.alerts] == ["sex"]
    with pytest.raises(Refused):
        await hospital.do("doctor", "laboratory.order", visit=visit, test="nothing")
    with pytest.raises(NotPermitted):
        await hospital.do("nurse", "laboratory.order", visit=visit, test="esr")
    await hospital.do("doctor", "laboratory.withdraw", order=f"ServiceRequest/{line['id']}")
    assert not await hospital.rows("doctor", "laboratory.lines", visit=visit)
    hospital.clock.forward(days=-2)


async def test_tubes_are_shared_and_fasting_is_asked_for(hospital: Hospital) -> None:
    visit, orders = await ordered(hospital, await hospital.patient("检验三"), "lipids", "liver", "blood", "esr")
    made = await hospital.do("nurse", "laboratory.label", visit=visit)
    tubes = [entry["resource"] for entry in made["entry"]]
    assert sorted(len(tube["request"]) for tube in tubes) == [1, 1, 2]
    with pytest.raises(Refused):
        await hospital.do("nurse", "laboratory.label", visit=visit)
    names = [f"Specimen/{tube['id']}" for tube in tubes]
    with pytest.raises(Refused):
        await hospital.do("nurse", "laboratory.collect", specimens=names)
    with pytest.raises(Alerted):
        await hospital.do("nurse", "laboratory.collect", specimens=names, fasting="NF")
    await hospital.do("nurse", "laboratory.collect", specimens=names, fasting="NF", reason="急诊")
    assert {await hospital.state("test", order) for order in orders} == {"COLLECTED"}
    stored = await hospital.read(names[0])
    assert stored["collection"]["fastingStatusCodeableConcept"]["coding"][0]["code"] == "NF"


async def test_a_rejected_specimen_is_collected_again_or_refunded(hospital: Hospital) -> None:
    visit, (order,) = await ordered(hospital, await hospital.patient("检验四"), "electrolytes")
    (tube,) = await collected(hospital, visit)
    invoice = next(
        row.key for row in await hospital.rows("cashier", "billing.invoices") if row.patient_name == "检验四"
    )
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", invoice=invoice, reason="患者要求")
    specimen = f"Specimen/{tube['id']}"
    await hospital.do("technician", "laboratory.reject", specimen=specimen, cause="RH")
    assert await hospital.state("test", order) == "REJECTED"
    row = next(row for row in await hospital.rows("nurse", "laboratory.to_collect") if row.key == visit)
    assert row.again
    (second,) = await received(hospital, visit)
    assert number(second) != number(tube)
    assert "extension" not in await hospital.read(order)
    await hospital.do("technician", "laboratory.reject", specimen=f"Specimen/{second['id']}", cause="QS", note="<1 mL")
    charges = [line["chargeItemReference"]["reference"] for line in (await hospital.read(invoice))["lineItem"]]
    tests = [each for each in charges if "consultation" not in str((await hospital.read(each))["code"])]
    await hospital.do("cashier", "billing.refund", invoice=invoice, charges=tests, reason="患者放弃")
    await hospital.deliver()
    assert await hospital.state("test", order) == "CANCELLED"
    assert await hospital.state("visit", visit) == "FINISHED"


async def test_what_cannot_be_right_is_refused_by_name(hospital: Hospital) -> None:
    visit, (order,) = await ordered(hospital, await hospital.patient("检验五"), "electrolytes")
    await received(hospital, visit)

    async def enter(**values: str) -> Resource:
        return await hospital.do("technician", "laboratory.enter", order=order, values=values)

    for values in ({"k": "41"}, {"k": "abc"}, {"k": "4.123"}, {"wbc": "5"}):
        with pytest.raises(BadRequest) as refused:
            await enter(**values)
        assert refused.value.issues[0].expression == f"values.{next(iter(values))}"
    with pytest.raises(BadRequest):
        await enter(k=" ")
    sheet = await enter(k="4.1")
    assert await hospital.state("test", order) == "RECEIVED"
    assert sheet["status"] == "preliminary"
    with pytest.raises(Alerted) as critical:
        await enter(**{**ELECTROLYTES, "k": "6.80"})
    assert [alert.code for alert in critical.value.alerts] == ["critical"]


async def test_a_great_difference_from_the_last_value_is_asked_about(hospital: Hospital) -> None:
    patient = await hospital.patient("检验六")
    await published(hospital, patient, "blood", BLOOD)
    hospital.clock.forward(days=1)
    await close_yesterday(hospital.application)
    visit, (order,) = await ordered(hospital, patient, "blood")
    await received(hospital, visit)
    values = {**BLOOD, "hgb": "100"}
    with pytest.raises(Alerted) as delta:
        await hospital.do("technician", "laboratory.enter", order=order, values=values)
    assert "145" in delta.value.alerts[0].text
    assert "31 %" in delta.value.alerts[0].text
    sheet = await hospital.do("technician", "laboratory.enter", order=order, values=values, reason="已复检")
    note = next(each for each in sheet["contained"] if each["id"] == "hgb")["note"][0]["text"]
    assert note.endswith("已复检")
    await hospital.do("technician2", "laboratory.send_back", order=order, reason="请复查标本")
    assert await hospital.state("test", order) == "RECEIVED"
    hospital.clock.forward(days=-1)


async def test_a_correction_keeps_the_original(hospital: Hospital) -> None:
    patient = await hospital.patient("检验七")
    _visit, report = await published(hospital, patient, "electrolytes", ELECTROLYTES)
    order = report["basedOn"][0]["reference"]
    name = f"DiagnosticReport/{report['id']}"
    before = await results(hospital, report)
    await hospital.do("technician", "laboratory.correct", order=order, reason="标本混淆")
    await hospital.do("technician", "laboratory.enter", order=order, values={**ELECTROLYTES, "k": "4.90"})
    assert (await hospital.read(name))["meta"]["versionId"] == report["meta"]["versionId"]
    with pytest.raises(Refused):
        await hospital.do("technician", "laboratory.verify", order=order)
    corrected = await hospital.do("technician2", "laboratory.verify", order=order)
    assert (corrected["id"], corrected["status"]) == (report["id"], "corrected")
    after = await results(hospital, corrected)
    assert (after["k"]["status"], after["k"]["id"]) == ("corrected", before["k"]["id"])
    assert "4.10" in after["k"]["note"][0]["text"]
    assert after["na"] == before["na"]
    assert await hospital.state("test", order) == "REPORTED"


async def test_an_instrument_fills_the_worksheets_of_its_tube(hospital: Hospital) -> None:
    visit, (kidney, electrolytes) = await ordered(hospital, await hospital.patient("检验八"), "kidney", "electrolytes")
    (tube,) = await received(hospital, visit)
    given = {"2823-3": "4.2", "na": "141", "cl": "104", "ca": "2.3", "p": "1.0", "cr": "75"}

    async def measure(**values: str) -> Resource:
        return await hospital.do(
            "integrator", "laboratory.measure", accession=number(tube), values=values, device="AU5800"
        )

    with pytest.raises(BadRequest):
        await measure(k="4.2", wbc="5")
    await measure(**given)
    assert await hospital.state("test", electrolytes) == "ENTERED"
    assert await hospital.state("test", kidney) == "RECEIVED"
    await measure(urea="5.0", ua="300")
    assert await hospital.state("test", kidney) == "ENTERED"
    report = await hospital.do("technician", "laboratory.verify", order=kidney)
    assert (await results(hospital, report))["cr"]["device"]["display"] == "AU5800"


async def test_the_laboratory_sees_its_own_and_nothing_else(hospital: Hospital) -> None:
    stranger = await hospital.patient("检验九")
    visit, (order,) = await ordered(hospital, await hospital.patient("检验十"), "esr")
    await received(hospital, visit)
    rows = await hospital.rows("technician", "laboratory.to_enter")
    assert order in {row.key for row in rows}
    application, actor = hospital.application, hospital.people["technician"]
    async with application.reading(actor) as context:
        seen = await context.search("Patient", [("_id", stranger.partition("/")[2])])
        assert not seen.resources
        own = await context.read(rows[-1].patient)
        assert "telecom" not in own
        assert not (await context.search("Condition", [])).resources
