"""Searches for what resources contain (`_contained`), compared with a model that looks into every resource.

Writes come by every way there is: one by one, as transactions, and as imports; what they leave is the same.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.ingested import ingest
from xinglin.platform.database import Database
from xinglin.store import statistics
from xinglin.store.reindexing import continue_reindex, start_reindex
from xinglin.store.repository import Repository

Json = dict[str, Any]
Model = dict[str, Json]
"""What there is: `Type/id` → resource, in the order in which the ids first came."""
Hit = tuple[str, Json]
"""A resource with its name, `Type/id` or `Type/id#id`."""

NOW = datetime(2026, 1, 1, tzinfo=UTC)
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
UCUM = "http://unitsofmeasure.org"
NAMES, BIRTHS, GENDERS, VALUES = ["Li", "张三", "lin"], ["1999", "2000-02-29", "2001"], ["male", "female"], ["1", "2.5"]
SPELLED = {"Li": ["li"], "张三": ["张三", "zhangsan", "zs"], "lin": ["lin"]}

patients = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "gender": st.sampled_from(GENDERS),
        "birthDate": st.sampled_from(BIRTHS),
        "name": st.lists(st.sampled_from(NAMES).map(lambda name: {"family": name}), min_size=1, max_size=2),
        "managingOrganization": st.sampled_from("ab").map(lambda letter: {"reference": f"Organization/{letter}"}),
        "extension": st.sampled_from(["han", "hui"]).map(lambda code: [{"url": NATION, "valueCode": code}]),
    },
)
quantities = st.sampled_from(VALUES).map(lambda v: {"value": Decimal(v), "unit": "mg", "system": UCUM, "code": "mg"})


def observation(inside: list[Json], subject: str | None, value: Json | None) -> Json:
    """With contained patients #0, #1, … of which `subject` is one, or a stored patient."""
    contained = [{**each, "id": str(number)} for number, each in enumerate(inside)]
    local = subject is not None and subject.startswith("#")
    reference = subject if not local or (subject and int(subject[1:]) < len(inside)) else None
    # What is contained has to be referred to from somewhere.
    focus = [{"reference": f"#{each['id']}"} for each in contained]
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "urn:c", "code": "A"}]},
        **({"contained": contained, "focus": focus} if contained else {}),
        **({"subject": {"reference": reference}} if reference else {}),
        **({"valueQuantity": value} if value else {}),
    }


def patient(resource: Json, nested: Json | None) -> Json:
    """A patient who may contain an Observation about themselves and an Organization."""
    if nested is None:
        return resource
    inner = {**nested, "id": "o", "subject": {"reference": "#"}}
    extension = {"url": "http://hospital.example/seen", "valueReference": {"reference": "#o"}}
    return {**resource, "contained": [inner], "extension": [*resource.get("extension", ()), extension]}


plain_observations = st.builds(observation, st.just([]), st.none(), st.one_of(st.none(), quantities))
subjects = st.sampled_from([None, "#0", "#1", "Patient/p0", "Patient/p1"])
observations = st.builds(observation, st.lists(patients, max_size=2), subjects, st.one_of(st.none(), quantities))
names = {"Patient": st.sampled_from(["p0", "p1", "p2"]), "Observation": st.sampled_from(["o0", "o1", "o2", "o3"])}
writes = st.one_of(
    st.tuples(names["Observation"].map("Observation/{}".format), observations),
    st.tuples(names["Observation"].map("Observation/{}".format), observations),
    st.tuples(
        names["Patient"].map("Patient/{}".format),
        st.builds(patient, patients, st.one_of(st.none(), plain_observations)),
    ),
    st.tuples(st.sampled_from(["Observation/o0", "Observation/o1", "Patient/p0"]), st.none()),
)
patient_criteria = st.one_of(
    st.tuples(st.sampled_from(["gender", "gender:not"]), st.sampled_from(["male", "female", "male,female"])),
    st.tuples(
        st.sampled_from(["gender:missing", "birthdate:missing", "nation:missing"]), st.sampled_from(["true", "false"])
    ),
    st.tuples(st.just("birthdate"), st.sampled_from(["1999", "ge2000", "lt2001", "2000-02"])),
    st.tuples(st.just("name"), st.sampled_from(["li", "zs", "张", "x"])),
    st.tuples(st.sampled_from(["name:exact", "name:contains"]), st.sampled_from(["Li", "in", "张三"])),
    st.tuples(st.just("nation"), st.sampled_from(["han", "hui"])),
    st.tuples(st.just("organization"), st.sampled_from(["a", "Organization/b"])),
    st.tuples(st.just("organization.active"), st.just("true")),
    st.tuples(st.just("_has:Observation:subject:code"), st.just("A")),
    st.tuples(st.just("_id"), st.sampled_from(["0", "1", "p0", "0,p1"])),
)
observation_criteria = st.one_of(
    st.tuples(st.sampled_from(["code", "code:not"]), st.sampled_from(["A", "urn:c|A", "B"])),
    st.tuples(st.just("value-quantity"), st.sampled_from(["1", "gt1||mg", "2500|http://unitsofmeasure.org|ug"])),
    st.tuples(st.just("code-value-quantity"), st.sampled_from(["A$1", "A$gt1", "B$1"])),
    st.tuples(st.sampled_from(["patient", "subject"]), st.sampled_from(["p0", "Patient/p1"])),
    st.tuples(st.sampled_from(["subject:missing"]), st.sampled_from(["true", "false"])),
    st.tuples(st.sampled_from(["patient.gender", "subject:Patient.gender"]), st.sampled_from(GENDERS)),
    st.tuples(st.just("patient.name"), st.sampled_from(["li", "zs", "l"])),
)
places = st.tuples(st.sampled_from(["false", "true", "true", "both"]), st.sampled_from(["container", "contained"]))
sorts = {
    "Patient": ["", "birthdate", "-birthdate", "-gender"],
    "Observation": ["", "value-quantity", "-value-quantity"],
}
searches = st.one_of(
    *(
        st.tuples(
            st.just(type), st.lists(criteria, max_size=2), places, st.sampled_from(sorts[type]), st.integers(1, 4)
        )
        for type, criteria in (("Patient", patient_criteria), ("Observation", observation_criteria))
    )
)


