"""The master key is replaced: what it sealed goes over to another one, and nothing is lost."""

import base64

import pytest

from tests.postgres import Databases
from tests.vaults import MASTER, NOW, fill, found, opened, settings
from xinglin.operations import keys as work
from xinglin.platform.crypto import keys
from xinglin.platform.crypto.projects import project_secret
from xinglin.platform.crypto.vault import Vault
from xinglin.platform.identity import create_account
from xinglin.platform.identity.factors import code_at, prove_factor, set_factor
from xinglin.platform.sealing import Seal, SealError
from xinglin.store import channel_headers, subscribing
from xinglin.store.repository import Repository

NEW = base64.b64encode(bytes(range(1, 33))).decode()
SUBSCRIPTION = {
    "resourceType": "Subscription",
    "id": "s",
    "status": "requested",
    "reason": "x",
    "criteria": "Patient?",
    "channel": {"type": "rest-hook", "endpoint": "https://example.cn/", "header": ["Authorization: Bearer 1"]},
}
PERSON = {"resourceType": "Patient", "telecom": [{"system": "phone", "value": "13812345678"}]}
SECRET = b"12345678901234567890"


async def test_the_master_key_is_replaced(empty_databases: Databases, migrated_template: str) -> None:
    conninfo = empty_databases.create(migrated_template)
    before, both, after = (settings(conninfo, secret_key=key) for key in (MASTER, f"{NEW},{MASTER}", NEW))
    async with opened(before) as database:
        await fill(database, 3)
        async with database.transaction() as connection:
            project = await project_secret(connection, Seal(before), "study", NOW)
            repository = Repository(connection, now=NOW)
            repository.seal = Seal(before)
            await repository.update(SUBSCRIPTION)
            account = await create_account(
                connection, login="doctor", name="x", password="Long-enough-1", roles=("doctor",), locale="en", now=NOW
            )
            await set_factor(connection, account.account_id, SECRET, 0, seal=Seal(before), now=NOW)
    with pytest.raises(SealError):
        async with opened(after):
            pass
    told: list[str] = []
    with pytest.raises(SealError):  # nothing of it is done where something can't be opened
        await work.seal(after, told.append)
    await work.seal(both, told.append)
    assert told == ["4 secrets are sealed anew; the master keys behind the first one are not needed any more"]
    await work.seal(both, told.append)
    assert told[1].startswith("0 secrets")
    async with opened(after) as database:
        assert await found(database, 2) == ["p2"]
        async with database.transaction() as connection:
            step = int(NOW.timestamp()) // 30
            code = code_at(SECRET, step).decode()
            proven = await prove_factor(connection, account.account_id, code, seal=Seal(after), now=NOW)
            assert proven == "code"
            assert await project_secret(connection, Seal(after), "study", NOW) == project
            kept = await subscribing.find(connection, "s")
            assert kept is not None
            assert channel_headers.opened("s", kept.headers, Seal(after)) == {"Authorization": "Bearer 1"}
            assert [key.current for key in await keys.list_keys(connection)] == [True]
    with pytest.raises(SealError):
        async with opened(before):
            pass


async def test_a_replica_that_is_behind_takes_no_key_away(empty_databases: Databases, migrated_template: str) -> None:
    chosen = settings(empty_databases.create(migrated_template))
    behind = settings(empty_databases.create(migrated_template), encrypted_identifiers="")
    async with (
        opened(chosen) as database,
        opened(behind) as other,
        database.session() as session,
        other.session() as empty,
    ):
        vault = session.vault
        assert isinstance(vault, Vault)
        before = vault.stand_ins("x")
        await vault.refresh(empty, reading=True)
        assert vault.stand_ins("x") == before != []
        assert vault.forms(PERSON) is not None
        await vault.refresh(empty)
        assert vault.forms(PERSON) is None


async def test_the_first_key_is_made_once_and_only_where_it_is_wanted(
    empty_databases: Databases, migrated_template: str
) -> None:
    conninfo = empty_databases.create(migrated_template)
    async with opened(settings(conninfo, encrypted_identifiers="")) as database, database.session() as session:
        assert await keys.list_keys(session) == []
    for suite in ("sm", "international"):
        async with opened(settings(conninfo, crypto_suite=suite)) as database, database.session() as session:
            (key,) = await keys.list_keys(session)
            assert (key.suite, key.current) == ("sm", True)
