"""Risks, and what the banner says of a patient on whichever station."""

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.patients.banner import Known, known
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted, Refused


async def banner(hospital: Hospital, login: str, patient: str) -> Known:
    async with hospital.application.reading(hospital.people[login]) as context:
        return await known(context, await context.read(patient))


def codes(shown: Known) -> list[str]:
    return [each.code or each.text for each in shown.risks]


async def test_a_risk_is_set_shown_everywhere_and_ended_with_who_and_when(hospital: Hospital) -> None:
    patient = await hospital.patient("风险甲")
    await hospital.waiting_visit(patient)
    await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin", severity="severe")
    await hospital.do("registrar", "patients.set_risk", patient=patient, risk="hearing")
    fall = await hospital.do("doctor", "patients.set_risk", patient=patient, risk="fall-risk", note="近 1 月跌倒 2 次")
    await hospital.do("doctor", "patients.set_risk", patient=patient, risk="airborne-isolation")
    for login in ("registrar", "doctor", "pharmacist", "cashier"):
        shown = await banner(hospital, login, patient)
        assert codes(shown) == ["airborne-isolation", "fall-risk", "hearing"], login
        assert shown.allergies is not None
        assert [(each.text, each.code) for each in shown.allergies] == [("青霉素类", "severe")]
        assert shown.payer == ""
    ended = await hospital.do("doctor", "patients.end_risk", flag=f"Flag/{fall['id']}", reason="评估为低风险")
    assert (ended["status"], ended["author"]["display"]) == ("inactive", "陈立新")
    assert {item["url"].rpartition(":")[2] for item in ended["extension"]} == {"note", "ended-by", "ended-because"}
    assert codes(await banner(hospital, "doctor", patient)) == ["airborne-isolation", "hearing"]
    with pytest.raises(Refused):
        await hospital.do("doctor", "patients.end_risk", flag=f"Flag/{fall['id']}", reason="再次")


async def test_what_is_sensitive_is_seen_by_those_who_treat_the_patient_alone(hospital: Hospital) -> None:
    patient = await hospital.patient("风险乙")
    await hospital.waiting_visit(patient)
    for risk in ("self-harm", "blood-borne", "vip"):
        await hospital.do("doctor", "patients.set_risk", patient=patient, risk=risk)
    assert codes(await banner(hospital, "doctor", patient)) == ["self-harm", "blood-borne", "vip"]
    assert codes(await banner(hospital, "doctor2", patient)) == []
    assert codes(await banner(hospital, "registrar", patient)) == ["vip"]
    assert codes(await banner(hospital, "cashier", patient)) == []


async def test_risks_that_can_not_be_are_refused(hospital: Hospital) -> None:
    patient = await hospital.patient("风险丙")
    with pytest.raises(NotPermitted):
        await hospital.do("registrar", "patients.set_risk", patient=patient, risk="fall-risk")
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "patients.set_risk", patient=patient, risk="vip")
    with pytest.raises(BadRequest):
        await hospital.do("doctor", "patients.set_risk", patient=patient, risk="bad-luck")
    with pytest.raises(Refused, match="写明"):
        await hospital.do("doctor", "patients.set_risk", patient=patient, risk="other-risk")
    with pytest.raises(Refused, match="日期已过"):
        await hospital.do("doctor", "patients.set_risk", patient=patient, risk="pregnant", until="2026-11-22")
    await hospital.do("doctor", "patients.set_risk", patient=patient, risk="pregnant", until="2026-11-23")
    with pytest.raises(Refused, match="已标注"):
        await hospital.do("doctor", "patients.set_risk", patient=patient, risk="pregnant")
    hospital.clock.forward(days=1)
    try:
        assert codes(await banner(hospital, "doctor", patient)) == []
    finally:
        hospital.clock.forward(days=-1)


async def test_an_allergen_that_no_list_has_is_written_by_name(hospital: Hospital) -> None:
    patient = await hospital.patient("风险丁")
    values = {"patient": patient, "allergen": "other-allergen"}
    with pytest.raises(BadRequest):
        await hospital.do("doctor", "patients.record_allergy", **values)
    await hospital.do("doctor", "patients.record_allergy", **values, name="芒果", reaction="口唇肿胀")
    with pytest.raises(Refused):
        await hospital.do("doctor", "patients.record_allergy", **values, name="芒果")
    await hospital.do("doctor", "patients.record_allergy", **values, name="猫毛")
    shown = await banner(hospital, "doctor", patient)
    assert shown.allergies is not None
    assert [(each.text, each.more) for each in shown.allergies] == [("芒果", "口唇肿胀"), ("猫毛", "")]


async def test_the_banner_says_who_pays_now(hospital: Hospital) -> None:
    patient = await hospital.patient("付甲")
    await hospital.waiting_visit(patient)
    for name, period in (("新农合", {"end": "2025-12-31"}), ("城镇职工基本医疗保险", {"start": "2026-01-01"})):
        cover = {
            "resourceType": "Coverage",
            "status": "active",
            "type": {"text": name},
            "beneficiary": {"reference": patient},
            "payor": [{"display": "杏林市医保局"}],
            "period": period,
        }
        async with hospital.application.database.transaction() as connection:
            await hospital.application.context(connection, as_system("en")).create(cover)
    for login in ("doctor", "doctor2"):
        assert (await banner(hospital, login, patient)).payer == "城镇职工基本医疗保险"
    assert (await banner(hospital, "auditor", patient)).payer is None
    assert (await banner(hospital, "auditor", patient)).allergies is None
