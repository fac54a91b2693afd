"""Posts: which one is in force, how somebody goes on in another, and what the former one is worth afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from xinglin.fhir.types import Resource
from xinglin.platform import identity
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity.posts import ROLE, post_of
from xinglin.store.repository import Repository

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=SHANGHAI)
ABSOLUTE = timedelta(hours=12)
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture(autouse=True)
def english() -> Any:
    with use_locale("en"):
        yield


@pytest.fixture
async def person(connection: Connection) -> identity.Account:
    store = Repository(connection, now=NOW)
    practitioner = await store.create({"resourceType": "Practitioner", "active": True})
    return await identity.create_account(
        connection,
        login=f"doctor-{uuid4().hex[:8]}",
        name="陈立新",
        password="correct horse 7",
        roles=("manager",),
        practitioner=f"Practitioner/{practitioner['id']}",
        locale="zh_CN",
        now=NOW,
    )


def role(practitioner: str | None, *roles: str, department: str = "心血管内科", **more: Any) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": practitioner},
        "organization": {"reference": "Organization/cardiology", "display": department},
        "location": [{"reference": "Location/main", "display": "总院区"}],
        "code": [{"coding": [{"system": ROLE, "code": code}]} for code in roles],
        **more,
    }


async def give(connection: Connection, person: identity.Account, *roles: str, **more: Any) -> str:
    made = await Repository(connection, now=NOW).create(role(person.practitioner, *roles, **more))
    return f"PractitionerRole/{made['id']}"


async def opened(connection: Connection, person: identity.Account) -> identity.OpenedSession:
    return await identity.open_session(connection, person, client="10.0.0.1", now=NOW, absolute=ABSOLUTE)


async def resumed(connection: Connection, token: str, at: datetime = NOW) -> identity.Session | None:
    return await identity.resume_session(connection, token, at, idle=timedelta(days=400))


@pytest.mark.parametrize(
    ("period", "at", "held"),
    [
        ({}, "2026-03-02T08:00", True),
        ({"start": "2026-03-02"}, "2026-03-02T00:00", True),
        ({"start": "2026-03-02"}, "2026-03-01T23:59", False),
        ({"end": "2026-03-02"}, "2026-03-02T23:59", True),
        ({"end": "2026-03-02"}, "2026-03-03T00:00", False),
        ({"start": "2026", "end": "2026-03"}, "2026-03-31T23:00", True),
    ],
)
def test_a_post_is_in_force_on_the_days_of_its_period(period: dict[str, str], at: str, held: bool) -> None:
    resource = {**role("Practitioner/1", "doctor", period=period), "id": "1"}
    now = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
    assert (post_of(resource, now) is not None) is held
    assert post_of({**resource, "active": False}, now) is None


def test_a_post_tells_what_access_rests_on() -> None:
    foreign = {"coding": [{"system": "http://snomed.info/sct", "code": "59058001"}]}
    resource = {**role("Practitioner/1", "doctor", "manager", "doctor"), "id": "1"}
    post = post_of({**resource, "code": [*resource["code"], foreign]}, NOW)
    assert post == identity.Post(
        "PractitionerRole/1", ("doctor", "manager"), "Organization/cardiology", "Location/main", "心血管内科 · 总院区"
    )
    bare = post_of({"resourceType": "PractitionerRole", "id": "2"}, NOW)
    assert bare == identity.Post("PractitionerRole/2", (), None, None)


async def test_without_a_post_the_roles_are_those_of_the_account(
    connection: Connection, person: identity.Account
) -> None:
    session = await resumed(connection, (await opened(connection, person)).token)
    assert session
    assert (session.actor.post, session.actor.roles) == (None, ("manager",))


async def test_the_roles_are_those_of_the_post_in_force(connection: Connection, person: identity.Account) -> None:
    first = await give(connection, person, "doctor")
    second = await give(connection, person, "pharmacist", department="药剂科")
    entry = await opened(connection, person)
    session = await resumed(connection, entry.token)
    assert session
    assert session.actor == entry.actor
    assert session.actor.post
    assert (session.actor.post.reference, session.actor.roles) == (first, ("doctor",))
    await identity.switch_post(connection, session, entry.token, second, NOW)
    session = await resumed(connection, entry.token)
    assert session
    assert session.actor.post
    assert (session.actor.post.title, session.actor.roles) == ("药剂科 · 总院区", ("pharmacist",))
    assert (await opened(connection, person)).actor.post == session.actor.post  # where one left off


async def test_nobody_takes_the_post_of_another_nor_one_that_has_ended(
    connection: Connection, person: identity.Account
) -> None:
    await give(connection, person, "doctor")
    ended = await give(connection, person, "custodian", period={"end": "2026-03-01"})
    other = await Repository(connection, now=NOW).create(role("Practitioner/other", "custodian"))
    entry = await opened(connection, person)
    session = await resumed(connection, entry.token)
    assert session
    for reference in (ended, f"PractitionerRole/{other['id']}", "PractitionerRole/none", "Patient/1", ""):
        with pytest.raises(identity.AccountError, match="none of your posts"):
            await identity.switch_post(connection, session, entry.token, reference, NOW)
    again = await resumed(connection, entry.token)
    assert again
    assert again.actor.roles == ("doctor",)


async def test_who_may_write_posts_does_not_become_more_by_one(
    connection: Connection, person: identity.Account
) -> None:
    await give(connection, person, "doctor", "custodian", "administrator", "integrator", "system")
    entry = await opened(connection, person)
    session = await resumed(connection, entry.token)
    assert session
    assert session.actor.post
    assert session.actor.roles == entry.actor.roles == session.actor.post.roles == ("doctor",)
    store = Repository(connection, now=NOW)
    practitioner = (await store.create({"resourceType": "Practitioner"}))["id"]
    values: dict[str, Any] = {"name": "x", "password": "correct horse 7", "locale": "en", "now": NOW}
    custodian = await identity.create_account(
        connection, login="keeper", roles=("custodian",), practitioner=f"Practitioner/{practitioner}", **values
    )
    await give(connection, custodian, "custodian")
    second = await give(connection, custodian, "custodian", "manager")
    entry = await opened(connection, custodian)
    assert entry.actor.roles == ("custodian",)
    session = await resumed(connection, entry.token)
    assert session
    later = await identity.switch_post(connection, session, entry.token, second, NOW)
    assert later.actor.roles == ("custodian", "manager")


async def test_a_session_ends_with_its_post(connection: Connection, person: identity.Account) -> None:
    reference = await give(connection, person, "doctor", period={"end": "2026-03-02"})
    token = (await opened(connection, person)).token
    assert await resumed(connection, token, NOW.replace(hour=19))
    assert await resumed(connection, token, datetime(2026, 3, 3, 0, 0, tzinfo=SHANGHAI)) is None
    store = Repository(connection, now=NOW)
    resource = await store.read("PractitionerRole", reference.partition("/")[2])
    await store.update({**resource, "practitioner": {"reference": "Practitioner/other"}})
    assert await resumed(connection, token) is None
    await store.update({name: value for name, value in resource.items() if name not in {"code", "period"}})
    session = await resumed(connection, token)
    assert session
    assert session.actor.roles == ()
    await store.delete("PractitionerRole", resource["id"])
    assert await resumed(connection, token) is None


async def test_when_all_posts_have_ended_the_account_is_not_what_it_was_before(
    connection: Connection, person: identity.Account
) -> None:
    await give(connection, person, "doctor", active=False)
    with pytest.raises(identity.AccountError, match="None of your posts is in force"):
        await opened(connection, person)


async def test_a_renewed_session_leaves_nothing_of_the_former_token(
    connection: Connection, person: identity.Account
) -> None:
    await give(connection, person, "doctor")
    second = await give(connection, person, "pharmacist")
    entry = await opened(connection, person)
    session = await resumed(connection, entry.token)
    assert session
    later = await identity.switch_post(connection, session, entry.token, second, NOW, renew=True)
    assert later.token != entry.token
    assert (later.csrf, later.expires) == (entry.csrf, entry.expires)
    assert await resumed(connection, entry.token) is None
    now = await resumed(connection, later.token)
    assert now
    assert now.actor.roles == ("pharmacist",)
    with pytest.raises(identity.AccountError, match="ended"):
        await identity.switch_post(connection, session, entry.token, second, NOW)


async def test_accounts_of_patients_and_of_services(connection: Connection) -> None:
    common: dict[str, Any] = {"name": "x", "roles": (), "locale": "zh_CN", "now": NOW}
    patient = await identity.create_account(
        connection, login="patient-1", password="correct horse 7", patient="Patient/1", kind="patient", **common
    )
    service = await identity.create_account(
        connection, login="service-1", password=None, kind="service", **{**common, "roles": ("integrator",)}
    )
    assert (await opened(connection, patient)).actor.patient == "Patient/1"
    assert await identity.find_account(connection, "service-1") == service
    for wrong in (
        {"password": "correct horse 7", "kind": "service"},
        {"password": "correct horse 7", "kind": "patient"},
        {"password": "correct horse 7", "patient": "Patient/1"},
    ):
        with pytest.raises(identity.AccountError, match="names the patient"):
            await identity.create_account(connection, login="wrong", **common, **wrong)


async def test_a_service_signs_in_with_no_password(database: Any) -> None:
    async with database.transaction() as connection:
        await identity.create_account(
            connection, login="service-2", password=None, kind="service", name="x", roles=(), locale="en", now=NOW
        )
    for password in ("", "None", "correct horse 7"):
        with pytest.raises(identity.SignInRefused, match="wrong"):
            await identity.authenticate(
                database, login="service-2", password=password, client=uuid4().hex, now=datetime.now(UTC)
            )
