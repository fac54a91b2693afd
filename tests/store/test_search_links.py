"""Random writes and searches by numbers, composites, chains and `_has`, compared with a naive model.

Each example runs in both ways that a search can go: as if nothing were known of the terms, and with statistics by
which every term counts as frequent. Pages are read while others write.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.platform.database import Database
from xinglin.store import statistics
from xinglin.store.repository import Repository

Json = dict[str, Any]
Model = dict[str, Json]
"""What there is: `Type/id` → resource, in the order in which the ids first came."""

UCUM = "http://unitsofmeasure.org"
VALUES = ["1", "1.0", "1.04", "1.05", "2", "9.5", "10", "-1"]
DATES = ["1999", "2000-02", "2000-02-29", "2001-01-01"]
PATIENTS = [f"Patient/p{number}" for number in range(4)]


def quantity(value: str, unit: str) -> Json:
    return {"value": Decimal(value), "unit": unit, "system": UCUM, "code": unit}


quantities = st.builds(quantity, st.sampled_from(VALUES), st.sampled_from(["mg", "g"]))
codes = st.sampled_from("AB").map(lambda code: {"coding": [{"system": "urn:c", "code": code}]})
components = st.fixed_dictionaries({"code": codes}, optional={"valueQuantity": quantities})
patients = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "gender": st.sampled_from(["male", "female"]),
        "link": st.sampled_from(PATIENTS).map(lambda name: [{"other": {"reference": name}, "type": "seealso"}]),
    },
)
_observations = st.fixed_dictionaries(
    {"resourceType": st.just("Observation"), "status": st.just("final"), "code": codes},
    optional={
        "subject": st.sampled_from(PATIENTS).map(lambda name: {"reference": name}),
        "effectiveDateTime": st.sampled_from(DATES),
        "valueQuantity": quantities,
        "component": st.lists(components, min_size=1, max_size=2),
    },
)


def consistent(observation: Json) -> Json:
    """Without a value of its own where a component has the same code (R4, obs-7)."""
    if any(component["code"] == observation["code"] for component in observation.get("component", [])):
        return {key: value for key, value in observation.items() if key != "valueQuantity"}
    return observation


observations = _observations.map(consistent)
patient_names, observation_names = st.sampled_from(PATIENTS), st.integers(0, 7).map(lambda n: f"Observation/o{n}")
writes = st.one_of(
    st.tuples(patient_names, patients),
    st.tuples(observation_names, observations),
    st.tuples(observation_names, observations),
    st.tuples(st.one_of(patient_names, observation_names), st.none()),
)
numbers = st.builds(
    str.__add__, st.sampled_from(["", "ne", "gt", "lt", "ge", "le", "sa", "eb"]), st.sampled_from(VALUES)
)
measured = st.one_of(numbers, st.builds("{}||{}".format, numbers, st.sampled_from(["mg", "g"])))
genders = st.sampled_from(["male", "female"])
names = st.sampled_from(["p0", "Patient/p1", "p2"])
criteria = st.one_of(
    st.tuples(st.sampled_from(["code", "code:not"]), st.sampled_from("AB")),
    st.tuples(st.sampled_from(["patient", "subject"]), names),
    st.tuples(st.sampled_from(["value-quantity", "combo-value-quantity"]), measured),
    st.tuples(
        st.sampled_from(["code-value-quantity", "component-code-value-quantity", "combo-code-value-quantity"]),
        st.builds("{}${}".format, st.sampled_from("AB"), measured),
    ),
    st.tuples(st.sampled_from(["value-quantity:missing", "subject:missing", "date:missing"]), st.just("true")),
    st.tuples(st.sampled_from(["patient.gender", "subject:Patient.gender"]), genders),
    st.tuples(st.just("patient.link.gender"), genders),
    st.tuples(st.just("patient._has:Observation:patient:code"), st.sampled_from("AB")),
)
patient_criteria = st.one_of(
    st.tuples(st.just("gender"), genders),
    st.tuples(st.just("_has:Observation:patient:code"), st.sampled_from("AB")),
    st.tuples(st.just("_has:Observation:patient:value-quantity"), measured),
    st.tuples(st.just("_has:Patient:link:_has:Observation:subject:code"), st.sampled_from("AB")),
    st.tuples(st.just("link.gender"), genders),
)
sorts = st.sampled_from(
    ["", "date", "-date", "-value-quantity", "combo-value-quantity", "-combo-value-quantity", "-_id"]
)
searches = st.one_of(
    st.tuples(st.just("Observation"), st.lists(criteria, max_size=2), sorts, st.integers(1, 3)),
    st.tuples(st.just("Observation"), st.lists(criteria, max_size=2), sorts, st.integers(1, 3)),
    st.tuples(st.just("Patient"), st.lists(patient_criteria, max_size=2), st.sampled_from(["", "-_id"]), st.just(2)),
)


def measures(value: Json | None, wanted: str) -> bool:
    """Whether a quantity is what a search asks for."""
    if value is None:
        return False
    number, _, unit = wanted.replace("||", "|").partition("|")
    if unit and value["code"] != unit:
        return False
    prefix, text = (number[:2], number[2:]) if number[:2].isalpha() else ("eq", number)
    there, asked = value["value"], Decimal(text)
    half = Decimal(5).scaleb(int(asked.as_tuple().exponent) - 1)
    rounds = asked - half <= there < asked + half
    tests: dict[str, bool] = {
        "eq": rounds,
        "ne": not rounds,
        "gt": there > asked,
        "sa": there > asked,
        "lt": there < asked,
        "eb": there < asked,
        "ge": there >= asked,
        "le": there <= asked,
    }
    return tests[prefix]


def coded(element: Json, code: str) -> bool:
    return bool(element["code"]["coding"][0]["code"] == code)


def target(model: Model, reference: Json | None) -> tuple[str, Json] | None:
    name = (reference or {}).get("reference")
    return (name, model[name]) if model.get(name) else None


def matches(model: Model, name: str, resource: Json, criterion: tuple[str, str]) -> bool:
    asked, value = criterion
    head, _, rest = asked.partition(".")
    if rest:  # a chain: the target exists and matches
        references = (
            [entry["other"] for entry in resource.get("link", [])] if head == "link" else [resource.get("subject")]
        )
        found = [hit for reference in references if (hit := target(model, reference))]
        return any(matches(model, *hit, (rest, value)) for hit in found)
    if asked.startswith("_has:"):
        _, source, parameter, rest = asked.split(":", 3)
        by: Callable[[Json], list[Json]] = (
            (lambda r: [e["other"] for e in r.get("link", [])])
            if parameter == "link"
            else (lambda r: [r["subject"]] if "subject" in r else [])
        )
        return any(
            other.startswith(f"{source}/")
            and r
            and any(reference["reference"] == name for reference in by(r))
            and matches(model, other, r, (rest, value))
            for other, r in model.items()
        )
    return plain(resource, asked, value)


def subject_of(resource: Json) -> str:
    return str(resource.get("subject", {}).get("reference"))


def plain(resource: Json, asked: str, value: str) -> bool:
    elements = resource.get("component", [])
    code, _, amount = value.partition("$")
    tests: dict[str, Callable[[], bool]] = {
        "code": lambda: coded(resource, value),
        "code:not": lambda: not coded(resource, value),
        "gender": lambda: resource.get("gender") == value,
        "patient": lambda: subject_of(resource) == f"Patient/{value.removeprefix('Patient/')}",
        "value-quantity": lambda: measures(resource.get("valueQuantity"), value),
        "combo-value-quantity": lambda: any(measures(e.get("valueQuantity"), value) for e in (resource, *elements)),
        "code-value-quantity": lambda: coded(resource, code) and measures(resource.get("valueQuantity"), amount),
        "component-code-value-quantity": lambda: any(
            coded(e, code) and measures(e.get("valueQuantity"), amount) for e in elements
        ),
        "combo-code-value-quantity": lambda: any(
            coded(e, code) and measures(e.get("valueQuantity"), amount) for e in (resource, *elements)
        ),
        "value-quantity:missing": lambda: "valueQuantity" not in resource,
        "subject:missing": lambda: "subject" not in resource,
        "date:missing": lambda: "effectiveDateTime" not in resource,
    }
    return tests["patient" if asked == "subject" else asked]()


def bounds(text: str) -> tuple[str, str]:
    """First and last day as text, which sorts as they do."""
    return (text + "-01-01"[len(text) - 4 :])[:10], {4: f"{text}-12-31", 7: f"{text}-29"}.get(len(text), text)


def amounts_of(resource: Json, *, combined: bool) -> list[Decimal]:
    elements = [resource, *(resource.get("component", []) if combined else [])]
    return [element["valueQuantity"]["value"] for element in elements if "valueQuantity" in element]


def expected(model: Model, type: str, wanted: list[tuple[str, str]], sort: str) -> list[str]:
    found = [n for n, r in model.items() if r and n.startswith(type) and all(matches(model, n, r, c) for c in wanted)]
    descending, key = sort.startswith("-"), sort.removeprefix("-")
    if key == "_id":
        return sorted(found, reverse=descending)
    if key == "date":
        values = {
            n: bounds(model[n]["effectiveDateTime"])[descending] for n in found if "effectiveDateTime" in model[n]
        }
    else:
        amounts = {n: amounts_of(model[n], combined=key.startswith("combo")) for n in found}
        values = {n: (max if descending else min)(amount) for n, amount in amounts.items() if amount}
    if not key:
        return found
    having = sorted((n for n in found if n in values), key=lambda n: values[n], reverse=descending)
    return having + [n for n in found if n not in values]


async def pages(repository: Repository, type: str, params: list[tuple[str, str]], count: int) -> list[str]:
    """The names on all pages, while resources are written that are of no concern to the search."""
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        sized = [*params, ("_count", str(count)), *([("_cursor", following)] if following else [])]
        page = await repository.search(type, sized)
        assert len(page.resources) <= count
        found += [f"{type}/{resource['id']}" for resource in page.resources]
        following = page.next
        await repository.create({"resourceType": "Group", "type": "person", "actual": True})
    return found


async def write(repository: Repository, model: Model, name: str, resource: Json | None) -> None:
    type, _, id = name.partition("/")
    repository.now += timedelta(seconds=1)
    if resource is not None:
        await repository.update({**resource, "id": id})
        model[name] = resource
    elif model.get(name):
        await repository.delete(type, id)
        model[name] = {}


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "frequent"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(writes, min_size=4, max_size=16),
    searches=st.lists(searches, min_size=8, max_size=12),
)
async def test_searches_find_what_the_model_finds(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    known: bool,
    steps: list[Any],
    searches: list[tuple[str, list[tuple[str, str]], str, int]],
) -> None:
    model: Model = {}
    monkeypatch.setattr(statistics, "MANY", 0)
    if known:  # whether it pays is a matter of time: what is found must be the same
        monkeypatch.setattr(statistics.Statistics, "found_in_order", lambda *_: True)
    statistics._known.clear()
    try:
        async with database.session() as connection, connection.transaction(force_rollback=True):
            repository = Repository(connection, now=datetime(2026, 1, 1, tzinfo=UTC))
            for name in PATIENTS:
                await write(repository, model, name, {"resourceType": "Patient"})
            for name, resource in steps:
                await write(repository, model, name, resource)
            if known:
                await connection.execute("ANALYZE resource")
            for type, wanted, sort, count in searches:
                params = [*wanted, *([("_sort", sort)] if sort else [])]
                told = f"{type}?{urlencode(params)}"
                assert await pages(repository, type, params, count) == expected(model, type, wanted, sort), told
                total = (await repository.search(type, [*wanted, ("_summary", "count")])).total
                assert total == len(expected(model, type, wanted, "")), told
    finally:
        statistics._known.clear()
