"""Random writes and searches, compared with a model that is too simple to be wrong."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.platform.database import Database
from xinglin.store.repository import Repository

DATES = ["1999", "2000", "2000-01", "2000-02", "2000-02-28", "2000-02-29", "2000-03-01", "1999-12-31", "2001-01-01"]
NAMES = ["Li", "Liu", "lin", "Àlva", "alvar", "张三", "张飞", "章子"]
PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]

patients = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "gender": st.sampled_from(["male", "female"]),
        "birthDate": st.sampled_from(DATES),
        "name": st.lists(st.sampled_from(NAMES).map(lambda name: {"family": name}), min_size=1, max_size=2),
        "managingOrganization": st.sampled_from("ab").map(lambda letter: {"reference": f"Organization/{letter}"}),
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
    st.tuples(st.just("organization"), st.sampled_from(["a", "Organization/b", "a,b"])),
    st.tuples(st.just("birthdate"), st.builds(str.__add__, st.sampled_from(PREFIXES), st.sampled_from(DATES))),
    st.tuples(st.just("name"), st.sampled_from(["li", "L", "al", "张", "zhang", "zs", "张三"])),
    st.tuples(st.just("name:contains"), st.sampled_from(["i", "lva", "三", "hang"])),
    st.tuples(st.just("name:exact"), st.sampled_from(["Li", "li", "张三"])),
)
sorts = st.sampled_from(["", "birthdate", "-birthdate", "_id", "-_id"])


@dataclass
class Kept:
    """A resource of the model; `order` is when its id first came."""

    resource: dict[str, Any]
    order: int


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
        repository = Repository(connection, now=datetime(2026, 1, 1, tzinfo=UTC))
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
