"""Searches over several types at once."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest
from xinglin.store.repository import Repository
from xinglin.store.systemwide import search_types

TAG = {"system": "urn:t", "code": "x"}


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    repository = Repository(connection, now=datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(3):
        for type in ("Patient", "Practitioner", "Organization"):
            name = "x" if type == "Organization" else [{"family": "x"}]
            tagged = {"meta": {"tag": [TAG]}} if number else {}
            await repository.update({"resourceType": type, "id": f"{type[:2]}{number}", "name": name, **tagged})
    return repository


async def pages(repository: Repository, query: str) -> list[list[str]]:
    found: list[list[str]] = []
    following: str | None = ""
    while following is not None:
        page = await search_types(repository, f"{query}&_cursor={following}" if following else query)
        found.append([resource["id"] for resource in page.resources])
        following = page.next
    return found


async def test_pages_go_from_type_to_type(repository: Repository) -> None:
    query = "_type=Practitioner,Patient&name=x"
    assert await pages(repository, query) == [["Pr0", "Pr1", "Pr2", "Pa0", "Pa1", "Pa2"]]
    assert await pages(repository, f"{query}&_count=2") == [["Pr0", "Pr1"], ["Pr2", "Pa0"], ["Pa1", "Pa2"]]
    assert await pages(repository, f"{query}&_count=3") == [["Pr0", "Pr1", "Pr2"], ["Pa0", "Pa1", "Pa2"]]
    tagged = "_type=Patient,Encounter&_type=Organization&_tag=urn:t|x"
    assert await pages(repository, f"{tagged}&_count=1") == [["Pa1"], ["Pa2"], ["Or1"], ["Or2"]]


async def test_all_types_in_one_order(repository: Repository) -> None:
    for number, name in enumerate(["Patient/Pa1", "Organization/Or0", "Practitioner/Pr2"], 1):
        repository.now += timedelta(minutes=number)
        type, _, id = name.partition("/")
        await repository.update({**await repository.read(type, id), "active": True})
    rest = ["Pa0", "Pa2", "Pr0", "Pr1", "Or1", "Or2"]
    query = "_type=Patient,Practitioner,Organization&_sort="
    assert await pages(repository, f"{query}_lastUpdated") == [[*rest, "Pa1", "Or0", "Pr2"]]
    newest = ["Pr2", "Or0", "Pa1"]
    ids = sorted([*rest, *newest])
    for count in (1, 2, 4, 5, 9):
        found = await pages(repository, f"{query}-_lastUpdated&_count={count}")
        everything = [*chain(*found)]
        assert everything[:3] == newest
        assert sorted(everything) == ids
        assert all(len(page) == count for page in found[:-1])
        assert [*chain(*await pages(repository, f"{query}_id&_count={count}"))] == ids
        assert [*chain(*await pages(repository, f"{query}-_id&_count={count}"))] == ids[::-1]


async def test_in_one_order_only_what_is_on_the_page_brings_others_along(repository: Repository) -> None:
    for number in range(3):
        repository.now += timedelta(minutes=1)
        link = {"managingOrganization": {"reference": f"Organization/Or{number}"}}
        await repository.update({"resourceType": "Patient", "id": f"L{number}", **link})
    query = "_type=Patient,Practitioner&_sort=-_lastUpdated&_include=Patient:organization&_count=2"
    page = await search_types(repository, query)
    assert [each["id"] for each in page.resources] == ["L2", "L1"]
    assert sorted(each["id"] for each in page.included) == ["Or1", "Or2"]
    page = await search_types(repository, f"{query}&_cursor={page.next}")
    assert [each["id"] for each in page.included] == ["Or0"]


async def test_totals_are_of_all_types(repository: Repository) -> None:
    page = await search_types(repository, "_type=Patient,Organization&_tag=urn:t|x&_total=accurate&_count=1")
    assert (len(page.resources), page.total) == (1, 4)
    for only in ("_summary=count", "_count=0"):
        page = await search_types(repository, f"_type=Patient,Organization&_tag=urn:t|x&{only}")
        assert (page.resources, page.total, page.next) == ([], 4, None)


async def test_a_compartment_has_all_its_types(repository: Repository) -> None:
    about = {"status": "final", "code": {"text": "x"}, "subject": {"reference": "Patient/Pa1"}}
    await repository.update({"resourceType": "Observation", "id": "o", **about})
    for query, found in (("", ["o", "Pa1"]), ("_type=Patient", ["Pa1"]), ("_tag=urn:t|x", ["Pa1"])):
        page = await search_types(repository, query, compartment=("Patient", "Pa1"))
        assert [resource["id"] for resource in page.resources] == found
    first = await search_types(repository, "_count=1&_total=accurate", compartment=("Patient", "Pa1"))
    assert first.total == 2
    rest = await search_types(repository, f"_count=1&_cursor={first.next}", compartment=("Patient", "Pa1"))
    assert [resource["id"] for resource in (*first.resources, *rest.resources)] == ["o", "Pa1"]
    with pytest.raises(BadRequest, match="No Organization belongs to the compartment of a Patient"):
        await search_types(repository, "_type=Organization", compartment=("Patient", "Pa1"))
    with pytest.raises(BadRequest, match="no compartment of Group"):
        await search_types(repository, "", compartment=("Group", "1"))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("name=x", "needs _type"),
        ("_type=Foo", "Foo is not a resource type"),
        ("_type=Patient,Group&name=x", "Group has no search parameter name"),
        (
            "_type=Patient&_sort=name",
            "_sort=name: over several types accepted is one of _lastUpdated",
        ),
        ("_type=Patient&_sort=_id,_lastUpdated", "accepted is one of"),
        ("_type=Patient&_sort=_id&_cursor=x", "start again"),
        ("_type=Patient&_sort=_id&_cursor=Patient.x", "start again"),
        ("_type=Patient&_sort=_id&_cursor=eyJHcm91cCI6IiJ9", "start again"),
        ("_type=Patient&_cursor=Group.x", "start again"),
        ("_type=Patient&_cursor=x", "start again"),
        ("_type=Patient&_cursor=Patient.x", "start again"),
    ],
)
async def test_refused(repository: Repository, query: str, text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        await search_types(repository, query)
