"""Searches on a real database, against expectations and against a naive model."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest
from xinglin.store import including
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, tzinfo=UTC)

PATIENTS: list[dict[str, Any]] = [
    {"id": "a", "gender": "male", "birthDate": "1974-12-25", "name": [{"family": "Müller", "given": ["Jürgen"]}]},
    {"id": "b", "gender": "female", "birthDate": "1974", "name": [{"family": "欧阳", "given": ["修"]}]},
    {
        "id": "c",
        "birthDate": "1980-02",
        "name": [{"text": "100%_Smith"}],
        "identifier": [{"system": "urn:s", "value": "x,y"}],
    },
    {"id": "d", "gender": "male", "identifier": [{"value": "7"}], "address": [{"city": "南京"}]},
]


def observation(id: str, subject: str, effective: dict[str, Any], status: str = "final") -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    return {
        "resourceType": "Observation",
        "id": id,
        "status": status,
        "code": code,
        "subject": {"reference": subject},
        **effective,
    }


OBSERVATIONS = [
    observation("o1", "Patient/a", {"effectiveDateTime": "2026-02-27T23:30:00Z"}),
    observation("o2", "Patient/a", {"effectivePeriod": {"start": "2026-02-20", "end": "2026-03-05"}}, "amended"),
    observation("o3", "Patient/b", {"effectiveDateTime": "2026-02"}),
    observation("o4", "Patient/b", {}),
]


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    repository = Repository(connection, now=NOW)
    for resource in PATIENTS:
        await repository.update({"resourceType": "Patient", **resource})
        repository.now += timedelta(seconds=1)
    for resource in OBSERVATIONS:
        await repository.update(resource)
    return repository


async def ids(repository: Repository, type: str, query: str) -> str:
    page = await repository.search(type, query)
    return "".join(resource["id"][-1] for resource in page.resources)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "abcd"),
        ("gender=male", "ad"),
        ("gender=male,female", "abd"),
        ("gender:not=male", "bc"),
        ("gender=http://hl7.org/fhir/administrative-gender|female", "b"),
        ("gender=|female", "b"),
        ("gender=urn:other|female", ""),
        ("name=mull", "a"),
        ("name=MÜL", "a"),
        ("name=uller", ""),
        ("name:contains=uller", "a"),
        ("name:exact=Müller", "a"),
        ("name:exact=müller", ""),
        ("name=欧阳修", "b"),
        ("name=oyx", "b"),
        ("name=ouyang", "b"),
        ("name:contains=阳", "b"),
        ("name=100%25", "c"),
        ("name=100_", ""),
        ("name:contains=%25_s", "c"),
        ("address-city=nanj", "d"),
        ("birthdate=1974", "ab"),
        ("birthdate=1974-12-25", "a"),
        ("birthdate=ne1974", "c"),
        ("birthdate=gt1974", "c"),
        ("birthdate=ge1974-12-25", "abc"),
        ("birthdate=lt1980-02", "ab"),
        ("birthdate=le1980", "abc"),
        ("birthdate=sa1974-12", "c"),
        ("birthdate=eb1980", "ab"),
        ("birthdate=ap1975", "abc"),
        ("birthdate=1980,1974-12-25", "ac"),
        ("birthdate=1974&gender=female", "b"),
        (r"identifier=urn:s|x\,y", "c"),
        ("identifier=7", "d"),
        ("identifier=|7", "d"),
        ("_id=a,d,none", "ad"),
        ("_lastUpdated=2026-11-23T00:00:01Z", "b"),
        ("_lastUpdated=gt2026-11-23T00:00:01Z", "cd"),
        ("_lastUpdated=ge2026-11-23T00:00:01Z&_lastUpdated=lt2026-11-23T00:00:03Z", "bc"),
        ("_sort=birthdate", "bacd"),
        ("_sort=-birthdate", "cbad"),
        ("_sort=-_id", "dcba"),
        ("_sort=-_lastUpdated", "dcba"),
        ("_sort=name,-_id", "cabd"),
    ],
)
async def test_patients(repository: Repository, query: str, expected: str) -> None:
    assert await ids(repository, "Patient", query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("subject=Patient/a", "12"),
        ("patient=a&status=final", "1"),
        ("subject=a,b", "1234"),
        ("subject:Group=a", ""),
        ("code=http://loinc.org|8302-2&subject=Patient/b", "34"),
        ("date=2026", "123"),
        ("date=2026-02", "13"),
        ("date=2026-02-28", ""),
        ("date=ge2026-02-28", "2"),
        ("date=lt2026-02-21", "23"),
        ("date=ap2026-02-22", "123"),
        ("_sort=date", "3214"),
        ("_sort=-date", "2314"),
        ("_sort=-code-value-date,date", None),
    ],
)
async def test_observations(repository: Repository, query: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(BadRequest, match="_sort=-code-value-date is not supported"):
            await repository.search("Observation", query)
    else:
        assert await ids(repository, "Observation", query) == expected


async def test_a_day_means_the_day_of_the_hospital(repository: Repository) -> None:
    repository.zone = ZoneInfo("Asia/Shanghai")  # 23:30 in Greenwich is half past seven the next morning in Nanjing
    assert await ids(repository, "Observation", "date=2026-02-28") == "1"


async def test_a_changed_resource_is_found_by_what_it_is_now(repository: Repository) -> None:
    await repository.update({"resourceType": "Patient", "id": "a", "gender": "other", "birthDate": "2001"})
    assert await ids(repository, "Patient", "gender=male") == "d"
    assert await ids(repository, "Patient", "birthdate=1974") == "b"
    assert await ids(repository, "Patient", "name=mull") == ""
    assert await ids(repository, "Patient", "gender=other&birthdate=2001") == "a"
    await repository.delete("Patient", "a")
    assert await ids(repository, "Patient", "") == "bcd"
    assert await ids(repository, "Patient", "gender:not=female") == "cd"


@pytest.mark.parametrize(
    "sort", ["", "birthdate", "-birthdate", "name", "-name", "_id", "-_lastUpdated", "birthdate,-name"]
)
async def test_pages_neither_repeat_nor_skip(repository: Repository, sort: str) -> None:
    for number in range(20):
        resource = {"resourceType": "Patient", "gender": "unknown", "birthDate": f"19{number % 5:02}"}
        await repository.create(resource if number % 3 else {"resourceType": "Patient", "gender": "unknown"})
    query = f"_count=3&_sort={sort}" if sort else "_count=3"
    whole = await repository.search("Patient", query.replace("_count=3", "_count=100"))
    assert (len(whole.resources), whole.next) == (24, None)
    seen: list[str] = []
    cursor = ""
    while True:
        page = await repository.search("Patient", f"{query}&_cursor={cursor}" if cursor else query)
        seen += [resource["id"] for resource in page.resources]
        await repository.create({"resourceType": "Group", "type": "person", "actual": True})
        if page.next is None:
            break
        cursor = page.next
    assert seen == [resource["id"] for resource in whole.resources]


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIl0", "WzEsMV0", "WzFd.", "bnVsbA"])
async def test_a_cursor_of_another_search_is_refused(repository: Repository, cursor: str) -> None:
    with pytest.raises(BadRequest, match="start again"):
        await repository.search("Patient", f"_sort=birthdate&_cursor={cursor}")


async def test_totals(repository: Repository) -> None:
    page = await repository.search("Patient", "gender=male&_count=1&_total=accurate")
    assert (len(page.resources), page.total) == (1, 2)
    assert (await repository.search("Patient", "gender=male")).total is None
    only = await repository.search("Patient", "gender=male&_count=0")
    assert (only.resources, only.total) == ([], 2)


async def test_includes(repository: Repository) -> None:
    page = await repository.search("Observation", "_id=o1,o3&_include=Observation:subject")
    assert [r["id"] for r in page.included] == ["a", "b"]
    page = await repository.search("Observation", "_id=o1&_include=Observation:subject:Group")
    assert page.included == []
    page = await repository.search("Patient", "_id=a&_revinclude=Observation:subject")
    assert [r["id"] for r in page.included] == ["o1", "o2"]


async def test_a_bounded_include_says_so(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(including, "LIMIT", 1)
    page = await repository.search("Patient", "_id=a&_revinclude=Observation:subject")
    assert len(page.included) == 1
    (warning,) = page.warnings
    assert warning.severity == "warning"
    assert "only the first 1" in warning.diagnostics


async def test_hostile_values_are_values(repository: Repository) -> None:
    for value in ("'; DROP TABLE resource; --", "%s", "%(p0)s", "{}", "\\"):
        params = [("identifier", value), ("_id", value), ("name", f"x{value}")]
        assert (await repository.search("Patient", params)).resources == []
    for value in ("\x00", "\ud800"):
        with pytest.raises(BadRequest, match="control characters"):
            await repository.search("Patient", [("_id", value)])
