"""Accounts in bulk: shown before they are made, all or nothing, and the same file twice changes nothing more."""

from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import Alerted
from xinglin.platform import identity
from xinglin.platform.i18n import use_locale

HEAD = "login,name,employee_number,roles,department,campus\n"
FILE = (
    HEAD + "zhang.wei,张伟,7001,doctor,心血管内科,总院区\n"
    "li.na,李娜,7002,nurse;registrar,全科医学科,东院区\n"
    "wang.qiang,王强,,manager,,\n"
)


@pytest.fixture(autouse=True)
def english() -> Any:
    with use_locale("en"):
        yield


async def load(hospital: Hospital, text: str, reason: str | None = None) -> list[dict[str, str]]:
    values = {"text": text, **({"reason": reason} if reason else {})}
    return (await hospital.do("administrator", "administration.import_accounts", **values)).get("parameter", [])


async def logins(hospital: Hospital) -> set[str]:
    return {row.login for row in await hospital.rows("administrator", "administration.accounts", limit=500)}


async def test_a_file_is_shown_first_then_done_and_done_once(hospital: Hospital) -> None:
    before = await logins(hospital)
    with pytest.raises(Alerted) as shown:
        await load(hospital, FILE)
    assert not shown.value.blocked
    texts = [alert.text for alert in shown.value.alerts]
    assert texts[0] == "3 new accounts, 0 new posts, 0 lines are done already"
    assert texts[1] == "Line 2: zhang.wei · 张伟 · Doctor · 心血管内科 · 总院区"
    assert await logins(hospital) == before
    told = await load(hospital, FILE, "new staff in December")
    assert [one["name"] for one in told] == ["zhang.wei", "li.na", "wang.qiang"]
    assert await logins(hospital) == before | {"zhang.wei", "li.na", "wang.qiang"}
    async with hospital.application.database.transaction() as connection:
        now = hospital.clock()
        account = await identity.find_account(connection, "li.na")
        assert account
        actor = await identity.at_work(connection, account, now)
    assert actor.post
    assert (actor.roles, actor.post.title) == (("nurse", "registrar"), "全科医学科 · 东院区")
    password = told[1]["valueString"]
    database = hospital.application.database
    assert await identity.authenticate(database, login="li.na", password=password, client="x", now=now)
    assert await load(hospital, FILE) == []
    assert len(await hospital.rows("administrator", "administration.accounts", limit=500)) == len(before) + 3


async def test_a_line_may_add_a_post_to_somebody(hospital: Hospital) -> None:
    file = HEAD + "doctor3,赵思远,,doctor,全科医学科,东院区\ndoctor3x,新人,,doctor,全科医学科,\n"
    with pytest.raises(Alerted) as shown:
        await load(hospital, file)
    assert shown.value.alerts[0].text.startswith("1 new account, 1 new post")
    assert len(await load(hospital, file, "rotation")) == 1
    key = f"account/{hospital.people['doctor3'].account_id}"
    rows = await hospital.rows("administrator", "administration.posts", account=key)
    assert [row.department for row in rows] == ["呼吸内科", "全科医学科"]


async def test_headings_and_roles_may_be_those_of_the_page(hospital: Hospital) -> None:
    with use_locale("zh_CN"):
        file = "\ufeff账号,姓名,角色,科室\nsun.li,孙丽,医生、护士,呼吸内科\n"
        told = await load(hospital, file, "新员工")
    assert [one["name"] for one in told] == ["sun.li"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("doctor,李四,,doctor,,", "The account doctor is that of 陈立新"),
        ("x,李四,,doctor,,", "Account: needs at least 2 characters"),
        ("a b,李四,,doctor,,", "Account: does not have the expected form"),
        (",李四,,doctor,,", "Account: needs at least 2 characters"),
        ("li.si,,,doctor,,", "Name: needs at least 1"),
        ("li.si,李四,,surgeon,,", "surgeon is no role; accepted are registrar (Registrar)"),
        ("li.si,李四,,system,,", "system is no role"),
        ("li.si,李四,,,,", "Roles: needs at least 1 entries"),
        ("li.si,李四,,doctor,外科,", "Department: there is no 外科; there are"),
        ("li.si,李四,,doctor,心血管内科,南院区", "Campus: there is no 南院区"),
        ("li.si,李四,,doctor,,总院区", "A post needs a department"),
        ("li.si,李四,0003,doctor,,", "The employee number 0003 is that of 陈立新"),
        ("good,好人,,nurse,,", "Account: good is in line 2 already"),
        ("GOOD,好人,,nurse,,", "Account: good is in line 2 already"),
        ("li.si,李四,8001,nurse,,", "Employee number: 8001 is in line 2 already"),
        ("doctor,陈立新,,custodian,心血管内科,", "Give the account itself the role first: custodian"),
    ],
)
async def test_one_wrong_line_stops_all_and_is_named(hospital: Hospital, line: str, message: str) -> None:
    before = await logins(hospital)
    with pytest.raises(Alerted) as refused:
        await load(hospital, f"{HEAD}good,好人,8001,nurse,,\n{line}\n", "with a reason, too")
    assert refused.value.blocked
    assert refused.value.alerts[0].text.startswith(f"Line 3: {message}")
    assert await logins(hospital) == before


async def test_every_wrong_line_is_named(hospital: Hospital) -> None:
    with pytest.raises(Alerted) as refused:
        await load(hospital, f"{HEAD}x,好人,,nurse,,\n\nok.ok,好人,,nurse,,\nli.si,李四,,surgeon,外科,\n")
    assert [alert.text[:7] for alert in refused.value.alerts] == ["Line 2:", "Line 5:"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("login,name\nx,y\n", "login, name, roles are needed"),
        ("login,name,roles,age\na,b,c,d\n", "must name the columns"),
        ("login,login,name,roles\na,b,c,d\n", "each once"),
        (HEAD, "1 to 300 lines"),
        (HEAD + "ab,好人,,nurse,,\n" * 301, "1 to 300 lines"),
        (HEAD + "ab,好人,,nurse,,,,\n", "Line 2: more fields than columns"),
        (",,\n,\n", "must name the columns"),
        (f'{HEAD}ab,"{"x" * 140_000}",,nurse,,', "Line 2: field larger"),
    ],
)
async def test_what_is_no_such_file_is_told(hospital: Hospital, text: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message) as refused:
        await load(hospital, text)
    assert refused.value.issues[0].expression == "text"