def subject_name(hit: Hit) -> str:
    """The name of whom an Observation is about, whether they are there or not."""
    name, resource = hit
    reference = str(resource.get("subject", {}).get("reference", ""))
    container = name.partition("#")[0]
    return container if reference == "#" else f"{container}{reference}" if reference.startswith("#") else reference


def subject_of(model: Model, hit: Hit) -> Hit | None:
    """Whom an Observation is about: a stored patient, or one beside it in the same container."""
    name = subject_name(hit)
    container, _, id = name.partition("#")
    resource = model.get(container)
    if resource and id:
        resource = next(each for each in resource["contained"] if each["id"] == id)
    return (name, resource) if resource else None


def spelled(resource: Json) -> list[str]:
    return [text for name in resource.get("name", []) for text in SPELLED[name["family"]]]


def nation(resource: Json) -> str | None:
    return next((e["valueCode"] for e in resource.get("extension", ()) if e["url"] == NATION), None)


def bounds(text: str) -> tuple[str, str]:
    return (text + "-01-01"[len(text) - 4 :], text + "-12-31"[len(text) - 4 :]) if len(text) < 10 else (text, text)


def born(resource: Json, value: str) -> bool:
    if "birthDate" not in resource:
        return False
    first, last = bounds(resource["birthDate"])
    return {
        "1999": first >= "1999-01-01" and last <= "1999-12-31",
        "2000-02": first >= "2000-02-01" and last <= "2000-02-29",
        "ge2000": last >= "2000-01-01",
        "lt2001": first < "2001-01-01",
    }[value]


def measured(resource: Json, value: str) -> bool:
    there = resource.get("valueQuantity", {}).get("value")
    tests = {"1": there == 1, "gt1": there is not None and there > 1, "2500": there == Decimal("2.5")}
    return tests[value.partition("|")[0]]


def matches(model: Model, hit: Hit, criterion: tuple[str, str]) -> bool:
    name, resource = hit
    asked, value = criterion
    head, _, rest = asked.partition(".")
    if rest and head != "organization":
        target = subject_of(model, hit)
        return target is not None and target[1]["resourceType"] == "Patient" and matches(model, target, (rest, value))
    families = [entry["family"] for entry in resource.get("name", [])]
    organization = resource.get("managingOrganization", {}).get("reference", "").removeprefix("Organization/")
    subject = resource.get("subject", {}).get("reference", "")
    coded, amount = value.partition("$")[::2]
    tests: dict[str, Callable[[], bool]] = {
        "gender": lambda: resource.get("gender") in value.split(","),
        "gender:not": lambda: resource.get("gender") not in value.split(","),
        "gender:missing": lambda: ("gender" not in resource) == (value == "true"),
        "birthdate:missing": lambda: ("birthDate" not in resource) == (value == "true"),
        "nation:missing": lambda: (nation(resource) is None) == (value == "true"),
        "birthdate": lambda: born(resource, value),
        "name": lambda: any(text.startswith(value) for text in spelled(resource)),
        "name:exact": lambda: value in families,
        "name:contains": lambda: any(value.lower() in text for text in spelled(resource)),
        "nation": lambda: nation(resource) == value,
        "organization": lambda: organization == value.removeprefix("Organization/"),
        "organization.active": lambda: organization == "a",
        "_id": lambda: resource["id"] in value.split(","),
        "_has:Observation:subject:code": lambda: any(
            other.startswith("Observation/") and r and subject_name((other, r)) == name for other, r in model.items()
        ),
        "code": lambda: value in ("A", "urn:c|A"),
        "code:not": lambda: value == "B",
        "value-quantity": lambda: measured(resource, value),
        "code-value-quantity": lambda: coded == "A" and measured(resource, amount),
        "patient": lambda: subject_name(hit) == f"Patient/{value.removeprefix('Patient/')}",
        "subject:missing": lambda: (not subject) == (value == "true"),
    }
    return tests["patient" if asked == "subject" else asked]()


