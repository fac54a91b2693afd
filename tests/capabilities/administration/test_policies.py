"""A hospital's own rules: checked when they are made, in force for everybody at once, and given up again."""

import json

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.kernel.errors import NotPermitted, Refused


async def sees(hospital: Hospital, login: str, reference: str) -> bool:
    async with hospital.application.reading(hospital.people[login]) as context:
        return reference in await context.read_many([reference])


async def test_own_rules_and_back(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinglin.platform.access.policies.SECONDS", 0.0)
    patient = await hospital.patient("岳灵珊")
    visit = await hospital.consultation(patient)
    assert await sees(hospital, "doctor3", visit)
    rules = [
        {"types": ["@general"]},
        {"types": ["Patient"], "campus": True, "hidden": ["telecom"]},
        {"types": ["@record"], "treating": True, "labels": ["*"]},
    ]
    values = {"role": "doctor", "rules": json.dumps(rules)}
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "administration.set_policy", **values)
    await hospital.do("administrator", "administration.set_policy", **values)
    assert not await sees(hospital, "doctor3", visit)
    assert await sees(hospital, "doctor", visit), "the one who treats the patient"
    (row,) = [row for row in await hospital.rows("administrator", "administration.policies") if row.key == "doctor"]
    assert row.state == "own"
    assert [rule["types"] for rule in json.loads(row.rules)] == [["@general"], ["Patient"], ["@record"]]
    await hospital.do("administrator", "administration.reset_policy", role="doctor")
    assert await sees(hospital, "doctor3", visit)
    with pytest.raises(Refused):
        await hospital.do("administrator", "administration.reset_policy", role="doctor")


async def test_no_rule_nothing_seen(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinglin.platform.access.policies.SECONDS", 0.0)
    patient = await hospital.patient("任盈盈")
    await hospital.do("administrator", "administration.set_policy", role="doctor", rules="[]")
    try:
        with pytest.raises(NotFound):
            await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin")
    finally:
        await hospital.do("administrator", "administration.reset_policy", role="doctor")


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("[x]", "JSON"),
        ("{}", "list|列表"),
        ("[1]", "1.*a rule is an object"),
        ('[{"types": []}]', "1.*types: at least"),
        ('[{"types": ["Patient"]}, {"types": ["Patiant"]}]', "2.*types: Patiant"),
        ('[{"types": ["Patient"], "secret": true}]', "secret: accepted are types"),
        ('[{"types": ["Patient"], "campus": "east"}]', "campus: true or false"),
        ('[{"types": ["Patient"], "criteria": "nome=x"}]', "criteria: .*no search parameter nome"),
        ('[{"types": ["Patient"], "criteria": "general-practitioner=%doctor"}]', "%doctor is not known"),
        ('[{"types": ["@record"], "criteria": "status=final"}]', "types by name"),
        ('[{"types": ["Observation"], "criteria": "code:in=http://x"}]', "depends on terminology"),
        ('[{"types": ["Patient"], "hidden": ["phone"]}]', "no element phone"),
        ('[{"types": ["Patient"], "hidden": ["meta"]}]', "always shown"),
        ('[{"types": ["Patient"], "labels": ["XYZ"]}]', "labels: XYZ"),
        ('[{"types": ["Patient"], "interactions": ["print"]}]', "interactions: print"),
    ],
)
async def test_rules_that_cannot_be_used_say_why(hospital: Hospital, rules: str, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        await hospital.do("administrator", "administration.set_policy", role="doctor", rules=rules)


async def test_the_rules_of_those_who_watch_stay(hospital: Hospital) -> None:
    for role in ("auditor", "integrator", "administrator", "system", "nobody"):
        with pytest.raises(Refused):
            await hospital.do("administrator", "administration.set_policy", role=role, rules="[]")
