"""Distances between positions, quantities in other units than they were written in, and stretches of sequences."""

from datetime import UTC, datetime
from math import asin, cos, radians, sin, sqrt
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.positions import RADIUS
from xinglin.platform.database import Database
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UCUM = "http://unitsofmeasure.org"

PLACES = {
    "shanghai": (31.2304, 121.4737),
    "suzhou": (31.2989, 120.5853),  # 85 km from there
    "beijing": (39.9042, 116.4074),
    "fiji": (-17.8, 179.9),
    "samoa": (-17.8, -179.9),
    "pole": (89.9, 0.0),
    "beyond": (89.9, 180.0),
}


def location(id: str, latitude: float, longitude: float) -> dict[str, Any]:
    return {"resourceType": "Location", "id": id, "position": {"latitude": latitude, "longitude": longitude}}


def measured(id: str, value: float, code: str, system: str = UCUM) -> dict[str, Any]:
    quantity = {"value": value, "system": system, "code": code, "unit": code}
    kind = {"coding": [{"code": "w"}]}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": kind, "valueQuantity": quantity}


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    repository = Repository(connection, now=NOW)
    for id, (latitude, longitude) in PLACES.items():
        await repository.update(location(id, latitude, longitude))
    await repository.update({"resourceType": "Location", "id": "nowhere"})
    for id, value, code in (("g", 1, "g"), ("mg", 1000, "mg"), ("kg", 0.002, "kg"), ("s", 1, "s"), ("c", 37, "Cel")):
        await repository.update(measured(id, value, code))
    await repository.update(measured("other", 1, "g", "urn:mine"))
    await repository.update(measured("unknown", 1, "blob"))
    return repository


async def ids(repository: Repository, type: str, query: str) -> list[str]:
    return [resource["id"] for resource in (await repository.search(type, query)).resources]


@pytest.mark.parametrize(
    ("data", "query", "there"),
    [
        ("1 2 E 3", "gt28||mV", True),  # 5 + 10 times 3 is 35
        ("1 2 E 3", "gt36||mV", False),
        ("1 2 E 3", "lt14||mV", False),
        ("1 2 E 3", "lt16||mV", True),
        ("1 -2 0.5", "lt-14||mV", True),
        ("1 2 E 3", "gt28||V", False),
        ("1 2 E 3", "gt0.03|http://unitsofmeasure.org|V", True),  # 35 mV
        ("U 1", "gt60||mV", True),
        ("L 1", "lt-60||mV", True),
        ("1", "gt60||mV", False),
        ("E E", "lt1000000||mV", False),
    ],
)
async def test_samples_are_found_by_their_bounds(
    connection: psycopg.AsyncConnection[Any], data: str, query: str, there: bool
) -> None:
    repository = Repository(connection, now=NOW)
    origin = {"value": 5, "system": UCUM, "code": "mV", "unit": "mV"}
    sampled = {"origin": origin, "period": 10, "factor": 10, "lowerLimit": -70, "upperLimit": 70, "dimensions": 1}
    kind = {"resourceType": "Observation", "id": "ecg", "status": "final", "code": {"text": "ECG"}}
    await repository.update({**kind, "valueSampledData": {**sampled, "data": data}})
    assert (await ids(repository, "Observation", f"value-quantity={query}") == ["ecg"]) is there


@pytest.mark.parametrize(
    ("near", "found"),
    [
        ("31.2304|121.4737", ["shanghai"]),
        ("31.2304|121.4737|84|km", ["shanghai"]),
        ("31.2304|121.4737|86", ["shanghai", "suzhou"]),
        ("31.2304|121.4737|86000|m", ["shanghai", "suzhou"]),
        ("31.2304|121.4737|54|[mi_us]", ["shanghai", "suzhou"]),
        ("31.2304|121.4737|52|[mi_i]", ["shanghai"]),
        ("31.2304|121.4737|1200|km", ["shanghai", "suzhou", "beijing"]),
        ("31.2304|121.4737||km,39.9|116.4||", ["shanghai", "beijing"]),
        ("-17.8|180|11", ["fiji", "samoa"]),
        ("-17.8|179.95|20", ["fiji", "samoa"]),
        ("-17.8|-179.95|20", ["fiji", "samoa"]),
        ("90|0|12", ["pole", "beyond"]),
        ("89.95|-90|20", ["pole", "beyond"]),
        ("0|0|30000", list(PLACES)),
        ("31.2304|121.4737|0", ["shanghai"]),
    ],
)
async def test_near(repository: Repository, near: str, found: list[str]) -> None:
    assert await ids(repository, "Location", f"near={near}") == found
    assert await ids(repository, "Location", f"near={near}&_count=1") == found[:1]


@pytest.mark.parametrize(
    ("near", "text"),
    [
        ("31", "accepted is latitude"),
        ("31|121|1|km|x", "accepted is latitude"),
        ("x|121", "'x' is not a number"),
        ("91|121", "91 is beyond 90 degrees"),
        ("31|181", "181 is beyond 180 degrees"),
        ("31|NaN", "NaN is beyond 180 degrees"),
        ("31|121|-1", "a distance is not below 0"),
        ("31|121|1|kg", "'kg' is no length; accepted is a length of UCUM"),
        ("31|121|1|foo", "accepted is a length of UCUM"),
    ],
)
async def test_no_position(repository: Repository, near: str, text: str) -> None:
    with pytest.raises(BadRequest, match=text.replace("|", r"\|")):
        await repository.search("Location", f"near={near}")
    with pytest.raises(BadRequest, match="modifiers of a special parameter are: none"):
        await repository.search("Location", "near:missing=true")


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    (a, b), (c, d) = ((radians(x), radians(y)) for x, y in (one, other))
    squared = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return 2 * RADIUS * asin(min(1, sqrt(squared)))


