"""Random writes and searches, compared with a model that is too simple to be wrong."""

import calendar
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.fhir.outcome import Gone
from xinglin.platform.database import Database
from xinglin.store.reindexing import continue_reindex
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATES = ["1999", "2000", "2000-01", "2000-02", "2000-02-28", "2000-02-29", "2000-03-01", "1999-12-31", "2001-01-01"]
NAMES = ["Li", "Liu", "lin", "Àlva", "alvar", "张三", "张飞", "章子"]
NATIONS = ["han", "hui"]
NATION = "http://hospital.example/nation"
PARAMETER = {
    "resourceType": "SearchParameter",
    "id": "nation",
    "url": "http://hospital.example/SearchParameter/nation",
    "name": "nation",
    "status": "active",
    "description": "nation",
    "code": "nation",
    "base": ["Patient"],
    "type": "token",
    "expression": f"Patient.extension('{NATION}').value",
}
PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]

patients = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "gender": st.sampled_from(["male", "female"]),
        "birthDate": st.sampled_from(DATES),
        "name": st.lists(st.sampled_from(NAMES).map(lambda name: {"family": name}), min_size=1, max_size=2),
        "managingOrganization": st.sampled_from("ab").map(lambda letter: {"reference": f"Organization/{letter}"}),
        "extension": st.sampled_from(NATIONS).map(lambda nation: [{"url": NATION, "valueCode": nation}]),
    },
)
slots = st.integers(0, 7).map(lambda number: f"p{number}")
writes = st.one_of(
    st.tuples(st.just("put"), slots, patients),
    st.tuples(st.just("put"), slots, patients),
    st.tuples(st.just("delete"), slots, st.none()),
)
criteria = st.one_of(
    st.tuples(st.just("gender"), st.sampled_from(["male", "female", "male,female", "other"])),
    st.tuples(st.just("gender:not"), st.sampled_from(["male", "female,male"])),
    st.tuples(st.just("nation"), st.sampled_from(["han", "hui", "han,hui", "other"])),
    st.tuples(st.just("nation:missing"), st.sampled_from(["true", "false"])),
    st.tuples(st.just("organization"), st.sampled_from(["a", "Organization/b", "a,b"])),
    st.tuples(st.just("birthdate"), st.builds(str.__add__, st.sampled_from(PREFIXES), st.sampled_from(DATES))),
    st.tuples(st.just("name"), st.sampled_from(["li", "L", "al", "张", "zhang", "zs", "张三"])),
    st.tuples(st.just("name:contains"), st.sampled_from(["i", "lva", "三", "hang"])),
    st.tuples(st.just("name:exact"), st.sampled_from(["Li", "li", "张三"])),
)


@dataclass
class Kept:
    """A resource of the model; `order` is when its id first came."""

    resource: dict[str, Any]
    order: int


def nation(resource: dict[str, Any]) -> str | None:
    return next((extension["valueCode"] for extension in resource.get("extension", ())), None)


TEXTS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "gender": lambda resource: resource.get("gender"),
    "nation": nation,
    "organization": lambda resource: resource.get("managingOrganization", {}).get("reference"),
}
sorts = st.sampled_from(["", "birthdate", "-birthdate", "_id", "-_id", *TEXTS, *(f"-{name}" for name in TEXTS)])


def days(text: str) -> tuple[date, date]:
    """First and last day of a partial date."""
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 0, 0)[:3]
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)


def born(resource: dict[str, Any], wanted: str) -> bool:
    if "birthDate" not in resource:
        return False
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
    (first, last), (low, high) = days(resource["birthDate"]), days(text)
    within = low <= first and last <= high
    tests: dict[str, Callable[[], bool]] = {
        "eq": lambda: within,
        "ne": lambda: not within,
        "gt": lambda: last > high,
        "lt": lambda: first < low,
        "ge": lambda: within or last > high,
        "le": lambda: within or first < low,
        "sa": lambda: first > high,
        "eb": lambda: last < low,
    }
    return tests[prefix]()


SPELLED = {
    "Àlva": ["alva"],
    "张三": ["张三", "zhangsan", "zs"],
    "张飞": ["张飞", "zhangfei", "zf"],
    "章子": ["章子", "zhangzi", "zz"],
}


def spelled(resource: dict[str, Any]) -> list[str]:
    families = [n["family"] for n in resource.get("name", [])]
    return [text for family in families for text in SPELLED.get(family, [family.lower()])]


def matches(resource: dict[str, Any], criterion: tuple[str, str]) -> bool:
    name, value = criterion
    families = [n["family"] for n in resource.get("name", [])]
    texts = spelled(resource)
    if name == "birthdate":
        return born(resource, value)
    if name == "organization":
        there = resource.get("managingOrganization", {}).get("reference", "none")
        return there.removeprefix("Organization/") in [v.removeprefix("Organization/") for v in value.split(",")]
    return {
        "gender": lambda: resource.get("gender") in value.split(","),
        "nation": lambda: nation(resource) in value.split(","),
        "nation:missing": lambda: (nation(resource) is None) == (value == "true"),
        "gender:not": lambda: resource.get("gender") not in value.split(","),
        "name": lambda: any(text.startswith(value.lower()) for text in texts),
        "name:contains": lambda: any(value in text for text in texts),
        "name:exact": lambda: value in families,
    }[name]()


