"""Phrases: one's own and the department's."""

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import NotPermitted, Refused


async def found(hospital: Hospital, login: str, text: str) -> list[tuple[str, str]]:
    return [(row.shortcut, row.text) for row in await hospital.rows(login, "outpatient.phrases", text=text)]


async def test_phrases_are_one_s_own_or_the_department_s(hospital: Hospital) -> None:
    await hospital.do("doctor", "outpatient.keep_phrase", shortcut="htn", text="高血压病史 ___ 年")
    await hospital.do("doctor", "outpatient.keep_phrase", shortcut="htn2", text="规律服药", shared=True)
    assert await found(hospital, "doctor", "HTN") == [("htn", "高血压病史 ___ 年"), ("htn2", "规律服药")]
    assert await found(hospital, "doctor", "服药") == [("htn2", "规律服药")]
    assert await found(hospital, "doctor2", "htn") == [], "another department has phrases of its own"
    await hospital.do("doctor", "outpatient.keep_phrase", shortcut="htn", text="高血压 ___ 年")
    assert await found(hospital, "doctor", "htn") == [("htn", "高血压 ___ 年"), ("htn2", "规律服药")]
    await hospital.do("doctor", "outpatient.drop_phrase", shortcut="htn")
    await hospital.do("doctor", "outpatient.drop_phrase", shortcut="htn2", shared=True)
    assert await found(hospital, "doctor", "") == []
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.drop_phrase", shortcut="htn")
    await hospital.do("doctor", "outpatient.keep_phrase", shortcut="肺", text="双肺呼吸音清")
    assert await found(hospital, "doctor", "肺") == [("肺", "双肺呼吸音清")]


async def test_letters_and_people_are_checked(hospital: Hospital) -> None:
    with pytest.raises(BadRequest):
        await hospital.do("doctor", "outpatient.keep_phrase", shortcut="a b", text="x")
    with pytest.raises(NotPermitted):
        await hospital.do("pharmacist", "outpatient.keep_phrase", shortcut="ab", text="x")
