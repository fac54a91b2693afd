"""Whether two registrations are one person, and what comes of it for registrations that desks got wrong."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.capabilities.patients.duplicates import PAIR_CODE
from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.capabilities.patients.matching import LIKELY, POSSIBLE, comparing, person, weigh
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import Alerted
from xinglin.synthetic.charting import chart
from xinglin.synthetic.duplicates import second_registration
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.timeline import History, histories

VALID, OTHER_VALID, MISTYPED = "11010519491231002X", "110105194912310038", "11010519491231020X"
PLAN = Plan(patients=260, duplicates=0.3, seed=5)
PRECISION, RECALL = 0.99, 0.95


def record(name: str = "张三丰", **values: Any) -> dict[str, Any]:
    identity, phone = values.pop("identity", None), values.pop("phone", None)
    return {
        "resourceType": "Patient",
        "id": "x",
        "name": [{"text": name}],
        "gender": "male",
        "birthDate": "1960-02-01",
        "identifier": [{"system": SYSTEM, "value": identity}] if identity else [],
        "telecom": [{"system": "phone", "value": phone}] if phone else [],
        **values,
    }


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("张三丰", "张 三丰", "same"),
        ("张静", "章婧", "sound"),
        ("李黎明", "李离民", "sound"),
        ("李末", "李未", "look"),
        ("佘晴", "余睛", "look"),
        ("张三丰", "张丰三", "order"),
        ("张三丰", "张三", "character"),
        ("张三丰", "张山峰", "sound"),
        ("张伟", "张强", "surname"),
        ("欧阳修", "欧阳靖", "character"),
        ("欧阳修", "欧文", "different"),
        ("John Smith", "smith john", "order"),
        ("王芳", "李强", "different"),
        ("", "李强", None),
    ],
)
def test_names(one: str, other: str, level: str | None) -> None:
    people = [person(record(each)).name for each in (one, other)]
    assert comparing.names(people[0], people[1]) == level
    assert comparing.names(people[1], people[0]) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1960-02-01", "1960-02-01", "same"),
        ("1960-01-01", "1960-01-01", "placeholder"),
        ("1960-02-03", "1960-03-02", "swapped"),
        ("1960-03-01", "1960-02-29", "near"),
        ("1960-02-11", "1960-02-17", "near"),
        ("1960-02-11", "1950-02-11", "near"),
        ("1960-02-11", "1960-02-28", "month"),
        ("1960-02-11", "1960-09-30", "year"),
        ("1960-02-11", "1987-07-23", "different"),
    ],
)
def test_birth_dates(one: str, other: str, level: str) -> None:
    assert comparing.births(date.fromisoformat(one), date.fromisoformat(other)) == level


def test_two_numbers_that_are_both_right_belong_to_two_people() -> None:
    assert comparing.identities(VALID, VALID) == "same"
    assert comparing.identities(VALID, OTHER_VALID) == "proven"
    assert comparing.identities(VALID, MISTYPED) == "slip"
    assert comparing.identities(VALID, "") is None


@given(st.text("0123456789", min_size=6, max_size=12), st.data())
def test_a_slip_of_the_keyboard_is_one(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    other = str((int(text[place]) + 1) % 10)
    assert comparing.slip(text, swapped) == (text != swapped)
    for wrong in (text[:place] + other + text[place + 1 :], text[:place] + text[place + 1 :], text + "7"):
        assert comparing.slip(text, wrong)
        assert comparing.slip(wrong, text)
    assert not comparing.slip(text, "xx" + text)


def test_what_a_family_shares_makes_nobody_the_same_person() -> None:
    home = {"phone": "13812345678", "address": [{"text": "杏林市青囊区杏林路 12 号 3 幢 501 室"}]}
    brother = weigh(person(record("张三丰", **home)), person(record("张三立", **home, birthDate="1962-06-07")))
    wife = weigh(person(record("张三丰", **home)), person(record("李秀英", **home, gender="female")))
    twins = weigh(
        person(record("张三丰", **home, identity=VALID)), person(record("张三立", **home, identity=OTHER_VALID))
    )
    newborn = [record("李秀英之婴", **home, multipleBirthInteger=number) for number in (1, 2)]
    assert max(brother.chance, wife.chance) < POSSIBLE
    assert twins.chance < LIKELY
    assert weigh(person(newborn[0]), person(newborn[1])).chance < LIKELY
    again = weigh(person(record("张三丰", **home)), person(record("张三峰", **home, birthDate="1960-01-02")))
    assert again.chance > LIKELY
    assert again.reasons[:2] == ["day and month of birth the wrong way round", "same phone"]


async def test_the_list_holds_the_second_registrations_and_hardly_anything_else(hospital: Hospital) -> None:
    truth = {}
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, as_system("zh_CN"))
        for history in histories(PLAN):
            first = chart(PLAN, History(**{**vars(history), "visits": ()}))[0]
            await context.create(first, id=first["id"])
            if second := second_registration(PLAN, history.number, first):
                await context.create(second.patient, id=second.patient["id"])
                truth[frozenset((f"Patient/{second.first}", f"Patient/{second.patient['id']}"))] = second.mistakes
    task = await hospital.do("records", "patients.compare_all")
    await hospital.deliver()
    done = await hospital.read(f"Task/{task['id']}")
    assert done["status"] == "completed"
    rows = await hospital.rows("records", "patients.duplicates", limit=500)
    found = {frozenset((row.patient, row.other)) for row in rows}
    right = len(found & truth.keys())
    assert len(truth) > 60
    assert right / len(found) >= PRECISION, found - truth.keys()
    assert right / len(truth) >= RECALL, [truth[pair] for pair in truth.keys() - found]
    await hospital.do("records", "patients.compare_all")
    await hospital.deliver()
    assert len(await hospital.rows("records", "patients.duplicates", limit=500)) == len(rows)


async def test_the_desk_sees_who_it_may_be_before_a_second_record_is_made(hospital: Hospital) -> None:
    await hospital.do(
        "registrar", "patients.register", name="陈晓静", gender="female", birth_date="1988-07-12", phone="13912345678"
    )
    again = {"name": "陈小婧", "gender": "female", "birth_date": "1988-12-07", "phone": "13912345678"}
    with pytest.raises(Alerted) as refused:
        await hospital.do("registrar", "patients.register", **again)
    (alert,) = refused.value.alerts
    assert "姓名读音相同" in alert.text
    assert "出生月日颠倒" in alert.text
    assert str(alert.evidence).startswith("Patient/")
    second = await hospital.do("registrar", "patients.register", **again, reason="本人坚持未曾就诊")
    await hospital.deliver()
    rows = await hospital.rows("records", "patients.duplicates", limit=500)
    (row,) = [row for row in rows if second["id"] in row.other]
    assert row.patient == alert.evidence
    assert row.chance > 90
    assert PAIR_CODE in str(await hospital.read(row.key))
