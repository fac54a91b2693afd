"""Services and their keys: who may make them, what is told once, and what is on record."""

from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import NotPermitted
from xinglin.platform import identity

KEY = {"name": "检验结果", "scopes": "system/Observation.cruds\nsystem/DiagnosticReport.cu", "last_day": "2027-11-23"}


async def service(hospital: Hospital, login: str) -> str:
    made = await hospital.do(
        "administrator", "administration.create_service", login=login, name=login, roles=["integrator"]
    )
    return f"account/{made['parameter'][0]['valueString']}"


async def record(hospital: Hospital, command: str) -> list[Any]:
    async with hospital.application.database.transaction() as connection:
        query = "SELECT entities FROM audit_event WHERE command = %s AND detail IS NULL ORDER BY id DESC LIMIT 1"
        row = await (await connection.execute(query, (command,))).fetchone()
    return list(row[0]) if row else []


async def test_a_key_is_told_once_and_revoked_for_good(hospital: Hospital) -> None:
    account = await service(hospital, "lis")
    first = await hospital.run("administrator", "administration.create_key", key="key-0001", account=account, **KEY)
    (told,) = first.resource["parameter"]
    assert told["valueString"].startswith("xlk_")
    again = await hospital.run("administrator", "administration.create_key", key="key-0001", account=account, **KEY)
    assert again.replayed
    assert again.resource == {"resourceType": "Parameters"}
    async with hospital.application.database.transaction() as connection:
        kept = await (await connection.execute("SELECT string_agg(result, '') FROM idempotency_key")).fetchone()
        assert kept
        assert told["valueString"] not in kept[0]
        assert await identity.use_api_key(connection, told["valueString"], hospital.clock())
    (row,) = await hospital.rows("administrator", "administration.keys")
    assert (row.service, row.last_day, row.state) == ("lis", "2027-11-23", "active")
    assert await record(hospital, "administration.create_key") == [account, row.key]
    await hospital.do("administrator", "administration.revoke_key", api_key=row.key)
    (row,) = await hospital.rows("administrator", "administration.keys")
    assert row.state == "revoked"
    assert await record(hospital, "administration.revoke_key") == [account, row.key]
    with pytest.raises(BadRequest, match=r"revoked already|已吊销"):
        await hospital.do("administrator", "administration.revoke_key", api_key=row.key)
    async with hospital.application.database.transaction() as connection:
        assert await identity.use_api_key(connection, told["valueString"], hospital.clock()) is None


async def test_a_key_serves_to_the_end_of_its_last_day(hospital: Hospital) -> None:
    account = await service(hospital, "pacs")
    values = {**KEY, "last_day": "2026-11-23"}
    made = await hospital.do("administrator", "administration.create_key", account=account, **values)
    key = made["parameter"][0]["valueString"]
    async with hospital.application.database.transaction() as connection:
        evening = hospital.clock().replace(hour=23, minute=59)
        assert await identity.use_api_key(connection, key, evening)
        assert await identity.use_api_key(connection, key, evening.replace(day=24, hour=0, minute=0)) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scopes": "system/Nothing.r"}, "scopes"),
        ({"scopes": "unheard.of"}, "scopes"),
        ({"last_day": "2026-11-22"}, "last_day"),
        ({"last_day": "2036-11-22"}, "last_day"),
        ({"account": "account/none"}, "last_day"),
        ({"name": ""}, "name"),
    ],
)
async def test_a_wrong_key_is_refused_beside_its_field(hospital: Hospital, wrong: dict[str, str], field: str) -> None:
    (account, *_others) = [row.key for row in await hospital.rows("administrator", "administration.services")]
    with pytest.raises(BadRequest) as refused:
        await hospital.do("administrator", "administration.create_key", **{"account": account, **KEY, **wrong})
    assert refused.value.issues[0].expression == field


@pytest.mark.parametrize("login", ["registrar", "doctor", "manager"])
async def test_only_administrators_may(hospital: Hospital, login: str) -> None:
    with pytest.raises(NotPermitted):
        await hospital.do(login, "administration.create_service", login="x1", name="xx", roles=["integrator"])
    with pytest.raises(NotPermitted):
        await hospital.rows(login, "administration.keys")


async def test_nobody_becomes_the_system(hospital: Hospital) -> None:
    for roles in (["system"], ["integrator", "system"], []):
        with pytest.raises(BadRequest):
            await hospital.do("administrator", "administration.create_service", login="x2", name="xx", roles=roles)


async def test_logins_are_unique(hospital: Hospital) -> None:
    await service(hospital, "his")
    with pytest.raises(BadRequest) as refused:
        await service(hospital, "HIS")
    assert refused.value.issues[0].expression == "login"
