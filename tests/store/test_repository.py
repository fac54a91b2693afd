"""The repository, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest, Conflict, Gone, Invalid, NotFound, PreconditionFailed
from xinglin.platform.database import Database
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, 8, 30, 15, 123_456, tzinfo=UTC)

Connection = psycopg.AsyncConnection[Any]


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


@pytest.fixture
def repository(connection: Connection) -> Repository:
    return Repository(connection, now=NOW)


async def test_create_gives_id_version_and_time(repository: Repository) -> None:
    written = await repository.create(patient(id="ignored", gender="male", meta={"tag": [{"code": "x"}]}))
    assert written["id"] != "ignored"
    assert written["meta"] == {
        "tag": [{"code": "x"}],
        "versionId": "1",
        "lastUpdated": "2026-11-23T08:30:15.123+00:00",
    }
    assert await repository.read("Patient", written["id"]) == written


async def test_ids_grow_with_time(repository: Repository) -> None:
    ids = [(await repository.create(patient()))["id"] for _ in range(20)]
    assert ids == sorted(ids)


async def test_create_with_a_given_id(repository: Repository) -> None:
    assert (await repository.create(patient(), id="p-1"))["id"] == "p-1"
    with pytest.raises(Conflict, match="exists already"):
        await repository.create(patient(), id="p-1")
    with pytest.raises(Invalid, match="1 to 64 letters"):
        await repository.create(patient(), id="p 1")


async def test_an_invalid_resource_is_refused_with_every_issue(repository: Repository) -> None:
    with pytest.raises(Invalid) as raised:
        await repository.create(patient(gender="x", foo=1, meta="x"))
    assert {issue.expression for issue in raised.value.issues} == {"Patient.gender", "Patient.foo", "Patient.meta"}
    assert (await repository.search("Patient", "_total=accurate")).total == 0


async def test_decimals_keep_their_precision(repository: Repository) -> None:
    from xinglin.fhir import json

    resource = json.loads(
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    )
    written = await repository.create(resource)
    assert b'"value":1.50' in ((await repository.read_raw("Observation", written["id"])).content or b"")
    assert str((await repository.read("Observation", written["id"]))["valueQuantity"]["value"]) == "1.50"


async def test_versions_and_history(repository: Repository) -> None:
    first = await repository.create(patient(gender="male"))
    second = await repository.update({**first, "gender": "female"}, if_match=1)
    assert second["meta"]["versionId"] == "2"
    await repository.delete("Patient", first["id"])
    with pytest.raises(Gone, match="version 3"):
        await repository.read("Patient", first["id"])
    with pytest.raises(Gone):
        await repository.vread("Patient", first["id"], 3)
    with pytest.raises(Gone):
        await repository.delete("Patient", first["id"])
    assert await repository.vread("Patient", first["id"], 1) == first
    assert await repository.vread("Patient", first["id"], 2) == second
    with pytest.raises(NotFound):
        await repository.vread("Patient", first["id"], 4)
    history = await repository.history("Patient", first["id"])
    assert [(v.version, v.deleted, v.resource) for v in history] == [
        (3, True, None),
        (2, False, second),
        (1, False, first),
    ]
    back, new = await repository.put({**first, "gender": "other"})
    assert (back["meta"]["versionId"], new) == ("4", True)
    assert await repository.read("Patient", first["id"]) == back


async def test_update_creates_a_new_id(repository: Repository) -> None:
    written, new = await repository.put(patient(id="new"))
    assert (written["meta"]["versionId"], new) == ("1", True)
    with pytest.raises(Invalid, match=r"Patient\.id: An update needs the id"):
        await repository.update(patient())
    with pytest.raises(PreconditionFailed, match="does not exist"):
        await repository.update(patient(id="other"), if_match=1)


async def test_if_match_refuses_a_change_based_on_an_old_version(repository: Repository) -> None:
    first = await repository.create(patient())
    await repository.update(first, if_match=1)
    with pytest.raises(PreconditionFailed, match="is at version 2, not at version 1"):
        await repository.update(first, if_match=1)
    with pytest.raises(PreconditionFailed):
        await repository.delete("Patient", first["id"], if_match=1)


async def test_what_is_not_there(repository: Repository) -> None:
    with pytest.raises(NotFound, match="no Patient/none"):
        await repository.read("Patient", "none")
    with pytest.raises(NotFound):
        await repository.read("Patient", "\x00")
    with pytest.raises(NotFound):
        await repository.delete("Patient", "none")
    with pytest.raises(NotFound):
        await repository.history("Patient", "none")


async def test_read_many_in_one_round_trip(repository: Repository) -> None:
    one, two = await repository.create(patient()), await repository.create(patient())
    gone = await repository.create(patient())
    await repository.delete("Patient", gone["id"])
    names = [("Patient", r["id"]) for r in (one, two, gone)] + [("Group", one["id"])]
    assert await repository.read_many(names) == {f"Patient/{r['id']}": r for r in (one, two)}
    assert await repository.read_many([]) == {}


async def test_if_none_exist(repository: Repository) -> None:
    identified = patient(identifier=[{"system": "urn:s", "value": "7"}])
    first = await repository.create(identified, if_none_exist="identifier=urn:s|7")
    assert await repository.create(identified, if_none_exist="identifier=urn:s|7") == first
    await repository.create(identified)
    with pytest.raises(PreconditionFailed, match="more than one"):
        await repository.create(identified, if_none_exist="identifier=urn:s|7")
    with pytest.raises(BadRequest):
        await repository.create(identified, if_none_exist="foo=1")


async def test_32_writers_lose_nothing(database: Database) -> None:
    async with database.transaction() as connection:
        counter = await Repository(connection, now=NOW).create({"resourceType": "Basic", "code": {"text": "0"}})

    async def add_one(number: int) -> None:
        async with database.transaction() as connection:
            repository = Repository(connection, now=NOW + timedelta(seconds=number))
            current = await repository.read("Basic", counter["id"], lock=True)
            await asyncio.sleep(0)
            await repository.update({**current, "code": {"text": str(int(current["code"]["text"]) + 1)}})

    await asyncio.gather(*(add_one(n) for n in range(32)))
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        history = await repository.history("Basic", counter["id"])
        assert [v.version for v in history] == list(range(33, 0, -1))
        assert [v.resource["code"]["text"] for v in history if v.resource] == [str(n) for n in range(32, -1, -1)]
        assert (await repository.search("Basic", "_total=accurate")).total == 1


async def test_32_writers_with_if_match_one_wins(database: Database) -> None:
    async with database.transaction() as connection:
        first = await Repository(connection, now=NOW).create(patient())

    async def write(number: int) -> bool:
        try:
            async with database.transaction() as connection:
                changed = {**first, "multipleBirthInteger": number + 1}
                await Repository(connection, now=NOW).update(changed, if_match=1)
        except PreconditionFailed:
            return False
        return True

    assert sum(await asyncio.gather(*(write(n) for n in range(32)))) == 1
    async with database.transaction() as connection:
        assert len(await Repository(connection, now=NOW).history("Patient", first["id"])) == 2


async def test_writers_that_create_the_same_id_at_once(database: Database) -> None:
    async def write(number: int) -> bool:
        async with database.transaction() as connection:
            _, new = await Repository(connection, now=NOW).put(patient(id="same", multipleBirthInteger=number + 1))
            return new

    assert sum(await asyncio.gather(*(write(n) for n in range(16)))) == 1
    async with database.transaction() as connection:
        assert len(await Repository(connection, now=NOW).history("Patient", "same")) == 16


async def test_conditional_creates_at_once_make_one(database: Database) -> None:
    async def write() -> str:
        async with database.transaction() as connection:
            resource = patient(identifier=[{"system": "urn:once", "value": "1"}])
            written = await Repository(connection, now=NOW).create(resource, if_none_exist="identifier=urn:once|1")
            return str(written["id"])

    assert len(set(await asyncio.gather(*(write() for _ in range(16))))) == 1
