"""Second factors: the codes of RFC 6238, each once, and recovery codes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from xinglin.platform import identity
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import Draft, FactorError
from xinglin.platform.identity.factors import address_of, code_at, step_of
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, 15, tzinfo=UTC)
SEAL = Seal(Settings(secret_key="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="))
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture(autouse=True)
def english() -> Any:
    with use_locale("en"):
        yield


@pytest.fixture
async def account(connection: Connection) -> identity.Account:
    return await identity.create_account(
        connection, login="doctor", name="陈立新", password="correct horse 7", roles=(), locale="en", now=NOW
    )


def code(secret: bytes, at: datetime) -> str:
    return code_at(secret, int(at.timestamp()) // 30).decode()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_the_standard(seconds: int, expected: str) -> None:
    """Appendix B of RFC 6238, its last six digits."""
    secret = b"12345678901234567890"
    assert code_at(secret, seconds // 30).decode() == expected
    assert step_of(secret, expected, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(("ahead", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_clocks_may_differ_a_little(ahead: int, taken: bool) -> None:
    secret = b"12345678901234567890"
    given = code(secret, NOW + timedelta(seconds=ahead))
    assert (step_of(secret, given, NOW) is not None) is taken
    for wrong in ("", "12345", given + "0", "٠١٢٣٤٥", "abcdef", "-00001"):
        assert step_of(secret, wrong, NOW) is None


def test_the_address_is_what_apps_read() -> None:
    address = urlsplit(address_of(b"12345678901234567890", login="李 敏@x", issuer="Xinglin"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/Xinglin:%E6%9D%8E%20%E6%95%8F%40x"
    values = {name: value[0] for name, value in parse_qs(address.query).items()}
    assert values["secret"] == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert (values["issuer"], values["digits"], values["period"]) == ("Xinglin", "6", "30")


async def set_up(connection: Connection, account: identity.Account) -> tuple[bytes, list[str]]:
    draft = Draft.make(account.account_id, seal=SEAL, now=NOW)
    codes = await draft.accept(connection, account, code(draft.secret, NOW), SEAL, NOW)
    return draft.secret, codes


async def prove(connection: Connection, account: identity.Account, given: str, at: datetime = NOW) -> str | None:
    return await identity.prove_factor(connection, account.account_id, given, seal=SEAL, now=at)


async def test_each_code_is_taken_once(connection: Connection, account: identity.Account) -> None:
    secret, _codes = await set_up(connection, account)
    assert await prove(connection, account, code(secret, NOW)) is None  # it has set up the factor
    later = NOW + timedelta(seconds=60)
    given = code(secret, later)
    assert await prove(connection, account, f"{given[:3]} {given[3:]}", later) == "code"
    assert await prove(connection, account, given, later) is None
    earlier = code(secret, later - timedelta(seconds=30))
    assert await prove(connection, account, earlier, later) is None  # nor one from before the last that was used
    assert await prove(connection, account, code(secret, later + timedelta(seconds=30)), later) == "code"


async def test_recovery_codes_are_for_one_use_and_kept_as_digests(
    connection: Connection, account: identity.Account
) -> None:
    _secret, codes = await set_up(connection, account)
    assert len(set(codes)) == 10
    assert await prove(connection, account, codes[0].lower().replace("-", " ")) == "recovery code"
    assert await prove(connection, account, codes[0]) is None
    factor = await identity.find_factor(connection, account.account_id)
    assert factor
    assert (factor.recovery_codes, factor.since) == (9, NOW)
    fresh = await identity.renew_recovery_codes(connection, account.account_id)
    assert await prove(connection, account, codes[1]) is None
    assert await prove(connection, account, fresh[1]) == "recovery code"
    rows = str(await (await connection.execute("SELECT * FROM recovery_code")).fetchall())
    assert not any(one.replace("-", "") in rows for one in fresh)
    await identity.remove_factor(connection, account.account_id)
    assert await prove(connection, account, fresh[2]) is None
    assert await identity.find_factor(connection, account.account_id) is None


async def test_the_secret_is_sealed_for_its_account(connection: Connection, account: identity.Account) -> None:
    secret, _codes = await set_up(connection, account)
    row = await (await connection.execute("SELECT secret FROM second_factor")).fetchone()
    assert row
    assert secret not in bytes(row[0])
    assert SEAL.open(bytes(row[0]), f"second factor of {account.account_id}") == secret


async def test_a_draft_is_for_one_account_and_some_minutes(connection: Connection, account: identity.Account) -> None:
    draft = Draft.make(account.account_id, seal=SEAL, now=NOW)
    assert Draft.read(draft.sealed, account.account_id, seal=SEAL, now=NOW + timedelta(minutes=9)) == draft
    for sealed, of, at in (
        (draft.sealed, account.account_id, NOW + timedelta(minutes=11)),
        (draft.sealed, "another", NOW),
        (draft.sealed[:-8], account.account_id, NOW),
        ("", account.account_id, NOW),
        ("不", account.account_id, NOW),
    ):
        with pytest.raises(FactorError, match="begin again"):
            Draft.read(sealed, of, seal=SEAL, now=at)
    with pytest.raises(FactorError, match="does not fit"):
        await draft.accept(connection, account, code(draft.secret, NOW + timedelta(hours=1)), SEAL, NOW)
    assert await identity.find_factor(connection, account.account_id) is None
