"""What resources claim in meta.profile is held against the profiles in the store, on every way of writing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from tests.exchange.fhir.operations.test_validate_profiles import PROFILE
from tests.store.ingested import ingest
from xinglin.fhir.outcome import Invalid
from xinglin.platform.database import Database
from xinglin.store import parameters, profiles
from xinglin.store.patch import json_patch
from xinglin.store.repository import Repository

URL = PROFILE["url"]
GOOD = {"resourceType": "Patient", "meta": {"profile": [URL]}, "gender": "male", "birthDate": "1968-03-12"}
BAD = {"resourceType": "Patient", "meta": {"profile": [URL]}, "gender": "male"}


def lax(profile: dict[str, Any]) -> dict[str, Any]:
    """The profile without the element that a birth date is demanded by."""
    elements = [e for e in profile["snapshot"]["element"] if e["path"] != "Patient.birthDate"]
    return {**profile, "snapshot": {"element": elements}}


@pytest.fixture
async def repository(database: Database) -> AsyncIterator[Repository]:
    """A repository that holds the profile, in a transaction that is undone."""
    async with database.session() as connection, connection.transaction(force_rollback=True):
        made = Repository(connection, now=datetime(2026, 1, 1, tzinfo=UTC))
        await made.update(PROFILE)
        yield made


def entry(resource: dict[str, Any], method: str = "POST", url: str = "") -> dict[str, Any]:
    return {"resource": resource, "request": {"method": method, "url": url or resource["resourceType"]}}


def bundle(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def where(error: pytest.ExceptionInfo[Invalid]) -> list[str | None]:
    return [issue.expression for issue in error.value.issues]


async def test_create_update_and_patch(repository: Repository) -> None:
    with pytest.raises(Invalid) as error:
        await repository.create(BAD)
    assert where(error)[0].startswith("Patient")  # type: ignore[union-attr]
    made = await repository.create(GOOD)
    without = {key: value for key, value in made.items() if key != "birthDate"}
    with pytest.raises(Invalid):
        await repository.update(without)
    with pytest.raises(Invalid):
        await repository.patch("Patient", made["id"], json_patch([{"op": "remove", "path": "/birthDate"}]))
    assert (await repository.read("Patient", made["id"]))["birthDate"] == "1968-03-12"


async def test_bundles_name_the_entry(repository: Repository) -> None:
    with pytest.raises(Invalid) as error:
        await repository.transaction(bundle(entry(GOOD), entry(BAD)))
    assert where(error)[0].startswith("Bundle.entry[1].resource")  # type: ignore[union-attr]
    batch = {**bundle(entry(GOOD), entry(BAD)), "type": "batch"}
    answered = await repository.batch(batch)
    assert [e["response"]["status"][:3] for e in answered["entry"]] == ["201", "422"]


async def test_a_profile_that_comes_in_the_same_bundle_counts(repository: Repository) -> None:
    url = "urn:profile:with-birth-too"
    other = {**PROFILE, "id": "too", "url": url}
    claiming = {**BAD, "meta": {"profile": [url]}}
    with pytest.raises(Invalid):
        async with repository.connection.transaction():
            await repository.transaction(bundle(entry(claiming), entry(other, "PUT", "StructureDefinition/too")))
    whole = {**claiming, "birthDate": "1968"}
    await repository.transaction(bundle(entry(whole), entry(other, "PUT", "StructureDefinition/too")))


async def test_imports_refuse_line_by_line(repository: Repository) -> None:
    refused = await ingest(
        repository, [{**GOOD, "id": "a"}, {**BAD, "id": "b"}, {"resourceType": "Patient", "id": "c"}]
    )
    assert [bool(issues) for issues in refused] == [False, True, False]


async def test_what_is_not_known_is_accepted(repository: Repository) -> None:
    await repository.create({**BAD, "meta": {"profile": ["urn:profile:unknown"]}})
    await repository.create({**BAD, "meta": {"profile": [f"{URL}|9"]}})
    await repository.delete("StructureDefinition", PROFILE["id"])
    await repository.create(BAD)


async def test_differentials_are_expanded_on_profiles_in_the_store(repository: Repository) -> None:
    url = "urn:profile:woman"
    gender = {"id": "Patient.gender", "path": "Patient.gender", "fixedCode": "female"}
    derived = {**PROFILE, "id": "derived", "url": url, "baseDefinition": URL, "differential": {"element": [gender]}}
    del derived["snapshot"]
    await repository.update(derived)
    with pytest.raises(Invalid) as error:
        await repository.create({**BAD, "meta": {"profile": [url]}})
    assert set(where(error)) == {"Patient.birthDate", "Patient.gender"}
    faulty = {**derived, "baseDefinition": "urn:profile:nowhere"}
    await repository.update(faulty)
    with pytest.raises(Invalid, match="urn:profile:nowhere is not known"):
        await repository.create({**GOOD, "meta": {"profile": [url]}})


async def test_another_process_changes_a_profile(database: Database) -> None:
    """Two connections with what each knows: a change that was committed counts for the next write of everybody."""

    async def write(resource: dict[str, Any]) -> None:
        async with database.transaction() as connection:
            await Repository(connection, now=datetime.now(UTC)).update(resource)

    await write(lax(PROFILE))
    await write({**BAD, "id": "one"})
    async with database.session() as other:
        await other.execute("BEGIN")
        elsewhere = Repository(other, now=datetime.now(UTC))
        await elsewhere.update(PROFILE)
        await write({**BAD, "id": "two"})  # the other transaction is not over yet
        await other.execute("COMMIT")
    with pytest.raises(Invalid):
        await write({**BAD, "id": "three"})


async def test_nobody_is_refused_for_a_profile_that_was_changed_elsewhere(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this process knows stays as it was while another one relaxes the profile."""

    async def write(resource: dict[str, Any]) -> None:
        async with database.transaction() as connection:
            await Repository(connection, now=datetime.now(UTC)).update(resource)

    await write(PROFILE)
    await write({**GOOD, "id": "strict"})
    with pytest.raises(Invalid):
        await write({**BAD, "id": "strict"})
    knowledge = dict(parameters._shared), dict(profiles._held)
    await write(lax(PROFILE))
    await write({**BAD, "id": "lax"})
    monkeypatch.setattr(parameters, "_shared", knowledge[0])
    monkeypatch.setattr(parameters, "_own", WeakKeyDictionary())
    monkeypatch.setattr(profiles, "_held", knowledge[1])
    await write({**BAD, "id": "lax-too"})
