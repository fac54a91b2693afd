"""Printing through the server: who may, what it leaves on record, and how a paper is checked."""

import re

import httpx

from tests.hospital import Hospital
from xinglin.kernel.application import Application
from xinglin.operations.hospital import PASSWORD
from xinglin.web.printing.pages import verification_code


async def sign_in(client: httpx.AsyncClient, login: str) -> None:
    client.cookies.clear()
    page = await client.get("/signin")
    token = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert token
    form = {"login": login, "password": PASSWORD, "_csrf": token[1]}
    done = await client.post("/signin", data=form, headers={"Origin": "http://hospital"})
    assert done.status_code == 303


async def printed(hospital: Hospital, application: Application) -> list[tuple[str, str, list[str]]]:
    await application.recorder.flush()
    async with hospital.application.database.transaction() as connection:
        query = "SELECT command, outcome, entities FROM audit_event WHERE action = 'print' ORDER BY id"
        return await (await connection.execute(query)).fetchall()


async def test_a_prescription_is_printed_on_record_and_its_paper_checked(
    client: httpx.AsyncClient, hospital: Hospital, application: Application
) -> None:
    patient = await hospital.patient("王打印", birth_date="2020-01-05")
    visit, number = await hospital.signed_prescription(patient)
    await sign_in(client, "pharmacist")
    answer = await client.get("/print/pharmacy.prescription", params={"prescription": number})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"%PDF")
    assert (await printed(hospital, application))[-1] == ("pharmacy.prescription", "success", [patient])

    printout = hospital.application.registry.printouts["pharmacy.prescription"]
    async with hospital.application.reading(hospital.people["pharmacist"]) as context:
        data = await printout.run(context, {"prescription": number})
    assert (data["kind"], data["signed"], data["void"]) == ("儿科", True, "")
    assert data["sheets"][0][0]["quantity"]
    code = verification_code(printout, data)
    check = {"prescription": number, "code": code}
    assert "真实且为最新" in (await client.get("/print/pharmacy.prescription/check", params=check)).text

    await hospital.do("pharmacist", "pharmacy.reject", prescription=number, reason="剂量待核")
    answer = await client.get("/print/pharmacy.prescription/check", params=check)
    assert "不一致" in answer.text
    assert (await client.get("/print/outpatient.record", params={"visit": visit})).status_code == 403
    assert (await printed(hospital, application))[-1][:2] == ("outpatient.record", "refused")


async def test_a_record_is_printed_by_the_doctor_of_the_visit_alone(
    client: httpx.AsyncClient, hospital: Hospital, application: Application
) -> None:
    patient = await hospital.patient("李病历")
    visit, _number = await hospital.signed_prescription(patient)
    await sign_in(client, "doctor")
    answer = await client.get("/print/outpatient.record", params={"visit": visit})
    assert answer.content.startswith(b"%PDF")
    assert patient in (await printed(hospital, application))[-1][2]
    for params, status in (({}, 400), ({"visit": "Patient/1"}, 400), ({"visit": "Encounter/none"}, 404)):
        assert (await client.get("/print/outpatient.record", params=params)).status_code == status
    assert (await client.get("/print/outpatient.nothing")).status_code == 404
    await sign_in(client, "doctor2")
    assert (await client.get("/print/outpatient.record", params={"visit": visit})).status_code == 409


async def test_what_a_record_says_comes_from_the_visit(hospital: Hospital) -> None:
    visit, _number = await hospital.signed_prescription(await hospital.patient("赵内容"))
    printout = hospital.application.registry.printouts["outpatient.record"]
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        data = await printout.run(context, {"visit": visit})
    assert data["sections"][0]["text"] == "头晕 2 周"
    assert data["diagnoses"] == ["原发性高血压 I10"]
    assert data["orders"][0]["lines"][0]["headline"].startswith("苯磺酸氨氯地平")
    assert data["signed_by"] == hospital.people["doctor"].name
    await hospital.do("doctor", "outpatient.reopen", visit=visit, reason="补充病史")
    await hospital.write_note_only(visit)
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        assert (await printout.run(context, {"visit": visit}))["signed_by"] == ""