def expected(model: dict[str, Kept], wanted: list[tuple[str, str]], sort: str) -> list[str]:
    found = [
        (id, kept) for id, kept in model.items() if kept.resource and all(matches(kept.resource, c) for c in wanted)
    ]
    found.sort(key=lambda item: item[1].order)
    if sort.endswith("_id"):
        found.sort(key=lambda item: item[0], reverse=sort.startswith("-"))
    elif (text := TEXTS.get(sort.removeprefix("-"))) is not None:
        there = [item for item in found if text(item[1].resource)]
        there.sort(key=lambda item: str(text(item[1].resource)), reverse=sort.startswith("-"))
        found = there + [item for item in found if not text(item[1].resource)]
    elif sort:
        dated = [item for item in found if "birthDate" in item[1].resource]
        bound = 1 if sort.startswith("-") else 0
        dated.sort(key=lambda item: days(item[1].resource["birthDate"])[bound], reverse=bool(bound))
        found = dated + [item for item in found if "birthDate" not in item[1].resource]
    elif [name for name, _ in wanted] == ["name"]:
        # What begins with a text comes in the order of the texts.
        ((_, beginning),) = wanted
        low = beginning.lower()
        found.sort(key=lambda item: min(text for text in spelled(item[1].resource) if text.startswith(low)))
    return [id for id, _ in found]


async def pages(repository: Repository, params: list[tuple[str, str]]) -> list[str]:
    """The ids of all pages, one after the other."""
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        page = await repository.search("Patient", [*params, ("_cursor", following)] if following else params)
        found += [resource["id"] for resource in page.resources]
        following = page.next
    return found


# There from the start of every example, so that every search has something to tell apart.
POPULATION: dict[str, dict[str, Any]] = {
    f"q{number}": {
        "resourceType": "Patient",
        "gender": ["male", "female"][number % 2],
        "birthDate": birth,
        "name": [{"family": NAMES[number % len(NAMES)]}],
    }
    for number, birth in enumerate(DATES)
}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(writes, max_size=10),
    searches=st.lists(st.tuples(st.lists(criteria, max_size=2), sorts, st.integers(1, 4)), min_size=8, max_size=12),
)
async def test_searches_find_what_the_model_finds(
    database: Database, steps: list[Any], searches: list[tuple[list[tuple[str, str]], str, int]]
) -> None:
    model: dict[str, Kept] = {}
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        await repository.update(PARAMETER)
        while await continue_reindex(connection, now=NOW) is not None:
            pass
        population = [("put", id, resource) for id, resource in POPULATION.items()]
        for action, id, resource in [*population, *steps]:
            repository.now += timedelta(seconds=1)
            if action == "put":
                await repository.update({**resource, "id": id})
                model[id] = Kept(resource, model[id].order if id in model else len(model))
            elif id in model and model[id].resource:
                await repository.delete("Patient", id)
                model[id].resource = {}
        for wanted, sort, count in searches:
            params = [*wanted, ("_count", str(count)), *([("_sort", sort)] if sort else [])]
            assert await pages(repository, params) == expected(model, wanted, sort), urlencode(params)
            total = (await repository.search("Patient", [*wanted, ("_count", "0")])).total
            assert total == len(expected(model, wanted, ""))


async def paged_beside(
    database: Database, params: list[tuple[str, str]], steps: list[Any]
) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """The ids of all pages, with a write on another connection committed after each; and what was there before."""
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE resource, resource_history, search_date, search_string, search_text")
        for id, resource in POPULATION.items():
            await Repository(connection, now=NOW).update({**resource, "id": id})
    found: list[str] = []
    following: str | None = ""
    left = list(steps)
    while following is not None:
        async with database.transaction() as connection:
            page = await Repository(connection, now=NOW).search("Patient", [*params, ("_cursor", following)])
            found += [resource["id"] for resource in page.resources]
            following = page.next
            if left:
                action, id, resource = left.pop(0)
                async with database.transaction() as other:
                    repository = Repository(other, now=NOW + timedelta(hours=1))
                    if action == "put":
                        await repository.update({**resource, "id": id})
                    elif id in POPULATION:
                        with suppress(Gone):
                            await repository.delete("Patient", id)
    return found, POPULATION


some = st.sampled_from([*(f"q{number}" for number in range(len(DATES))), "new1", "new2"])
beside = st.one_of(st.tuples(st.just("put"), some, patients), st.tuples(st.just("delete"), some, st.none()))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(criteria.filter(lambda c: not c[0].startswith("nation")), max_size=1),
    sort=sorts.filter(lambda s: "nation" not in s),
    count=st.integers(1, 3),
    steps=st.lists(beside, min_size=2, max_size=8),
)
async def test_pages_neither_repeat_nor_skip_what_stays_as_it_is(
    database: Database, wanted: list[tuple[str, str]], sort: str, count: int, steps: list[Any]
) -> None:
    params = [*wanted, ("_count", str(count)), *([("_sort", sort)] if sort else [])]
    found, before = await paged_beside(database, params, steps)
    untouched = set(before) - {id for _, id, _ in steps}
    for id in untouched:
        there = all(matches(before[id], criterion) for criterion in wanted)
        assert found.count(id) == there, (id, urlencode(params))
    if not sort or sort.endswith("_id"):
        in_order = [name for name, _ in wanted] == ["name"] and not sort  # of texts, which may change
        assert in_order or len(found) == len(set(found)), urlencode(params)
