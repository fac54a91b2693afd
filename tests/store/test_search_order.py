"""The order of codes, references and URIs, and what lies above or below others in a hierarchy."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = {"animal": [], "cat": ["animal"], "dog": ["animal"], "puppy": ["dog"]}


def observation(id: str, code: str | None, **elements: Any) -> dict[str, Any]:
    coded = {"coding": [{"system": "urn:s", "code": code}]} if code else {"text": "none"}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": coded, **elements}


def location(id: str, parent: str | None = None) -> dict[str, Any]:
    part = {"partOf": {"reference": f"Location/{parent}"}} if parent else {}
    return {"resourceType": "Location", "id": id, **part}


RESOURCES = [
    observation("1", "b", subject={"reference": "Patient/z"}, status="preliminary"),
    observation("2", None, subject={"reference": "Group/a"}),
    observation("3", "c", subject={"reference": "Patient/y"}, meta={"profile": ["http://b", "http://d"]}),
    observation("4", "a", status="amended", meta={"profile": ["http://c"]}),
    observation("5", "b"),
    observation("6", "puppy", category=[{"coding": [{"code": "x"}, {"code": "k"}]}]),
    location("house"),
    location("floor", "house"),
    location("room", "floor"),
    location("bed", "room"),
    location("shed"),
    {
        "resourceType": "Encounter",
        "id": "e",
        "status": "planned",
        "class": {"code": "AMB"},
        "location": [{"location": {"reference": "Location/room"}}],
    },
]


async def related(system: str, code: str, above: bool) -> list[str]:
    if system != "urn:s" or code not in ORDER:
        raise NotFound(f"{system} has no code {code}")
    found = {code}
    for _ in ORDER:
        if above:
            found |= {parent for each in found for parent in ORDER[each]}
        else:
            found |= {each for each, parents in ORDER.items() if found & set(parents)}
    return sorted(found)


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    repository = Repository(connection, now=NOW, related=related)
    for resource in RESOURCES:
        await repository.update(resource)
    return repository


async def ids(repository: Repository, type: str, query: str, size: int = 100) -> str:
    """The ids of all pages, one after the other."""
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        page = await repository.search(type, f"{query}&_count={size}&_cursor={following}")
        found += [resource["id"] for resource in page.resources]
        following = page.next
    return " ".join(found)


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("status", "4 2 3 5 6 1"),
        ("-status", "1 2 3 5 6 4"),
        ("code", "4 1 5 3 6 2"),
        ("-code", "6 3 1 5 4 2"),
        ("-code,-_id", "6 3 5 1 4 2"),
        ("subject", "2 3 1 4 5 6"),
        ("-patient", "1 3 2 4 5 6"),
        ("_profile,_id", "3 4 1 2 5 6"),
        ("-_profile", "3 4 1 2 5 6"),
        ("category,code", "6 4 1 5 3 2"),
    ],
)
async def test_order(repository: Repository, sort: str, found: str, size: int) -> None:
    assert await ids(repository, "Observation", f"_sort={sort}", size) == found


async def test_order_among_few(repository: Repository) -> None:
    assert await ids(repository, "Observation", "code=a,b&_sort=-code", 1) == "1 5 4"
    with pytest.raises(BadRequest, match="_sort=code-value-quantity is not supported; accepted are: _id, _lastUpd"):
        await repository.search("Observation", "_sort=code-value-quantity")
    page = await repository.search("Observation", "_sort=code&_count=1")
    with pytest.raises(BadRequest, match="start again"):
        await repository.search("Observation", f"_sort=date&_count=1&_cursor={page.next}")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("code:below=urn:s|animal", "6"),
        ("code:below=urn:s|dog,urn:s|cat", "6"),
        ("code:below=urn:s|cat", ""),
        ("code:above=urn:s|puppy", "6"),
        ("code:above=urn:s|dog", ""),
    ],
)
async def test_codes_by_what_they_subsume(repository: Repository, query: str, found: str) -> None:
    assert await ids(repository, "Observation", query) == found


async def test_codes_of_which_nothing_is_known(repository: Repository) -> None:
    with pytest.raises(NotFound, match="urn:s has no code fish"):
        await repository.search("Observation", "code:below=urn:s|fish")
    for value in ("animal", "|animal", "urn:s|"):
        with pytest.raises(BadRequest, match=r"accepted is system\|code"):
            await repository.search("Observation", f"code:below={value}")
    repository.related = None
    with pytest.raises(BadRequest, match="subsumes is not known here"):
        await repository.search("Observation", "code:below=urn:s|animal")


@pytest.mark.parametrize(
    ("type", "query", "found"),
    [
        ("Encounter", "location:below=Location/house", "e"),
        ("Encounter", "location:below=room", "e"),
        ("Encounter", "location:below=bed", ""),
        ("Encounter", "location:above=bed", "e"),
        ("Encounter", "location:above=Location/floor", ""),
        ("Encounter", "location:below=shed,floor", "e"),
        ("Location", "partof:below=house", "bed floor room"),
        ("Location", "partof:above=bed", "bed floor room"),
        ("Location", "partof:below=none", ""),
        ("Encounter", "location.partof:below=house", "e"),
    ],
)
async def test_references_into_a_hierarchy(repository: Repository, type: str, query: str, found: str) -> None:
    assert await ids(repository, type, f"{query}&_sort=_id") == found


async def test_a_hierarchy_that_goes_in_circles_ends(repository: Repository) -> None:
    await repository.update(location("house", "bed"))
    assert await ids(repository, "Location", "partof:below=room&_sort=_id") == "bed floor house room"
    assert await ids(repository, "Location", "partof:above=room&_sort=_id") == "bed floor house room"
    with pytest.raises(BadRequest, match=r"accepted are references to what can be a part of its own kind: .*Location"):
        await repository.search("Observation", "patient:below=Patient/y")
