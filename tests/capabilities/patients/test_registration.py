"""Registering, finding and correcting patients."""

import asyncio

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import Alerted, Refused

NUMBER = "11010519491231002X"


async def test_an_id_number_gives_birth_date_and_sex_and_is_registered_once(hospital: Hospital) -> None:
    patient = await hospital.do("registrar", "patients.register", name="陈秀英", identity_number=NUMBER.lower())
    assert (patient["birthDate"], patient["gender"]) == ("1949-12-31", "female")
    with pytest.raises(Refused, match="陈秀英"):
        await hospital.do("registrar", "patients.register", name="陈秀兰", identity_number=NUMBER)


async def test_two_windows_registering_one_id_number_make_one_patient(hospital: Hospital) -> None:
    results = await asyncio.gather(
        *(
            hospital.run(login, "patients.register", name="刘洋", identity_number="440524188001010014")
            for login in ("registrar", "registrar2")
        ),
        return_exceptions=True,
    )
    assert sorted(isinstance(result, Refused) for result in results) == [False, True], results


@pytest.mark.parametrize(
    "values",
    [
        {"identity_number": "110105194912310021"},
        {"identity_number": NUMBER, "gender": "male"},
        {"identity_number": NUMBER, "birth_date": "1950-01-01"},
        {"gender": "male"},
        {"birth_date": "1950-01-01"},
        {"gender": "male", "birth_date": "1950-13-01"},
        {"gender": "male", "birth_date": "1950-01-01", "phone": "call me"},
        {"name": "  ", "gender": "male", "birth_date": "1950-01-01"},
    ],
)
async def test_contradictions_and_gaps_are_refused(hospital: Hospital, values: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        await hospital.do("registrar", "patients.register", **{"name": "谁", **values})


async def test_the_same_name_and_birth_date_ask_for_a_reason(hospital: Hospital) -> None:
    person = {"name": "王秀兰", "gender": "female", "birth_date": "1955-03-03"}
    await hospital.do("registrar", "patients.register", **person)
    with pytest.raises(Alerted):
        await hospital.do("registrar", "patients.register", **person)
    await hospital.do("registrar", "patients.register", **person, reason="双胞胎姐妹，已核对证件")


async def test_patients_are_found_by_whatever_the_clerk_has(hospital: Hospital) -> None:
    patient = await hospital.do(
        "registrar", "patients.register", name="欧阳靖", identity_number="53010219200508011X", phone="13912345678"
    )
    number = patient["identifier"][0]["value"]
    for text in ("欧阳", "ouyangjing", "oyj", "13912345678", number, "53010219200508011x"):
        rows = await hospital.rows("registrar", "patients.find", text=text)
        assert [row.name for row in rows] == ["欧阳靖"], text
    assert rows[0].identity_number == "5301**********011X"


async def test_contact_data_are_corrected_and_the_rest_stays(hospital: Hospital) -> None:
    patient = await hospital.patient("何雨", phone="13700000000")
    await hospital.do("registrar", "patients.correct", patient=patient, address="杏林路 1 号")
    held = await hospital.read(patient)
    assert held["telecom"][0]["value"] == "13700000000"
    assert held["address"][0]["text"] == "杏林路 1 号"


async def test_an_allergy_is_refuted_with_a_reason_and_stays_on_record(hospital: Hospital) -> None:
    patient = await hospital.patient("高敏")
    allergy = await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin")
    with pytest.raises(Refused):
        await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin")
    reference = f"AllergyIntolerance/{allergy['id']}"
    await hospital.do("doctor", "patients.refute_allergy", allergy=reference, reason="皮试阴性")
    held = await hospital.read(reference)
    assert held["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert held["note"][0]["text"] == "皮试阴性"


async def test_several_words_must_all_fit(hospital: Hospital) -> None:
    one = await hospital.patient("司马相如", birth_date="1979-05-04", phone="13912340079")
    other = await hospital.patient("司马相儒", birth_date="1981-05-04", phone="13912340081", reason="兄弟")
    for text, found in (
        ("司马", {one, other}),
        ("司马 1979", {one}),
        ("smxr 1981-05-04", {other}),
        ("1981-05-04 13912340081", {other}),
        ("司马 139-1234-0079", {one}),
        ("1979 13912340081", set()),
        ("司马, 1979", set()),
    ):
        assert {row.key for row in await hospital.rows("registrar", "patients.find", text=text)} == found, text
