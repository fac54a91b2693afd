"""Lists by function, and words in the narrative and in all texts."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search import parse_query
from xinglin.fhir.search.terms import reference_term
from xinglin.store.candidates import ensure_few
from xinglin.store.repository import Repository
from xinglin.store.statistics import Statistics

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def refer(name: str) -> dict[str, str]:
    return {"reference": name}


def condition(id: str, div: str | None = None, **elements: Any) -> dict[str, Any]:
    narrative = {"text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{div}</div>'}}
    return {
        "resourceType": "Condition",
        "id": id,
        "subject": refer("Patient/p1"),
        **(narrative if div else {}),
        **elements,
    }


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    return Repository(connection, now=NOW)


async def test_lists_by_function(repository: Repository) -> None:
    def state(system: str, value: str) -> dict[str, Any]:
        return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": value}]}

    about = {"subject": refer("Patient/p1")}
    for id, status, verified in (
        ("a", "active", "confirmed"),
        ("b", "resolved", "confirmed"),
        ("c", "active", "refuted"),
    ):
        told = {"clinicalStatus": state("condition-clinical", status)}
        told["verificationStatus"] = state("condition-ver-status", verified)
        await repository.update({"resourceType": "Condition", "id": id, **about, **told})
    for id, category in (("d", ["medication"]), ("e", ["food"])):
        patient = {"patient": refer("Patient/p1"), "clinicalStatus": state("allergyintolerance-clinical", "active")}
        await repository.update({"resourceType": "AllergyIntolerance", "id": id, **patient, "category": category})
    request = {"status": "active", "intent": "order", "medicationCodeableConcept": {"text": "x"}, **about}
    await repository.update({"resourceType": "MedicationRequest", "id": "m", **request})
    await repository.update({"resourceType": "MedicationRequest", "id": "n", **request, "status": "stopped"})
    for type, name, found in (
        ("Condition", "problems", ["a"]),
        ("AllergyIntolerance", "allergies", ["d", "e"]),
        ("AllergyIntolerance", "drug-allergies", ["d"]),
        ("MedicationRequest", "medications", ["m"]),
        ("MedicationStatement", "medications", []),
    ):
        page = await repository.search(type, f"patient=p1&_list=$current-{name}")
        assert [resource["id"] for resource in page.resources] == found, name


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_text=头晕", ["a"]),
        ("_text=头晕 胸痛", ["a"]),
        ("_text=胸痛 头晕,cough", ["a", "b"]),
        ("_text=COUGH", ["b"]),
        ("_text=ｃｏｕｇｈ", ["b"]),
        ("_text=div", []),
        ("_text=100%25", ["a"]),
        ("_text=100_", []),
        ("_text=severe", []),
        ("_content=severe", ["c"]),
        ("_content=severe,cough", ["b", "c"]),
        ("_content=Severe headache", ["c"]),
        ("_content=patient/p1", ["a", "b", "c"]),
        ("_content=recordedDate", []),
        ("_text=cough&patient=p1&_sort=-_id", ["b"]),
        ("_text=cough&patient=p2", []),
    ],
)
async def test_words(repository: Repository, query: str, found: list[str]) -> None:
    await repository.update(condition("a", "头晕 2 周，无<b>胸痛</b>。100%"))
    await repository.update(condition("b", "Dry<br/>Cough"))
    await repository.update(condition("c", code={"text": "Severe head", "coding": [{"display": "headache"}]}))
    page = await repository.search("Condition", query)
    assert [resource["id"] for resource in page.resources] == found
    assert (await repository.search("Condition", f"{query}&_count=0")).total == len(found)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("_text:exact=x", "_text is accepted only without a modifier"),
        ("_content=", "_content has no word to look for"),
        ("_has:Condition:subject:_text=x", "not within _filter, _has or chains"),
        ("_filter=_content eq x", "_content is accepted only"),
    ],
)
async def test_words_are_refused(repository: Repository, query: str, text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        await repository.search("Patient", query)


@pytest.mark.parametrize(
    ("query", "few"),
    [
        ("_text=x", False),
        ("_text=x&patient=often", False),
        ("_text=x&subject=Patient/often,Patient/rare", False),
        ("_text=x&recorded-date=2026", False),
        ("_text=x&patient=rare", True),
        ("_content=x&_id=1,2", True),
        ("_content=x&patient.name=Xy", True),
        ("patient=often", True),
    ],
)
def test_only_few_are_looked_into(query: str, few: bool) -> None:
    often = {reference_term("Condition", code, "Patient/often"): 50_000.0 for code in ("patient", "subject")}
    parsed = parse_query("Condition", query, now=NOW, zone=UTC)
    for statistics, accepted in ((Statistics(often, {"Condition": 90_000.0}), few), (Statistics(), True)):
        if accepted:
            ensure_few(parsed, statistics)
        else:
            with pytest.raises(BadRequest, match="look into 10,000 resources at most, and so many Condition"):
                ensure_few(parsed, statistics)
