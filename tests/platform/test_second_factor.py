"""Signing in with a second factor: no session before it, none without it where a role needs one, no way to guess it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.hospital import Clock
from xinglin.platform import identity
from xinglin.platform.database import Database
from xinglin.platform.door import Door, Unfinished
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import FactorError, OpenedSession, SignInRefused, passwords, throttle
from xinglin.platform.identity.factors import code_at
from xinglin.platform.own_account import OwnAccount
from xinglin.platform.settings import Settings
from xinglin.store.repository import Repository

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORD, CLIENT = "My-Own-Choice-1", "10.0.0.1"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    with use_locale("en"):
        yield


class House:
    """The door and one's own account over one database, with an app that shows codes."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database, self.clock = database, Clock(NOW)
        chosen = Settings(secret_key=KEY, **settings)
        self.door = Door(database, chosen, self.clock)
        self.own = OwnAccount(database, chosen, self.clock)
        self.secret = b""

    def code(self) -> str:
        """The next code of the app, half a minute later."""
        self.clock.forward(seconds=30)
        return code_at(self.secret, int(self.clock.now.timestamp()) // 30).decode()

    async def session(self, login: str = "nurse") -> OpenedSession:
        """A session of somebody who has no second factor yet."""
        opened = await self.door.sign_in(login, PASSWORD, CLIENT)
        assert isinstance(opened, OpenedSession)
        return opened

    async def set_up(self) -> list[str]:
        """Gives the nurse a second factor; returns the recovery codes."""
        actor = (await self.session()).actor
        draft = self.own.draft(actor)
        self.secret = draft.secret
        return await self.own.set_factor(actor, PASSWORD, draft, self.code(), CLIENT)

    async def begin(self, client: str = CLIENT) -> str:
        """Signs in up to the second factor; returns the token of the step."""
        opened = await self.door.sign_in("nurse", PASSWORD, client)
        assert isinstance(opened, Unfinished)
        assert opened.wanted == "code"
        return opened.token


@pytest.fixture
async def house(database: Database) -> House:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE account, sign_in_attempt, sign_in_known CASCADE")
        for login, roles in (("nurse", ("nurse",)), ("chief", ("administrator",))):
            await identity.create_account(
                connection,
                login=login,
                name=login,
                password=PASSWORD,
                roles=roles,
                practitioner=f"Practitioner/{login}",
                locale="en",
                now=NOW,
            )
    return House(database, mfa_roles="administrator, custodian")


async def test_the_session_is_opened_after_the_second_factor_under_a_token_of_its_own(house: House) -> None:
    await house.set_up()
    planted = (await house.door.sign_in("chief", PASSWORD, CLIENT)).token
    token = await house.begin()
    assert await house.door.resume(token) is None
    opened = await house.door.prove(token, house.code(), CLIENT, former=planted)
    assert isinstance(opened, OpenedSession)
    assert opened.token not in {token, planted}
    assert await house.door.resume(opened.token)
    assert await house.door.resume(token) is None
    with pytest.raises(SignInRefused, match="begin again"):
        await house.door.prove(token, house.code(), CLIENT)


async def test_the_session_that_a_browser_came_with_ends(house: House) -> None:
    planted = (await house.session()).token
    await house.set_up()
    assert await house.door.resume(planted)
    await house.door.prove(await house.begin(), house.code(), CLIENT, former=planted)
    assert await house.door.resume(planted) is None


async def test_no_code_serves_twice_even_at_once(house: House) -> None:
    import asyncio

    await house.set_up()
    steps = [await house.begin() for _number in range(5)]
    code = house.code()
    results = await asyncio.gather(*(house.door.prove(step, code, CLIENT) for step in steps), return_exceptions=True)
    assert [type(one) for one in results].count(OpenedSession) == 1
    assert all(isinstance(one, OpenedSession | SignInRefused) for one in results)


async def test_guessing_codes_is_slowed_down_there_and_not_elsewhere(house: House) -> None:
    await house.set_up()
    token = await house.begin()
    for _number in range(throttle.FREE_FAILURES):
        with pytest.raises(SignInRefused) as wrong:
            await house.door.prove(token, "000000", CLIENT)
        assert wrong.value.status == 401
    with pytest.raises(SignInRefused) as waiting:
        await house.door.prove(token, code_at(house.secret, int(house.clock.now.timestamp()) // 30).decode(), CLIENT)
    assert waiting.value.status == 429
    assert isinstance(await house.door.prove(await house.begin("10.0.0.2"), house.code(), "10.0.0.2"), OpenedSession)


async def test_guesses_from_many_networks_do_not_lock_the_owner_out(house: House) -> None:
    await house.set_up()
    assert isinstance(await house.door.prove(await house.begin(), house.code(), CLIENT), OpenedSession)
    for number in range(throttle.WIDE_FAILURES):
        with pytest.raises(SignInRefused):
            await house.door.prove(await house.begin(f"192.0.2.{number}"), "000000", f"192.0.2.{number}")
    with pytest.raises(SignInRefused) as waiting:
        await house.door.prove(await house.begin("192.0.2.99"), "000000", "192.0.2.99")
    assert waiting.value.status == 429
    assert isinstance(await house.door.prove(await house.begin(), house.code(), CLIENT), OpenedSession)


async def test_a_role_that_needs_one_sets_it_up_at_sign_in(house: House) -> None:
    begun = await house.door.sign_in("chief", PASSWORD, CLIENT)
    assert isinstance(begun, Unfinished)
    assert begun.wanted == "enrolment"
    step, _wanted = await house.door.step(begun.token)
    draft = house.door.draft(step.account)
    house.secret = draft.secret
    with pytest.raises(SignInRefused, match="something else first"):
        await house.door.renew_password(begun.token, "Another-Choice-1", CLIENT)
    for sealed, code in ((draft.sealed, "000000"), ("", house.code()), ("AAAA", house.code())):
        with pytest.raises(FactorError):
            await house.door.enrol(begun.token, sealed, code, CLIENT)
    opened, codes = await house.door.enrol(begun.token, draft.sealed, house.code(), CLIENT)
    assert isinstance(opened, OpenedSession)
    begun = await house.door.sign_in("chief", PASSWORD, CLIENT)
    assert isinstance(begun, Unfinished)
    assert begun.wanted == "code"
    assert isinstance(await house.door.prove(begun.token, codes[0], CLIENT), OpenedSession)


async def test_a_post_that_needs_one_is_not_taken_without(house: House) -> None:
    async with house.database.transaction() as connection:
        await connection.execute("UPDATE account SET roles = '{nurse,custodian}' WHERE login = 'chief'")
        store = Repository(connection, now=NOW)
        posts = [
            (
                await store.create(
                    {
                        "resourceType": "PractitionerRole",
                        "practitioner": {"reference": "Practitioner/chief"},
                        "code": [{"coding": [{"system": "urn:xinglin:role", "code": role}]}],
                    }
                )
            )["id"]
            for role in ("nurse", "custodian")
        ]
    begun = await house.door.sign_in("chief", PASSWORD, CLIENT)
    assert isinstance(begun, Unfinished)  # whichever post comes first
    plain = House(house.database)
    opened = await plain.session("chief")
    session = await house.door.resume(opened.token)
    assert session
    with pytest.raises(identity.AccountError, match="needs a second factor"):
        await house.door.switch_post(session, opened.token, f"PractitionerRole/{posts[1]}", CLIENT)
    again = await house.door.resume(opened.token)
    assert again
    assert again.actor.roles == ("nurse",)


async def test_the_second_factor_comes_before_a_new_password(house: House) -> None:
    await house.set_up()
    async with house.database.transaction() as connection:
        await connection.execute("UPDATE account SET must_change = true")
    token = await house.begin()
    with pytest.raises(SignInRefused, match="something else first"):
        await house.door.renew_password(token, "Another-Choice-1", CLIENT)
    renewal = await house.door.prove(token, house.code(), CLIENT)
    assert isinstance(renewal, Unfinished)
    assert renewal.wanted == "renewal"
    assert isinstance(await house.door.renew_password(renewal.token, "Another-Choice-1", CLIENT), OpenedSession)


async def test_an_open_session_alone_changes_no_second_factor(house: House) -> None:
    actor = (await house.session()).actor
    draft = house.own.draft(actor)
    house.secret = draft.secret
    with pytest.raises(identity.WrongPassword):
        await house.own.set_factor(actor, "guess", draft, house.code(), CLIENT)
    codes = await house.own.set_factor(actor, PASSWORD, draft, house.code(), CLIENT)
    with pytest.raises(FactorError, match="already"):
        await house.own.set_factor(actor, PASSWORD, draft, house.code(), CLIENT)
    for change in (house.own.renew_recovery_codes, house.own.remove_factor):
        with pytest.raises(FactorError, match="wrong or was used"):
            await change(actor, "000000", CLIENT)
    fresh = await house.own.renew_recovery_codes(actor, codes[0], CLIENT)
    with pytest.raises(FactorError):
        await house.own.remove_factor(actor, codes[1], "10.0.0.9")
    await house.own.remove_factor(actor, fresh[0], "10.0.0.9")
    assert await house.own.factor(actor) is None


async def test_a_changed_password_ends_sign_ins_that_began_with_the_former_one(house: House) -> None:
    await house.set_up()
    actor, token = (await house.door.sign_in("nurse", PASSWORD, CLIENT)), await house.begin()
    assert isinstance(actor, Unfinished)
    session = await house.door.prove(actor.token, house.code(), CLIENT)
    assert isinstance(session, OpenedSession)
    await house.own.change_password(session.actor, session.token, PASSWORD, "Another-Choice-1", CLIENT)
    with pytest.raises(SignInRefused, match="begin again"):
        await house.door.prove(token, house.code(), CLIENT)
    assert await house.door.resume(session.token)


async def test_each_step_is_on_record(house: House) -> None:
    codes = await house.set_up()
    token = await house.begin()
    with pytest.raises(SignInRefused):
        await house.door.prove(token, "000000", CLIENT)
    await house.door.prove(token, codes[0], CLIENT)
    async with house.database.transaction() as connection:
        query = "SELECT command, outcome, detail FROM audit_event WHERE name = 'nurse' ORDER BY id DESC LIMIT 4"
        rows = await (await connection.execute(query)).fetchall()
    assert rows == [
        ("session.open", "success", None),
        ("session.second_factor", "success", "recovery code"),
        ("session.second_factor", "refused", None),
        ("account.second_factor", "success", None),
    ]


async def test_a_lost_key_refuses_and_lets_nobody_in(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.set_up()
    other = Door(house.database, Settings(secret_key="A" * 43 + "="), house.clock)
    with pytest.raises(SignInRefused, match="can't be read"):
        await other.prove(await house.begin(), house.code(), CLIENT)
    assert "XINGLIN_SECRET_KEY" in caplog.text
