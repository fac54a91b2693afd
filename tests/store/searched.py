"""Resources that refer to each other in every way, and what is found among them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, tzinfo=UTC)
UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"


def refer(name: str) -> dict[str, str]:
    return {"reference": name}


def coded(code: str, display: str | None = None, text: str | None = None) -> dict[str, Any]:
    shown = {"display": display} if display else {}
    return {"coding": [{"system": LOINC, "code": code, **shown}], **({"text": text} if text else {})}


def observation(id: str, kind: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id, "status": "final", "code": coded(kind)} | elements


def component(code: str, value: float) -> dict[str, Any]:
    return {"code": coded(code), "valueQuantity": {"value": value, "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"}}


def quantity(value: float, **more: str) -> dict[str, Any]:
    return {"value": value, **more}


MG = {"unit": "milligram", "system": UCUM, "code": "mg"}
KIND = {"coding": [{"system": "urn:kinds", "code": "MR"}], "text": "Medical record"}
CANONICAL = "http://acme.org/fhir/ValueSet"

RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "o1", "name": "West", "partOf": refer("Organization/o2")},
    {"resourceType": "Organization", "id": "o2", "name": "Group of Clinics"},
    {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Watson"}]},
    {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": "Peters"}],
        "gender": "male",
        "managingOrganization": refer("Organization/o1"),
        "generalPractitioner": [refer("Practitioner/d1")],
        "identifier": [{"system": "urn:s", "value": "77", "type": KIND}],
    },
    {"resourceType": "Patient", "id": "p2", "name": [{"family": "Zimmer"}], "gender": "female", "birthDate": "1970"},
    {"resourceType": "Patient", "id": "p3", "link": [{"other": refer("Patient/p1"), "type": "seealso"}]},
    observation("q1", "A", valueQuantity=quantity(5.4, **MG), subject=refer("Patient/p1"), effectiveDateTime="2024"),
    observation("q2", "A", valueQuantity=quantity(5.45, **MG), subject=refer("Patient/p2"), effectiveDateTime="2025"),
    observation(
        "q3", "B", valueQuantity=quantity(5.4, unit="g"), subject=refer("Patient/p1"), effectiveDateTime="2023"
    ),
    observation("q4", "B", valueQuantity={**quantity(10, **MG), "comparator": ">"}, subject=refer("Patient/p3")),
    observation("q5", "BP", component=[component("SYS", 150), component("DIA", 80)], performer=[refer("Patient/p2")]),
    observation("q6", "BP", component=[component("SYS", 110), component("DIA", 150)], effectiveDateTime="2022"),
    observation("q7", "C", code=coded("C", "Severe headache", "Kopfweh"), valueCodeableConcept=coded("yes")),
    observation("q8", "C", valueString="normal findings", encounter=refer("Encounter/none")),
    {
        "resourceType": "RiskAssessment",
        "id": "r1",
        "status": "final",
        "subject": refer("Patient/p1"),
        "prediction": [{"probabilityDecimal": 0.8}],
    },
    {
        "resourceType": "RiskAssessment",
        "id": "r2",
        "status": "final",
        "subject": refer("Patient/p2"),
        "prediction": [{"probabilityDecimal": 0.84}],
    },
    {"resourceType": "ValueSet", "id": "v1", "status": "active", "url": f"{CANONICAL}/123"},
    {"resourceType": "ValueSet", "id": "v2", "status": "active", "url": f"{CANONICAL}/123/sub", "version": "2"},
    {"resourceType": "ValueSet", "id": "v3", "status": "draft", "url": f"{CANONICAL}/1234"},
    {
        "resourceType": "Group",
        "id": "g1",
        "type": "person",
        "actual": True,
        "member": [{"entity": refer("Patient/p1")}, {"entity": refer("Patient/p2")}],
        "characteristic": [
            {"code": coded("sex"), "valueCodeableConcept": coded("m"), "exclude": False},
            {"code": coded("age"), "valueCodeableConcept": coded("old"), "exclude": False},
        ],
    },
    {
        "resourceType": "List",
        "id": "l1",
        "status": "current",
        "mode": "working",
        "entry": [{"item": refer("Patient/p2")}, {"item": refer("Observation/q1")}],
    },
]


async def stored(connection: psycopg.AsyncConnection[Any]) -> Repository:
    repository = Repository(connection, now=NOW)
    for resource in RESOURCES:
        await repository.update(resource)
        repository.now += timedelta(seconds=1)
    return repository


async def found(repository: Repository, type: str, query: str) -> list[str]:
    page = await repository.search(type, query)
    counted = await repository.search(type, f"{query}&_summary=count")
    assert counted.total == len(page.resources)
    return [resource["id"] for resource in page.resources]
