"""History at its three levels, with its parameters and its paging."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.platform.database import Database
from xinglin.store.history import HistoryQuery, parse_history
from xinglin.store.repository import Repository

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
async def written(connection: psycopg.AsyncConnection[Any]) -> Repository:
    """a: 3 versions at minutes 0, 1, 2, then deleted at 5; b: minute 3; an Organization at minute 4."""
    for minute, resource in enumerate(
        [
            {"resourceType": "Patient", "id": "a"},
            {"resourceType": "Patient", "id": "a", "gender": "male"},
            {"resourceType": "Patient", "id": "a", "gender": "female"},
            {"resourceType": "Patient", "id": "b"},
            {"resourceType": "Organization", "id": "a", "name": "x"},
        ]
    ):
        await Repository(connection, now=START + timedelta(minutes=minute)).update(resource)
    repository = Repository(connection, now=START + timedelta(minutes=5))
    await repository.delete("Patient", "a")
    return repository


async def listed(repository: Repository, **query: Any) -> list[str]:
    """What a history holds, over all its pages of two versions."""
    found: list[str] = []
    page = await repository.history_page(HistoryQuery(count=2, **query))
    while True:
        found += [f"{e.type[0]}{e.id}{e.version.version}{'x' * e.version.deleted}" for e in page.entries]
        if page.next is None:
            return found
        assert len(page.entries) == 2
        page = await repository.history_page(HistoryQuery(count=2, cursor=page.next, **query))


async def test_three_levels(written: Repository) -> None:
    assert await listed(written) == ["Pa4x", "Oa1", "Pb1", "Pa3", "Pa2", "Pa1"]
    assert await listed(written, type="Patient") == ["Pa4x", "Pb1", "Pa3", "Pa2", "Pa1"]
    assert await listed(written, type="Patient", id="a") == ["Pa4x", "Pa3", "Pa2", "Pa1"]
    assert (await written.history_page(HistoryQuery("Patient", "a", count=1))).total == 4
    with pytest.raises(NotFound):
        await written.history_page(HistoryQuery("Patient", "none"))


async def test_since_and_at(written: Repository) -> None:
    def at(minute: float) -> list[tuple[str, str]]:
        return [("_at", (START + timedelta(minutes=minute)).isoformat().replace("+", " "))]

    since = parse_history([("_since", "2026-11-23T08:02:00Z")], UTC).since
    assert await listed(written, since=since) == ["Pa4x", "Oa1", "Pb1", "Pa3"]
    assert await listed(written, type="Patient", at=parse_history(at(0.5), UTC).at) == ["Pa1"]
    assert await listed(written, at=parse_history(at(4.5), UTC).at) == ["Oa1", "Pb1", "Pa3"]
    assert await listed(written, type="Patient", id="a", at=parse_history(at(9), UTC).at) == ["Pa4x"]
    day = parse_history([("_at", "2026-11-23")], UTC).at
    assert len(await listed(written, type="Patient", id="a", at=day)) == 4
    assert (await written.history_page(HistoryQuery("Patient", "a", at=day, count=0))).total == 4
    assert await listed(written, at=parse_history([("_at", "2026-11-22")], UTC).at) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("_since", "yesterday"), ("_at", "2026-13"), ("_count", "-1"), ("_count", "x"), ("_sort", "x"), ("family", "x")],
)
def test_parameters_that_make_no_sense(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=name):
        parse_history([(name, value)], UTC)


@pytest.mark.parametrize("cursor", ["x", "W10", "eyJ9", "WzEsMiwzLDRd", "WzEsIjIwMjYiLCJcdTAwMDAiLCJ4Il0"])
async def test_cursors_of_others(written: Repository, cursor: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        await written.history_page(HistoryQuery(cursor=cursor))


async def test_pages_neither_repeat_nor_skip_while_others_write(database: Database) -> None:
    minutes = itertools.count()

    async def write(id: str) -> None:
        async with database.transaction() as connection:
            repository = Repository(connection, now=START + timedelta(minutes=next(minutes)))
            await repository.update({"resourceType": "Basic", "id": id, "code": {"text": "x"}})

    for number in range(12):
        await write(f"r{number % 3}")
    seen: list[tuple[str, int]] = []
    cursor = None
    while True:
        async with database.transaction() as connection:
            query = HistoryQuery("Basic", count=5, cursor=cursor)
            page = await Repository(connection, now=START).history_page(query)
        seen += [(entry.id, entry.version.version) for entry in page.entries]
        await write("r0")  # moves the version that was current into the history table
        await write("new")
        if (cursor := page.next) is None:
            break
    assert seen == [(f"r{number % 3}", number // 3 + 1) for number in reversed(range(12))]