positions = st.tuples(st.integers(-90, 90).map(float), st.integers(-180, 180).map(float))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    there=st.lists(positions, min_size=20, max_size=30),
    searches=st.lists(st.tuples(positions, st.integers(1, 21_000)), min_size=10, max_size=10),
)
async def test_the_box_leaves_out_nothing(
    database: Database, there: list[tuple[float, float]], searches: list[tuple[tuple[float, float], int]]
) -> None:
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=NOW)
        for number, position in enumerate(there):
            await repository.update(location(str(number), *position))
        for (latitude, longitude), kilometres in searches:
            far = [distance((latitude, longitude), position) - kilometres * 1000 for position in there]
            found = set(await ids(repository, "Location", f"near={latitude}|{longitude}|{kilometres}"))
            for number, beyond in enumerate(far):
                if abs(beyond) > 1:  # not on the edge, to a metre
                    assert (str(number) in found) == (beyond < 0), (there[number], latitude, longitude, kilometres)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"value-quantity=1|{UCUM}|g", ["g", "mg"]),
        (f"value-quantity=1000|{UCUM}|mg", ["g", "mg"]),
        (f"value-quantity=ge1|{UCUM}|g", ["g", "mg", "kg"]),
        (f"value-quantity=gt1000|{UCUM}|mg", ["kg"]),
        (f"value-quantity=lt0.0015|{UCUM}|kg", ["g", "mg"]),
        (f"value-quantity=ne1|{UCUM}|g", ["kg"]),
        (f"value-quantity=ap0.002|{UCUM}|kg", ["kg"]),
        (f"value-quantity=99|{UCUM}|[degF],2000|{UCUM}|mg", ["kg", "c"]),
        (f"value-quantity=310|{UCUM}|K", ["c"]),
        ("value-quantity=1|urn:mine|g", ["other"]),
        ("value-quantity=1||g", ["g", "other"]),
        ("value-quantity=1000", ["mg"]),
        (f"value-quantity=1|{UCUM}|blob", ["unknown"]),
        (f"value-quantity=1|{UCUM}|(", []),
        (f"code-value-quantity=w$1|{UCUM}|g", ["g", "mg"]),
        (f"_filter=value-quantity gt 1500|{UCUM}|mg", ["kg"]),
        (f"combo-value-quantity=1|{UCUM}|g&_sort=-_id", ["mg", "g"]),
    ],
)
async def test_the_same_in_other_units(repository: Repository, query: str, found: list[str]) -> None:
    assert await ids(repository, "Observation", query) == found


def sequence(id: str, reference: dict[str, Any], window: tuple[int, int], *variants: tuple[int, ...]) -> dict[str, Any]:
    return {
        "resourceType": "MolecularSequence",
        "id": id,
        "coordinateSystem": 0,
        "referenceSeq": {**reference, "windowStart": window[0], "windowEnd": window[1]},
        "variant": [dict(zip(("start", "end"), variant, strict=False)) for variant in variants],
    }


def chromosome(code: str) -> dict[str, Any]:
    return {"genomeBuild": "GRCh 38", "chromosome": {"coding": [{"system": "urn:chromosomes", "code": code}]}}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("chromosome-variant-coordinate=1$10$20", ["a"]),
        ("chromosome-variant-coordinate=1$ge10$le40", ["a"]),
        ("chromosome-variant-coordinate=1$10$40", []),  # of two variants
        ("chromosome-variant-coordinate=2$10$20", ["b"]),
        ("chromosome-variant-coordinate=urn:chromosomes|2$lt11$gt19,1$30$ne20", ["a", "b"]),
        ("chromosome-variant-coordinate=1$50$gt0", []),  # which has no end
        ("chromosome-window-coordinate=1$ge0$lt200", ["a"]),
        ("chromosome-window-coordinate=1$100$0", []),
        ("referenceseqid-window-coordinate=NC_2$1$sa100", ["c"]),
        ("referenceseqid-variant-coordinate=NC_2$ap10$eb21", ["c"]),
    ],
)
async def test_stretches_of_sequences(repository: Repository, query: str, found: list[str]) -> None:
    await repository.update(sequence("a", chromosome("1"), (0, 100), (10, 20), (30, 40), (50,)))
    await repository.update(sequence("b", chromosome("2"), (1, 200), (10, 20)))
    by_id = {"referenceSeqId": {"coding": [{"code": "NC_2"}]}}
    await repository.update(sequence("c", by_id, (1, 200), (10, 20)))
    assert await ids(repository, "MolecularSequence", query) == found
    with pytest.raises(BadRequest, match=r"accepted is (chromosome|referenceseqid)\$(variant|window)-start\$"):
        await ids(repository, "MolecularSequence", query.partition("$")[0])
