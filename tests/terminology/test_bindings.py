"""Whether codes are in value sets, for the bindings of profiles: what is known here, and for how long it is kept."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from xinglin.platform.database import Database
from xinglin.store.repository import Repository
from xinglin.terminology import bindings
from xinglin.terminology.knowing import knowing

Json = dict[str, Any]
SYSTEM = "urn:cs:colours"


def code_system(*codes: str, **changes: Any) -> Json:
    return {
        "resourceType": "CodeSystem",
        "id": "colours",
        "url": SYSTEM,
        "status": "active",
        "content": "complete",
        "concept": [{"code": code} for code in codes],
        **changes,
    }


def value_set(name: str, *includes: Json, **changes: Any) -> Json:
    url = f"urn:vs:{name}"
    compose = {"include": list(includes)}
    return {"resourceType": "ValueSet", "id": name, "url": url, "status": "active", "compose": compose, **changes}


@pytest.fixture
async def repository(database: Database) -> AsyncIterator[Repository]:
    async with database.session() as connection, connection.transaction(force_rollback=True):
        yield knowing(Repository(connection, now=datetime(2026, 1, 1, tzinfo=UTC)))


async def told(repository: Repository, name: str, *codes: str, system: str | None = SYSTEM) -> list[bool | None]:
    questions = [(f"urn:vs:{name}", system, code) for code in codes]
    answers = await bindings.members(repository, questions)
    return [answers[question] for question in questions]


async def test_what_is_known_here_is_decided(repository: Repository) -> None:
    await repository.update(code_system("red", "green"))
    await repository.update(value_set("listed", {"system": SYSTEM, "concept": [{"code": "blue"}]}))
    await repository.update(value_set("all", {"system": SYSTEM}))
    await repository.update(value_set("both", {"valueSet": ["urn:vs:listed"]}, {"valueSet": ["urn:vs:all"]}))
    assert await told(repository, "listed", "blue", "red") == [True, False]
    assert await told(repository, "all", "blue", "red") == [False, True]
    assert await told(repository, "both", "blue", "red", "grey") == [True, True, False]
    assert await told(repository, "both", "red", "grey", system=None) == [True, False]
    other = {"system": "urn:cs:other", "concept": [{"code": "red"}]}
    await repository.update(value_set("two", {"system": SYSTEM}, other))
    assert await told(repository, "two", "red", "grey", system=None) == [True, False]


async def test_what_is_not_known_here_can_not_be_told(repository: Repository) -> None:
    await repository.update(value_set("elsewhere", {"system": "urn:cs:elsewhere"}))
    filter = {"property": "x", "op": "generalizes", "value": "y"}
    await repository.update(value_set("filtered", {"system": SYSTEM, "filter": [filter]}))
    await repository.update(value_set("lost", {"valueSet": ["urn:vs:nowhere"]}))
    for name in ("nowhere", "elsewhere", "filtered", "lost"):
        assert await told(repository, name, "red") == [None], name
    await repository.update(code_system("red", content="fragment"))
    await repository.update(value_set("all", {"system": SYSTEM}))
    assert await told(repository, "all", "red", "blue") == [True, None]  # a fragment has more codes than are here


async def test_what_changes_is_decided_anew(repository: Repository) -> None:
    await repository.update(code_system("red"))
    await repository.update(value_set("all", {"system": SYSTEM}))
    await repository.update(value_set("outer", {"valueSet": ["urn:vs:all"]}))
    assert await told(repository, "outer", "red", "blue") == [True, False]
    await repository.update(code_system("blue"))
    assert await told(repository, "outer", "red", "blue") == [False, True]
    await repository.update(value_set("all", {"system": SYSTEM, "concept": [{"code": "red"}]}))
    assert await told(repository, "outer", "red", "blue") == [True, False]
    await repository.delete("ValueSet", "all")
    assert await told(repository, "outer", "red", "blue") == [None, None]
    await repository.delete("ValueSet", "outer")
    assert await told(repository, "outer", "red") == [None]


async def test_what_was_undone_does_not_count(repository: Repository) -> None:
    await repository.update(value_set("listed", {"system": SYSTEM, "concept": [{"code": "red"}]}))
    for code in ("blue", "green"):  # each writes version 2
        async with repository.connection.transaction(force_rollback=True):
            await repository.update(value_set("listed", {"system": SYSTEM, "concept": [{"code": code}]}))
            assert await told(repository, "listed", "red", "blue", "green") == [False, code == "blue", code == "green"]
    assert await told(repository, "listed", "red") == [True]


async def test_what_was_decided_is_not_decided_again(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    await repository.update(code_system("red", "blue"))
    await repository.update(value_set("all", {"system": SYSTEM}))
    await repository.update(value_set("listed", {"system": SYSTEM, "concept": [{"code": "red"}]}))
    questions = [("urn:vs:all", SYSTEM, "red"), ("urn:vs:listed", SYSTEM, "blue"), ("urn:vs:all", SYSTEM, "blue")]
    first = await bindings.members(repository, questions)

    async def unexpected(*_: Any) -> None:
        raise AssertionError("It was decided before")

    monkeypatch.setattr(bindings, "value_set", unexpected)
    monkeypatch.setattr(bindings, "validate_code", unexpected)
    assert await bindings.members(repository, questions) == first
    assert [first[question] for question in questions] == [True, False, True]
