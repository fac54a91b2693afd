"""Random rules and searches: whoever is limited by rules finds just what everybody would find in a hospital where
nothing else existed. What the rules allow is worked out here by looking at each resource, without SQL."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.platform.access import RECORD, Grant, Rule
from xinglin.platform.access.grants import CAMPUS
from xinglin.platform.access.labels import ACT
from xinglin.platform.database import Database
from xinglin.platform.identity import Actor, Post
from xinglin.store.history import HistoryQuery
from xinglin.store.repository import Repository

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ME = "Practitioner/me"
CAMPUSES, LABELS = ("east", "west"), ("HIV", "CEL")
PATIENTS = [f"p{number}" for number in range(5)]
NAMES = ("li", "lin", "wang")

tags = st.sampled_from(CAMPUSES).map(lambda code: [{"system": CAMPUS, "code": code}])
labels = st.one_of(st.just([]), st.just([]), st.sampled_from(LABELS).map(lambda code: [{"system": ACT, "code": code}]))


def meta(tag: list[Resource], security: list[Resource]) -> Resource:
    return {"tag": tag, **({"security": security} if security else {})}


metas = st.builds(meta, tags, labels)
patients = st.builds(
    lambda meta, name, gender: {
        "resourceType": "Patient", "meta": meta, "name": [{"family": name}], "gender": gender,
        "telecom": [{"system": "phone", "value": "1"}],
    },
    metas, st.sampled_from(NAMES), st.sampled_from(["male", "female"]),
)  # fmt: skip
about = st.sampled_from(PATIENTS).map(lambda name: {"reference": f"Patient/{name}"})
encounters = st.builds(
    lambda meta, subject, who, days: {
        "resourceType": "Encounter", "meta": meta, "status": "finished", "class": {"code": "AMB"}, "subject": subject,
        "participant": [{"individual": {"reference": who}}],
        "period": {"end": (NOW - timedelta(days=days)).isoformat()},
    },
    metas, about, st.sampled_from([ME, "Practitioner/other"]), st.sampled_from([10, 200]),
)  # fmt: skip
observations = st.builds(
    lambda meta, subject, code, day, where: {
        "resourceType": "Observation", "meta": meta, "status": "final", "code": {"coding": [{"code": code}]},
        "subject": subject, "effectiveDateTime": f"2026-01-0{day}", "encounter": {"reference": f"Encounter/e{where}"},
    },
    metas, about, st.sampled_from("ab"), st.integers(1, 5), st.integers(0, 3),
)  # fmt: skip
hospitals = st.tuples(
    st.lists(patients, min_size=5, max_size=5),
    st.lists(encounters, min_size=2, max_size=4),
    st.lists(observations, min_size=3, max_size=9),
)
rules = st.builds(
    lambda types, criteria, campus, treating, own, cleared, hidden: Rule(
        types if not criteria else ("Patient",),
        criteria=criteria,
        campus=campus,
        treating=treating,
        own=own,
        labels=cleared,
        hidden=hidden,
    ),
    st.sampled_from([("Patient",), ("Observation",), ("Encounter",), ("Patient", "Observation"), (RECORD,)]),
    st.sampled_from(["", "", "", "gender=male", "name=li", "_has:Observation:patient:code=a"]),
    *[st.sampled_from([False, False, True])] * 3,
    st.sampled_from([(), ("*",), ("HIV",)]),
    st.sampled_from([(), (), ("gender",)]),
)
searches = st.sampled_from(
    [
        ("Patient", []),
        ("Patient", [("name", "li")]),
        ("Patient", [("gender", "female")]),
        ("Patient", [("gender:not", "female")]),
        ("Patient", [("_has:Observation:patient:code", "a")]),
        ("Patient", [("_has:Encounter:patient:practitioner", ME)]),
        ("Patient", [("_sort", "-_lastUpdated")]),
        ("Patient", [("_revinclude", "Observation:subject")]),
        ("Patient", [("_revinclude", "*")]),
        ("Observation", []),
        ("Observation", [("code", "a")]),
        ("Observation", [("patient.name", "li")]),
        ("Observation", [("subject:Patient.gender", "male")]),
        ("Observation", [("patient._has:Encounter:patient:practitioner", ME)]),
        ("Observation", [("patient", "p0,p1"), ("_sort", "-date")]),
        ("Observation", [("date", "ge2026-01-03")]),
        ("Observation", [("_sort", "date"), ("_include", "Observation:subject")]),
        ("Observation", [("_include", "*"), ("_revinclude:iterate", "Encounter:patient")]),
        ("Observation", [("encounter.practitioner", ME), ("_include", "Observation:encounter")]),
        ("Encounter", [("patient.name", "li"), ("_include:iterate", "Encounter:patient")]),
        ("Encounter", [("_filter", "patient.gender eq male or practitioner eq Practitioner/me")]),
    ]
)


def allowed(rule: Rule, resource: Resource, hospital: dict[str, Resource]) -> bool:
    """Whether a rule lets somebody see a resource, by looking at it."""
    kind = resource["resourceType"]
    if kind not in rule.types and RECORD not in rule.types:
        return False
    whom = resource if kind == "Patient" else hospital[resource["subject"]["reference"]]
    tests: dict[str, Callable[[], bool]] = {
        "gender=male": lambda: whom["gender"] == "male",
        "name=li": lambda: whom["name"][0]["family"].startswith("li"),
        "_has:Observation:patient:code=a": lambda: any(
            each["subject"]["reference"] == name_of(whom) and each["code"]["coding"][0]["code"] == "a"
            for each in hospital.values()
            if each["resourceType"] == "Observation"
        ),
    }
    if rule.criteria and not tests[rule.criteria]():
        return False
    if rule.campus and resource["meta"]["tag"][0]["code"] != "east":
        return False
    if rule.own and whom["id"] != "p0":
        return False
    if rule.treating and not any(treats(each, whom) for each in hospital.values()):
        return False
    sensitive = {label["code"] for each in (resource, whom) for label in each["meta"].get("security", ())}
    return "*" in rule.labels or sensitive <= set(rule.labels)


def treats(resource: Resource, patient: Resource) -> bool:
    """Whether a resource is a recent visit of a patient to me."""
    if resource["resourceType"] != "Encounter" or resource["subject"]["reference"] != name_of(patient):
        return False
    recent = datetime.fromisoformat(resource["period"]["end"]) > NOW - timedelta(days=90)
    return recent and resource["participant"][0]["individual"]["reference"] == ME


def name_of(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def named(drawn: tuple[list[Resource], ...]) -> dict[str, Resource]:
    """The resources of a hospital by name, in the order in which they come."""
    found = {}
    for prefix, several in zip("peo", drawn, strict=True):
        for number, resource in enumerate(several):
            whole = {**resource, "id": f"{prefix}{number}"}
            found[name_of(whole)] = whole
    return found


async def filled(repository: Repository, resources: Iterable[Resource]) -> None:
    for resource in resources:
        await repository.update(resource)


async def told(repository: Repository, type: str, params: list[tuple[str, str]], count: int) -> list[Any]:
    """All that somebody is told by a search: the total, how full each page is, and what is on them, in its order where
    one was asked for."""
    total = (await repository.search(type, [*params, ("_count", "0")])).total
    matches: list[str] = []
    includes: set[str] = set()
    pages = []
    following: str | None = ""
    while following is not None:
        more = [("_cursor", following)] if following else []
        page = await repository.search(type, [*params, ("_count", str(count)), *more])
        pages.append(len(page.resources))
        matches += [name_of(one) for one in page.resources]
        includes |= {name_of(one) for one in page.included}
        following = page.next
    if not any(name == "_sort" for name, _ in params):
        matches.sort()
    return [total, pages, matches, includes - set(matches)]


async def kept(repository: Repository, name: str) -> bool:
    """Whether somebody is told that there is a resource, which every way of reading it says alike."""
    type, _slash, id = name.partition("/")
    ways: list[Callable[[], Awaitable[object]]] = [
        lambda: repository.read(type, id),
        lambda: repository.read(type, id, lock=True),
        lambda: repository.vread(type, id, 1),
        lambda: repository.history(type, id),
        lambda: repository.history_page(HistoryQuery(type, id)),
    ]
    found = set()
    for way in ways:
        try:
            found.add(await way() is not None)
        except NotFound:
            found.add(False)
    assert len(found) == 1
    return found.pop()


def actor(campus: str) -> Actor:
    post = Post("PractitionerRole/1", ("x",), None, f"Location/{campus}")
    return Actor("1", "Me", "me", ME, ("x",), "en", post, patient="Patient/p0")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=hospitals,
    given_rules=st.lists(rules, min_size=1, max_size=3),
    asked=st.lists(st.tuples(searches, st.integers(1, 4)), min_size=10, max_size=14),
)
async def test_nothing_tells_of_what_is_not_allowed(
    database: Database, drawn: Any, given_rules: list[Rule], asked: list[tuple[tuple[str, Any], int]]
) -> None:
    hospital = named(drawn)
    seen = {name: one for name, one in hospital.items() if any(allowed(rule, one, hospital) for rule in given_rules)}
    hides_gender = {kind for rule in given_rules for kind in rule.types if rule.hidden and kind in ("Patient", RECORD)}
    asked = [each for each in asked if not (hides_gender and "gender" in urlencode(each[0][1]))]
    grant = Grant(actor("east"), given_rules, NOW, UTC)
    answers, whole = [], []
    async with database.session() as connection:
        async with connection.transaction(force_rollback=True):
            await filled(Repository(connection, now=NOW), hospital.values())
            limited = Repository(connection, now=NOW, access=grant)
            answers = [await told(limited, type, params, count) for (type, params), count in asked]
            there = await limited.read_many([(type, id) for type, _, id in (name.partition("/") for name in hospital)])
            assert there.keys() == seen.keys()
            for name in hospital:
                assert await kept(limited, name) == (name in seen)
            for type in ("Patient", "Observation", "Encounter"):
                page = await limited.history_page(HistoryQuery(type))
                assert {f"{e.type}/{e.id}" for e in page.entries} == {n for n in seen if n.startswith(type)}
        async with connection.transaction(force_rollback=True):
            free = Repository(connection, now=NOW)
            await filled(free, seen.values())
            whole = [await told(free, type, params, count) for (type, params), count in asked]
    for answer, expected, (search, _) in zip(answers, whole, asked, strict=True):
        assert answer == expected, (search, given_rules)
