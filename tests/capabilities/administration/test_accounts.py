"""Accounts, posts, departments and campuses, as administrators make, change and close them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform import identity

CARDIOLOGY, GENERAL = "Organization/department-cardiology", "Organization/department-general"
MAIN, EAST = "Location/campus-main", "Location/campus-east"


async def admin(hospital: Hospital, verb: str, **values: Any) -> Resource:
    return await hospital.do("administrator", f"administration.{verb}", **values)


async def make(hospital: Hospital, roles: tuple[str, ...] = ("doctor",), **values: Any) -> tuple[str, str, str]:
    """A new account: its key, login and password."""
    login = f"u-{uuid4().hex[:8]}"
    told = await admin(hospital, "create_account", login=login, name="王芳", roles=list(roles), **values)
    (parameter,) = told["parameter"]
    async with hospital.application.database.transaction() as connection:
        account = await identity.find_account(connection, login)
    assert account
    assert parameter["name"] == login
    return f"account/{account.account_id}", login, parameter["valueString"]


async def at_work(hospital: Hospital, login: str) -> identity.Account:
    async with hospital.application.database.transaction() as connection:
        account = await identity.find_account(connection, login)
        assert account
        return await identity.at_work(connection, account, hospital.clock())


async def session(hospital: Hospital, login: str) -> str:
    async with hospital.application.database.transaction() as connection:
        account = await identity.find_account(connection, login)
        assert account
        hours = timedelta(hours=12)
        opened = await identity.open_session(connection, account, client="", now=hospital.clock(), absolute=hours)
    return opened.token


async def alive(hospital: Hospital, token: str) -> identity.Session | None:
    async with hospital.application.database.transaction() as connection:
        return await identity.resume_session(connection, token, hospital.clock(), idle=timedelta(hours=12))


async def subjects(hospital: Hospital, command: str) -> list[str]:
    async with hospital.application.database.transaction() as connection:
        query = "SELECT entities FROM audit_event WHERE command = %s ORDER BY id DESC LIMIT 1"
        row = await (await connection.execute(query, (f"administration.{command}",))).fetchone()
    return list(row[0]) if row else []


async def test_a_new_member_of_staff_has_a_post_and_a_password_to_change(hospital: Hospital) -> None:
    key, login, password = await make(hospital, department=CARDIOLOGY, campus=MAIN, employee_number="9001")
    async with hospital.application.database.transaction() as connection:
        now = hospital.clock()
        account = await identity.authenticate(
            hospital.application.database, login=login, password=password, client="x", now=now
        )
        assert await identity.password_due(connection, account.account_id, now)
    assert account.roles == ()  # what a post gives is not the account's own
    actor = await at_work(hospital, login)
    assert actor.post
    assert (actor.roles, actor.post.department, actor.post.campus) == (("doctor",), CARDIOLOGY, MAIN)
    assert actor.post.title == "心血管内科 · 总院区"
    (row,) = await hospital.rows("administrator", "administration.accounts", text=login)
    assert (row.key, row.posts, row.state, row.password) == (key, "心血管内科 · 总院区", "active", "due")
    found = await subjects(hospital, "create_account")
    assert found[-1] == key
    assert {item.partition("/")[0] for item in found} == {"Practitioner", "PractitionerRole", "account"}


async def test_without_a_department_the_roles_are_those_of_the_account(hospital: Hospital) -> None:
    _key, login, _password = await make(hospital, roles=("manager",))
    actor = await at_work(hospital, login)
    assert (actor.post, actor.roles) == (None, ("manager",))


async def test_reserved_roles_need_the_account_itself(hospital: Hospital) -> None:
    key, login, _password = await make(hospital, roles=("administrator", "doctor"), department=CARDIOLOGY)
    assert (await at_work(hospital, login)).roles == ("administrator", "doctor")
    plain, login, _password = await make(hospital, department=CARDIOLOGY)
    with pytest.raises(BadRequest, match=r"custodian"):
        await admin(hospital, "give_post", account=plain, department=GENERAL, roles=["custodian"])
    await admin(hospital, "change_account", account=plain, name="王芳", roles=["custodian"])
    await admin(hospital, "give_post", account=plain, department=GENERAL, roles=["custodian"])
    assert key != plain


async def test_posts_are_given_changed_and_ended(hospital: Hospital) -> None:
    key, login, _password = await make(hospital, department=CARDIOLOGY, campus=MAIN)
    token = await session(hospital, login)
    made = await admin(hospital, "give_post", account=key, department=GENERAL, campus=EAST, roles=["nurse"])
    assert made["period"] == {"start": hospital.clock().date().isoformat()}
    second = f"PractitionerRole/{made['id']}"
    first, _second = await hospital.rows("administrator", "administration.posts", account=key)
    await admin(hospital, "change_post", post=first.key, department=CARDIOLOGY, roles=["doctor", "manager"])
    held = await alive(hospital, token)
    assert held
    assert held.actor.post
    assert (held.actor.roles, held.actor.post.campus) == (("doctor", "manager"), None)
    today = hospital.clock().date()
    with pytest.raises(BadRequest) as refused:
        await admin(hospital, "end_post", post=first.key, last_day=(today - timedelta(days=1)).isoformat())
    assert refused.value.issues[0].expression == "last_day"
    await admin(hospital, "end_post", post=first.key, last_day=today.isoformat())
    assert await alive(hospital, token)
    await admin(hospital, "end_post", post=first.key, last_day=today.isoformat(), at_once=True)
    assert await alive(hospital, token) is None
    assert (await at_work(hospital, login)).roles == ("nurse",)
    await admin(hospital, "end_post", post=second, last_day=today.isoformat(), at_once=True)
    with pytest.raises(identity.AccountError):
        await at_work(hospital, login)
    assert [row.state for row in await hospital.rows("administrator", "administration.posts", account=key)] == [
        "ended", "ended"
    ]  # fmt: skip


async def test_a_post_may_begin_later_and_end_before_it_has_begun(hospital: Hospital) -> None:
    key, login, _password = await make(hospital, department=CARDIOLOGY)
    later = (hospital.clock().date() + timedelta(days=9)).isoformat()
    made = await admin(hospital, "give_post", account=key, department=GENERAL, roles=["nurse"], first_day=later)
    async with hospital.application.database.transaction() as connection:
        person = await identity.find_account(connection, login)
        assert person
        posts, _ever = await identity.posts_of(connection, person.practitioner, hospital.clock())
    assert [post.department for post in posts] == [CARDIOLOGY]
    reference = f"PractitionerRole/{made['id']}"
    ended = await admin(hospital, "end_post", post=reference, last_day=hospital.clock().date().isoformat())
    assert "start" not in ended["period"]


async def test_a_password_is_reset_and_the_sessions_end(hospital: Hospital) -> None:
    key, login, former = await make(hospital, department=CARDIOLOGY)
    token = await session(hospital, login)
    told = await admin(hospital, "reset_password", account=key)
    assert await alive(hospital, token) is None
    database, now = hospital.application.database, hospital.clock()
    with pytest.raises(identity.SignInRefused):
        await identity.authenticate(database, login=login, password=former, client="y", now=now)
    fresh = told["parameter"][0]["valueString"]
    assert await identity.authenticate(database, login=login, password=fresh, client="y", now=now)
    assert await subjects(hospital, "reset_password") == [key]


async def test_a_second_factor_is_removed(hospital: Hospital) -> None:
    key, login, _password = await make(hospital, department=CARDIOLOGY)
    with pytest.raises(Refused):
        await admin(hospital, "reset_factor", account=key)
    async with hospital.application.database.transaction() as connection:
        values = (key.removeprefix("account/"), b"x", hospital.clock())
        await connection.execute("INSERT INTO second_factor VALUES (%s, %s, %s, 0)", values)
    token = await session(hospital, login)
    await admin(hospital, "reset_factor", account=key)
    assert await alive(hospital, token) is None
    (row,) = await hospital.rows("administrator", "administration.accounts", text=login)
    assert row.factor == ""


async def test_an_account_is_closed_and_reopened(hospital: Hospital) -> None:
    key, login, password = await make(hospital, department=CARDIOLOGY)
    token = await session(hospital, login)
    await admin(hospital, "close_account", account=key)
    assert await alive(hospital, token) is None
    database, now = hospital.application.database, hospital.clock()
    with pytest.raises(identity.SignInRefused):
        await identity.authenticate(database, login=login, password=password, client="z", now=now)
    await admin(hospital, "reopen_account", account=key)
    assert await identity.authenticate(database, login=login, password=password, client="z", now=now)


async def test_nobody_shuts_themselves_out(hospital: Hospital) -> None:
    own = f"account/{hospital.people['administrator'].account_id}"
    with pytest.raises(Refused):
        await admin(hospital, "close_account", account=own)
    with pytest.raises(Refused):
        await admin(hospital, "change_account", account=own, name="何静", roles=["doctor"])
    await admin(hospital, "change_account", account=own, name="何静", roles=["administrator"])


async def test_a_new_name_is_that_of_the_practitioner_too(hospital: Hospital) -> None:
    key, login, _password = await make(hospital, department=CARDIOLOGY)
    await admin(hospital, "change_account", account=key, name="王芳华")
    actor = await at_work(hospital, login)
    assert actor.name == "王芳华"
    person = await hospital.read(str(actor.practitioner))
    assert person["name"] == [{"use": "official", "text": "王芳华"}]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"login": "doctor"}, "login"),
        ({"login": "a b"}, "login"),
        ({"roles": ["system"]}, "roles.0"),
        ({"roles": []}, "roles"),
        ({"department": "Organization/none"}, "department"),
        ({"department": "Organization/hospital"}, "department"),
        ({"campus": "Location/clinic-general", "department": CARDIOLOGY}, "campus"),
        ({"campus": MAIN}, "department"),
        ({"employee_number": "0003"}, "employee_number"),
    ],
)
async def test_what_is_wrong_is_named_by_its_field_and_nothing_is_written(
    hospital: Hospital, wrong: dict[str, Any], field: str
) -> None:
    before = len(await hospital.rows("administrator", "administration.accounts", limit=500))
    with pytest.raises(BadRequest) as refused:
        await admin(hospital, "create_account", **{"login": "fresh", "name": "x", "roles": ["doctor"], **wrong})
    assert refused.value.issues[0].expression == field
    assert len(await hospital.rows("administrator", "administration.accounts", limit=500)) == before


async def test_departments_and_campuses(hospital: Hospital) -> None:
    made = await admin(hospital, "create_department", name="皮肤科")
    assert made["partOf"] == {"reference": "Organization/hospital"}
    reference = f"Organization/{made['id']}"
    for verb, values in (
        ("create_department", {"name": "皮肤科"}),
        ("change_department", {"department": reference, "name": "心血管内科"}),
        ("create_campus", {"name": "总院区"}),
        ("change_campus", {"campus": EAST, "name": "总院区"}),
    ):
        with pytest.raises(BadRequest) as refused:
            await admin(hospital, verb, **values)
        assert refused.value.issues[0].expression == "name"
    await admin(hospital, "change_department", department=reference, name="皮肤性病科")
    with pytest.raises(Refused):
        await admin(hospital, "close_department", department=CARDIOLOGY)
    await admin(hospital, "close_department", department=reference)
    names = [row.name for row in await hospital.rows("administrator", "administration.departments")]
    assert "心血管内科" in names
    assert "皮肤性病科" not in names
    every = await hospital.rows("administrator", "administration.departments", closed=True)
    assert {row.name: row.state for row in every}["皮肤性病科"] == "closed"
    campus = await admin(hospital, "create_campus", name="西院区")
    place = f"Location/{campus['id']}"
    await admin(hospital, "change_campus", campus=place, name="新院区")
    with pytest.raises(Refused):
        await admin(hospital, "close_campus", campus=MAIN)
    await admin(hospital, "close_campus", campus=place)
    assert [row.name for row in await hospital.rows("administrator", "administration.campuses")] == ["东院区", "总院区"]
    named = await admin(hospital, "name_hospital", name="杏林医院")
    assert named["id"] == "hospital"


async def test_roles_are_shown_with_what_they_let_people_do(hospital: Hospital) -> None:
    rows = await hospital.rows("administrator", "administration.roles")
    held = {row.key: row.lets for row in rows}
    assert "开具处方" in held["doctor/pharmacy.prescribe"] or held["doctor/pharmacy.prescribe"]
    assert "custodian/fhir.expunge" in held
    assert "doctor/administration.accounts" not in held


@pytest.mark.parametrize("login", ["doctor", "manager", "registrar"])
async def test_nobody_else_administers(hospital: Hospital, login: str) -> None:
    commands = [name for name in hospital.application.registry.commands if name.startswith("administration.")]
    assert len(commands) > 15
    for name in commands:
        with pytest.raises(NotPermitted):
            await hospital.do(login, name)
    for view in ("accounts", "departments", "roles", "keys"):
        with pytest.raises(FhirError):
            await hospital.rows(login, f"administration.{view}")
