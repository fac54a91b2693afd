"""Keys of services: shown once, kept as digests, ending, revoked; and the scopes that they carry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.platform import identity
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import ScopeError, parse_scopes

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture(autouse=True)
def english() -> Any:
    with use_locale("en"):
        yield


@pytest.fixture
async def service(connection: Connection) -> identity.Account:
    return await identity.create_account(
        connection, login="lis", name="LIS", password=None, kind="service", roles=("integrator",), locale="en", now=NOW
    )


async def make(connection: Connection, account: str, days: int = 90, *scopes: str) -> tuple[str, str]:
    chosen = scopes or ("system/Observation.cruds",)
    until = NOW + timedelta(days=days)
    return await identity.create_api_key(connection, account, name="lab", scopes=chosen, expires=until, now=NOW)


async def test_a_key_lets_its_service_in_until_it_ends(connection: Connection, service: identity.Account) -> None:
    id, key = await make(connection, service.account_id)
    used = await identity.use_api_key(connection, key, NOW)
    assert used
    assert (used.account_id, used.roles) == (service.account_id, ("integrator",))
    assert used.scopes == parse_scopes(["system/Observation.cruds"], key=id)
    assert await identity.use_api_key(connection, key, NOW + timedelta(days=90)) is None
    for wrong in ("", key[:-1], key + "x", id, "xlk_"):
        assert await identity.use_api_key(connection, wrong, NOW) is None


async def test_a_key_is_kept_as_a_digest_and_its_use_is_noted(
    connection: Connection, service: identity.Account
) -> None:
    _id, key = await make(connection, service.account_id)
    assert key.startswith("xlk_")
    assert key not in str(await (await connection.execute("SELECT * FROM api_key")).fetchall())
    for seconds in (0, 30, 90):
        await identity.use_api_key(connection, key, NOW + timedelta(seconds=seconds))
    (listed,) = await identity.list_api_keys(connection, 10)
    assert listed.last_used == NOW + timedelta(seconds=90)
    assert (listed.service, listed.name, listed.scopes) == ("LIS", "lab", ("system/Observation.cruds",))


async def test_a_revoked_key_and_one_of_a_closed_account_are_worth_nothing(
    connection: Connection, service: identity.Account
) -> None:
    (first, key), (_second, other) = [await make(connection, service.account_id) for _number in range(2)]
    assert await identity.revoke_api_key(connection, first, NOW) == service.account_id
    assert await identity.use_api_key(connection, key, NOW) is None
    assert await identity.use_api_key(connection, other, NOW)
    for id in (first, "none"):
        with pytest.raises(identity.AccountError, match="revoked already"):
            await identity.revoke_api_key(connection, id, NOW)
    await identity.set_active(connection, service.account_id, active=False)
    assert await identity.use_api_key(connection, other, NOW) is None
    with pytest.raises(identity.AccountError, match="open account"):
        await make(connection, service.account_id)


async def test_people_have_no_keys_and_keys_end(connection: Connection, service: identity.Account) -> None:
    person = await identity.create_account(
        connection, login="doctor", name="x", password="correct horse 7", roles=(), locale="en", now=NOW
    )
    with pytest.raises(identity.AccountError, match="Only a service"):
        await make(connection, person.account_id)
    for days in (0, -1, 3 * 366 + 1):
        with pytest.raises(identity.AccountError, match="within three years"):
            await make(connection, service.account_id, days)


LETTERS = ["c", "r", "u", "d", "s"]


@given(st.sets(st.sampled_from(LETTERS), min_size=1), st.sampled_from(["Patient", "Observation", "*"]))
def test_scopes_of_fhir_allow_their_letters_and_no_more(letters: set[str], type: str) -> None:
    text = "".join(letter for letter in LETTERS if letter in letters)
    scopes = parse_scopes([f"system/{type}.{text}"])
    for letter in LETTERS:
        assert scopes.allow(type, letter) is (letter in letters)
        assert scopes.allow("Encounter", letter) is (type == "*" and letter in letters)
        assert scopes.allow("*", letter) is (type == "*" and letter in letters)
    assert not scopes.permissions


@pytest.mark.parametrize(
    "scope",
    ["system/Patient.", "system/Patient.sr", "system/Patient.read", "system/Nothing.r", "patient/Patient.r", "x",
     "system/Patient.r ", "system/patient.r", "", "billing.unknown"],
)  # fmt: skip
def test_what_is_no_scope_is_named(scope: str) -> None:
    with pytest.raises(ScopeError, match="is no scope; accepted are"):
        parse_scopes(["system/Patient.r", scope], permissions=frozenset({"billing.settle"}))


def test_permissions_are_scopes_by_their_names() -> None:
    scopes = parse_scopes(["patients.read", "fhir.export"], permissions=frozenset({"patients.read", "fhir.export"}))
    assert scopes.permissions == {"patients.read", "fhir.export"}
    actor = identity.Actor("a", "LIS", "lis", None, ("integrator",), "en", scopes=scopes)
    assert actor.limited(frozenset({"patients.read", "billing.settle"})) == {"patients.read"}
