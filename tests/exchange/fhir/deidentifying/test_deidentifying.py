"""What leaves the house for research: nothing that tells who somebody is, and valid resources with their times."""

import gzip
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir.examples import examples
from xinglin.exchange.fhir.deidentifying import TYPES, Pseudonyms, deidentified
from xinglin.exchange.fhir.deidentifying.engine import patient_of
from xinglin.exchange.fhir.deidentifying.pseudonyms import LONGEST, shifted
from xinglin.fhir import json
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation import validate
from xinglin.platform.crypto import INTERNATIONAL, SM

SECRET = bytes(range(32))
OURS = Pseudonyms(SECRET, INTERNATIONAL)
TODAY = date(2026, 11, 25)
TELLING = frozenset({"family", "given", "line", "text", "div", "display", "value", "postalCode", "id", "title", "data"})
"""Elements whose texts are looked for in what comes out."""


def texts(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """(element, text) of every text in a resource."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, name)
    elif isinstance(value, str):
        yield name, value


def faults(original: Resource, made: Resource) -> list[str]:
    """What survived that must not have, and what is not valid any more."""
    there = set(texts(original))
    codes = {text for name, text in there if name not in TELLING}  # as a code, such as "nurse", it tells of nobody
    telling = {t for name, t in there if name in TELLING and len(t) >= 5 and not t.isdigit()} - codes
    out = {text for _, text in texts(made)}
    words = {text for text in telling if text.isascii() and text.isalpha()}  # in a longer code, such a word is none
    found = [f"survives: {text}" for text in telling - words if any(text in each for each in out)]
    found += [f"survives: {text}" for text in words & out]
    before = {issue.diagnostics for issue in validate(original)}
    return found + [f"invalid: {each}" for each in validate(made) if each.diagnostics not in before]


def ensure_safe(resources: Iterable[tuple[str, Resource]]) -> int:
    wrong, done = {}, 0
    for name, resource in resources:
        made = deidentified(resource, OURS, TODAY)
        if made is not None:
            done += 1
            if found := faults(resource, made):
                wrong[name] = found[:3]
    assert wrong == {}
    return done


def test_no_name_number_text_or_id_of_a_synthetic_hospital_survives(synthea: list[Path]) -> None:
    def all_of_it() -> Iterator[tuple[str, Resource]]:
        for path in synthea[:4]:
            for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]:
                resource = entry["resource"]
                yield f"{resource['resourceType']}/{resource['id']}", resource

    assert ensure_safe(all_of_it()) > 500


def test_nothing_of_the_official_examples_survives() -> None:
    def all_of_them() -> Iterator[tuple[str, Resource]]:
        for name, text in examples():
            resource = json.loads(text)
            if resource.get("resourceType") in TYPES and not validate(resource):
                yield name, resource

    assert ensure_safe(all_of_them()) > 200


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"tag": [{"system": "urn:xinglin:campus", "code": "east"}], "lastUpdated": "2026-01-01T00:00:00Z"},
    "identifier": [{"system": "urn:id", "value": "110105194912310021"}],
    "name": [{"text": "王小明"}],
    "telecom": [{"system": "phone", "value": "13812345678"}],
    "gender": "male",
    "birthDate": "1980-03-05",
    "address": [{"text": "北京市朝阳区建国路88号", "city": "北京市", "district": "朝阳区", "line": ["建国路88号"]}],
    "maritalStatus": {"coding": [{"system": "urn:m", "code": "M", "display": "王小明"}], "text": "王小明"},
    "managingOrganization": {"reference": "Organization/o1", "display": "x"},
    "extension": [{"url": "urn:x", "valueString": "secret"}],
    "contact": [{"name": {"text": "李四"}}],
}
OBSERVATION: Resource = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}], "text": "secret"},
    "subject": {"reference": "Patient/p1", "display": "王小明"},
    "effectiveDateTime": "2026-03-05T10:30:00+08:00",
    "valueQuantity": {"value": 172.5, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"},
    "note": [{"text": "secret"}],
}


def made(resource: Resource, pseudonyms: Pseudonyms = OURS) -> Any:
    return deidentified(resource, pseudonyms, TODAY)


def test_a_patient_and_what_is_about_them() -> None:
    days = OURS.shift("p1")
    patient = made(PATIENT)
    assert patient == {
        "resourceType": "Patient",
        "id": OURS.id("Patient", "p1"),
        "meta": {"security": [patient["meta"]["security"][0]]},
        "gender": "male",
        "birthDate": (date(1980, 3, 5) - days).isoformat(),
        "address": [{"city": "北京市"}],
        "maritalStatus": {"coding": [{"system": "urn:m", "code": "M"}]},
        "managingOrganization": {"reference": f"Organization/{OURS.id('Organization', 'o1')}"},
    }
    observation = made(OBSERVATION)
    assert observation["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert observation["effectiveDateTime"] == f"{date(2026, 3, 5) - days}T10:30:00+08:00"
    assert observation["valueQuantity"] == OBSERVATION["valueQuantity"]
    assert "secret" not in json.dumps(observation).decode()


def test_projects_and_suites_have_nothing_in_common() -> None:
    others = [OURS, Pseudonyms(bytes(32), INTERNATIONAL), Pseudonyms(SECRET, SM)]
    assert len({made(PATIENT, each)["id"] for each in others}) == 3
    assert len({made(PATIENT, each)["birthDate"] for each in others}) == 3


@pytest.mark.parametrize(
    ("birth", "died", "told"),
    [
        ("1930-01-01", None, "1936"),
        ("1850", None, "1936"),
        ("1900-01-01", "1991-01-01", "1900"),
        ("1900-01-01", "1960-01-01", None),
    ],
)
def test_nobody_is_older_than_90(birth: str, died: str | None, told: str | None) -> None:
    patient = made({**PATIENT, "birthDate": birth, **({"deceasedDateTime": died} if died else {})})
    if told is None:
        assert patient["birthDate"] == (date.fromisoformat(birth) - OURS.shift("p1")).isoformat()
    else:
        assert int(patient["birthDate"]) in (int(told), int(told) - 1)  # died in the year before, by the shift


@pytest.mark.parametrize(
    ("unit", "value", "told"), [("a", 95, 90), ("a", 89, 89), ("mo", 1200, 1080), ("cm", 172, 172)]
)
def test_ages_among_values_are_capped(unit: str, value: int, told: int) -> None:
    age = {"value": value, "system": "http://unitsofmeasure.org", "code": unit}
    assert made({**OBSERVATION, "valueQuantity": age})["valueQuantity"]["value"] == told


def test_what_is_about_nobody_or_several_has_no_dates() -> None:
    for subject in ({"reference": "Group/g"}, {"reference": "#p"}, {"reference": "https://elsewhere.cn/Patient/1"}):
        found = made({**OBSERVATION, "subject": subject})
        assert "effectiveDateTime" not in found
    assert patient_of({"subject": {"reference": "Patient/1"}, "patient": {"reference": "Patient/2"}}) is None
    assert made({"resourceType": "Practitioner", "id": "x"}) is None


@given(st.text(max_size=30))
def test_texts_in_unexpected_places_do_not_pass(text: str) -> None:
    address = [{"city": text, "state": text, "country": text}]
    quantity = {"value": 1, "unit": text, "system": text, "code": "x"}
    for found in (made({**PATIENT, "address": address}), made({**OBSERVATION, "valueQuantity": quantity})):
        out = json.dumps(found).decode()
        for number in ("110105194912310021", "13812345678"):
            assert number not in out
    assert "address" not in made({**PATIENT, "address": [{"city": f"{text}88号"}]})


@given(
    st.dates(min_value=date(1850, 1, 1), max_value=date(2100, 1, 1)),
    st.integers(1, LONGEST),
    st.sampled_from([4, 7, 10]),
    st.sampled_from(["", "T10:00:00Z"]),
)
def test_shifted_dates_are_as_exact_as_before(day: date, days: int, size: int, time: str) -> None:
    text = day.isoformat()[:size] + (time if size == 10 else "")
    moved = shifted(text, timedelta(days=days))
    assert moved is not None
    assert len(moved) == len(text)
    assert not validate({"resourceType": "Patient", "deceasedDateTime": moved})
    if size == 10:
        assert date.fromisoformat(moved[:10]) + timedelta(days=days) == day
        assert moved[10:] == time
    assert shifted("not a date", timedelta(1)) is None


def test_times_between_events_of_a_patient_stay() -> None:
    later = {**OBSERVATION, "id": "o2", "effectiveDateTime": "2026-03-25"}
    first, second = (date.fromisoformat(made(each)["effectiveDateTime"][:10]) for each in (OBSERVATION, later))
    assert (second - first).days == 20
    assert timedelta(1) <= OURS.shift("p1") <= timedelta(LONGEST)
