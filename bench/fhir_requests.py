"""Requests of the measurement `fhir`, with values drawn from what is stored."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.load import Request
from xinglin.fhir import json
from xinglin.store.loading import read_document

SEARCHES = (
    "read",
    "search_token",
    "search_patient_code",
    "search_name",
    "search_date_sort",
    "search_chained",
    "include",
)
CODES = ("8302-2", "29463-7", "39156-5", "72514-3", "2093-3", "2571-1", "4548-4", "2339-0", "6299-2", "38483-4")
"""LOINC codes that are frequent in the Synthea bundles: height, weight, BMI, pain, lipids, HbA1c, glucose, ..."""


def rows(conninfo: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found: list[tuple[Any, ...]] = connection.execute(query).fetchall()  # type: ignore[call-overload]
        return found


def searches(conninfo: str) -> dict[str, list[Request]]:
    """A thousand requests or more for each kind of read, by its name in the report."""
    patients = [row[0] for row in rows(conninfo, "SELECT id FROM resource WHERE type = 'Patient' LIMIT 2000")]
    family = "content->'name'->0->>'family'"
    named = rows(conninfo, f"SELECT DISTINCT {family} FROM resource WHERE type = 'Patient' AND {family} IS NOT NULL")
    families = sorted(row[0] for row in named)
    stored = rows(conninfo, "SELECT type, id FROM resource WHERE NOT deleted ORDER BY random() LIMIT 5000")
    draw = random.Random(7)

    def each(path: Callable[[str, str, str], str]) -> list[Request]:
        drawn = ((draw.choice(patients), draw.choice(CODES), draw.choice(families)) for _ in range(1000))
        return [Request(f"/fhir/{path(*values)}&_count=20") for values in drawn]

    loinc = "http://loinc.org%7C"
    return {
        "read": [Request(f"/fhir/{type}/{id}") for type, id in stored],
        "search_token": each(lambda _p, c, _f: f"Observation?code={loinc}{c}"),
        "search_patient_code": each(lambda p, c, _f: f"Observation?patient=Patient/{p}&code={loinc}{c}"),
        "search_name": each(lambda _p, _c, f: f"Patient?name={f}"),
        "search_date_sort": each(lambda p, _c, _f: f"Observation?patient=Patient/{p}&date=ge2010&_sort=-date"),
        "search_chained": each(lambda _p, c, f: f"Observation?patient.family={f}&code={loinc}{c}"),
        "include": each(
            lambda p, c, _f: (
                f"Observation?patient=Patient/{p}&code={loinc}{c}"
                "&_include=Observation:patient&_include=Observation:encounter"
            )
        ),
    }


def answered(base: str, token: str, requests: Sequence[Request]) -> Iterator[list[tuple[str, str]]]:
    """Type and id of the resources that each request gives."""
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        for request in requests:
            body = client.get(request.path).raise_for_status().json()
            if body["resourceType"] == "Bundle":
                found = [entry["resource"] for entry in body.get("entry", [])]
            else:
                found = [body]
            yield [(resource["resourceType"], resource["id"]) for resource in found]


def writes(folder: Path) -> tuple[list[Request], list[Request], float]:
    """Requests that create an Observation, transaction bundles, and how many entries a bundle has on average."""
    bundles = [read_document(file) for file in sorted(folder.glob("*.json.gz"))]
    resources = [entry["resource"] for bundle in bundles for entry in bundle["entry"]]
    observations = [resource for resource in resources if resource["resourceType"] == "Observation"][:500]
    # Without the references into the bundle, which mean nothing outside of it.
    alone = [{n: v for n, v in o.items() if n not in ("subject", "encounter")} for o in observations]
    creates = [Request("/fhir/Observation", "POST", json.dumps(one).decode()) for one in alone]
    small = sorted(bundles, key=lambda bundle: len(bundle["entry"]))[:12]
    texts = [Request("/fhir/", "POST", json.dumps(bundle).decode()) for bundle in small]
    return creates, texts, sum(len(bundle["entry"]) for bundle in small) / len(small)