def value_of(resource: Json, key: str, *, descending: bool) -> Any:
    if key == "birthdate":
        return bounds(resource["birthDate"])[descending] if "birthDate" in resource else None
    return resource.get("gender") if key == "gender" else resource.get("valueQuantity", {}).get("value")


def expected(
    model: Model, type: str, wanted: list[tuple[str, str]], place: tuple[str, str], sort: str
) -> tuple[list[str], dict[str, Any]]:
    """The names of what is found, and each one's value for the order."""
    contained, given_back = place
    descending, key = sort.startswith("-"), sort.removeprefix("-")
    stored = [(name, r) for name, r in model.items() if name.startswith(f"{type}/") and r]
    inside = [
        (f"{name}#{each['id']}", each)
        for name, r in model.items()
        for each in r.get("contained", ())
        if each["resourceType"] == type
    ]
    hits = {"false": stored, "true": inside, "both": [*inside, *stored]}[contained]
    values: dict[str, list[Any]] = {}
    for hit in hits:
        if all(matches(model, hit, each) for each in wanted):
            name = hit[0].partition("#")[0] if contained != "false" and given_back == "container" else hit[0]
            values.setdefault(name, []).append(value_of(hit[1], key, descending=descending) if key else None)
    best = max if descending else min
    found = {
        name: best(there) if (there := [v for v in all if v is not None]) else None for name, all in values.items()
    }
    return list(found), found


async def pages(repository: Repository, type: str, params: list[tuple[str, str]], count: int) -> list[str]:
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        sized = [*params, ("_count", str(count)), *([("_cursor", following)] if following else [])]
        page = await repository.search(type, sized)
        assert len(page.matches) <= count
        assert all(hit.resource["id"] == (hit.inside or hit.id) for hit in page.matches)
        found += [hit.name for hit in page.matches]
        following = page.next
    return found


async def one_by_one(repository: Repository, resources: list[Json]) -> None:
    for resource in resources:
        await repository.update(resource)


async def as_transactions(repository: Repository, resources: list[Json]) -> None:
    for resource in resources:
        name = f"{resource['resourceType']}/{resource['id']}"
        entry = {"resource": resource, "request": {"method": "PUT", "url": name}}
        await repository.transaction({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


async def as_import(repository: Repository, resources: list[Json]) -> None:
    assert not any(await ingest(repository, resources))


async def indexed_anew(repository: Repository, resources: list[Json]) -> None:
    """As if an earlier version had stored all of them."""
    await as_import(repository, resources)
    await repository.connection.execute("DELETE FROM search_contained")
    await start_reindex(repository.connection, now=NOW)
    while await continue_reindex(repository.connection, now=NOW) is not None:
        pass


@pytest.mark.parametrize(
    ("way", "known"),
    [(one_by_one, False), (one_by_one, True), (as_transactions, True), (as_import, False), (indexed_anew, False)],
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(writes, min_size=3, max_size=12), searches=st.lists(searches, min_size=8, max_size=12))
async def test_searches_find_what_the_model_finds(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Repository, list[Json]], Any],
    known: bool,
    steps: list[tuple[str, Json | None]],
    searches: list[tuple[str, list[tuple[str, str]], tuple[str, str], str, int]],
) -> None:
    model: Model = {}
    monkeypatch.setattr(statistics, "MANY", 0)
    monkeypatch.setattr(statistics, "LASTING", timedelta())
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        await repository.update({"resourceType": "Organization", "id": "a", "active": True, "name": "a"})
        await repository.update(PARAMETER)
        while await continue_reindex(connection, now=NOW) is not None:
            pass
        waiting: list[Json] = []
        for name, resource in steps:
            repository.now += timedelta(seconds=1)
            type, _, id = name.partition("/")
            if resource is not None:
                model[name] = {**resource, "id": id}
                waiting.append(model[name])
            elif model.get(name):
                await way(repository, waiting)
                waiting = []
                await repository.delete(type, id)
                model[name] = {}
        await way(repository, waiting)
        if known:  # then every term counts as frequent
            await connection.execute("ANALYZE resource")
        for type, wanted, place, sort, count in searches:
            asked = [("_contained", place[0]), ("_containedType", place[1])]
            params = [*wanted, *asked, *([("_sort", sort)] if sort else [])]
            names, values = expected(model, type, wanted, place, sort)
            found = await pages(repository, type, params, count)
            assert sorted(found) == sorted(names), f"{type}?{urlencode(params)}"
            if sort:
                having = [values[name] for name in found if values[name] is not None]
                assert having == sorted(having, reverse=sort.startswith("-"))
                assert [values[name] for name in found[len(having) :]] == [None] * (len(found) - len(having))
            counted = await repository.search(type, [*wanted, *asked, ("_summary", "count")])
            assert counted.total == len(names)
