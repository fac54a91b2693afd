"""Breaking the glass: one record, for its time, by its reason, until it is reviewed."""

import dataclasses

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import NotFound
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform.identity import Actor, Post

REASON = "患者昏迷送达急诊，需了解既往用药"


def elsewhere(hospital: Hospital, login: str, campus: str = "Location/far-away") -> str:
    """The same person in a post on another campus; their name among the people of the hospital."""
    person = hospital.people[login]
    roles = person.roles if login != "auditor" else ("auditor",)
    post = Post("PractitionerRole/far", roles, "Organization/far", campus)
    hospital.people[f"far-{login}"] = dataclasses.replace(person, post=post, practitioner="Practitioner/far")
    return f"far-{login}"


@pytest.fixture
def auditor(hospital: Hospital) -> str:
    hospital.people["auditor"] = Actor("auditor-1", "审计员", "auditor", None, ("auditor",), "zh_CN")
    return "auditor"


async def sees(hospital: Hospital, login: str, reference: str) -> bool:
    async with hospital.application.reading(hospital.people[login]) as context:
        return reference in await context.read_many([reference])


async def test_a_record_is_open_for_a_time_and_until_it_is_reviewed(hospital: Hospital, auditor: str) -> None:
    patient = await hospital.patient("霍青桐")
    other = await hospital.patient("香香公主")
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    number = (await hospital.read(patient))["identifier"][0]["value"]
    doctor = elsewhere(hospital, "doctor2")
    assert not await sees(hospital, doctor, patient)
    with pytest.raises(Refused, match="number"):
        await hospital.do(doctor, "privacy.break_glass", number=number[:-1], reason=REASON)
    access = await hospital.do(doctor, "privacy.break_glass", number=number, reason=REASON, hours=2)
    assert await sees(hospital, doctor, patient)
    assert await sees(hospital, doctor, visit)
    assert not await sees(hospital, doctor, other)
    assert [row.patient for row in await hospital.rows(doctor, "privacy.emergencies")] == [patient]
    assert not await hospital.rows(
        elsewhere(hospital, "doctor3", "Location/x"), "privacy.emergencies", state="JUSTIFIED"
    )
    hospital.clock.forward(hours=3)
    assert not await sees(hospital, doctor, patient), "it ends with its time"
    hospital.clock.forward(hours=-3)
    rows = await hospital.rows(auditor, "privacy.emergencies", state="OPEN")
    assert [(row.reason, row.patient_name) for row in rows if row.patient == patient] == [(REASON, "霍青桐")]
    with pytest.raises(NotPermitted):
        await hospital.do(doctor, "privacy.justify", access=f"Task/{access['id']}", note="自己说的")
    await hospital.do(auditor, "privacy.object", access=f"Task/{access['id']}", note="无急诊登记")
    assert not await sees(hospital, doctor, patient), "it ends with the review"
    with pytest.raises(Refused):
        await hospital.do(auditor, "privacy.justify", access=f"Task/{access['id']}", note="再来一次")


async def test_the_auditor_sees_who_it_was_about_and_nothing_of_the_record(hospital: Hospital, auditor: str) -> None:
    patient = await hospital.patient("余鱼同", phone="13800000001")
    visit = await hospital.consultation(patient)
    assert not await sees(hospital, auditor, visit)
    async with hospital.application.reading(hospital.people[auditor]) as context:
        shown = await context.read(patient)
    assert "name" in shown
    assert "telecom" not in shown
    assert "REDACTED" in {label["code"] for label in shown["meta"]["security"]}


async def test_another_campus_is_another_house(hospital: Hospital) -> None:
    patient = await hospital.patient("石万嗔")
    visit = await hospital.consultation(patient)
    doctor = elsewhere(hospital, "doctor2")
    for command, values in (
        ("outpatient.write_note", {"visit": visit, "chief_complaint": "x", "present_illness": "y"}),
        ("pharmacy.prescribe", {"visit": visit, "medicine": "amlodipine-5"}),
        ("patients.record_allergy", {"patient": patient, "allergen": "penicillin"}),
    ):
        with pytest.raises(NotFound):
            await hospital.do(doctor, command, **values)
    assert patient not in {row.key for row in await hospital.rows(doctor, "patients.find", text="石万嗔")}
    assert patient in {
        row.key for row in await hospital.rows(elsewhere(hospital, "registrar"), "patients.find", text="石万嗔")
    }
