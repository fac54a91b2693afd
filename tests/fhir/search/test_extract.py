"""What resources are found by."""

from typing import Any
from zoneinfo import ZoneInfo

from xinglin.fhir.search import extract
from xinglin.fhir.search.dates import span
from xinglin.fhir.search.terms import parameter_number, reference_term, term


def has(resource: dict[str, Any], code: str, value: str) -> bool:
    return term(resource["resourceType"], code, value) in extract(resource).hashes


def refers(resource: dict[str, Any], code: str, target: str) -> bool:
    return reference_term(resource["resourceType"], code, target) in extract(resource).hashes


def texts(resource: dict[str, Any], code: str) -> set[str]:
    number = parameter_number(resource["resourceType"], code)
    return {text for n, text in extract(resource).strings if n == number}


def test_tokens_of_every_type() -> None:
    patient = {
        "resourceType": "Patient",
        "active": True,
        "gender": "male",
        "identifier": [{"system": "urn:s", "value": "7"}, {"value": "8"}, {"system": "urn:only"}],
        "telecom": [{"system": "email", "value": "a@b"}, {"system": "phone"}],
        "meta": {"tag": [{"system": "urn:t", "code": "x"}], "profile": ["http://p"]},
    }
    assert has(patient, "active", "*|true")
    assert has(patient, "gender", "*|male")
    assert has(patient, "gender", "http://hl7.org/fhir/administrative-gender|male")
    assert has(patient, "identifier", "urn:s|7")
    assert has(patient, "identifier", "*|7")
    assert has(patient, "identifier", "|8")
    assert not has(patient, "identifier", "|7")
    assert has(patient, "email", "*|a@b")
    assert not has(patient, "phone", "*|a@b")
    assert has(patient, "_tag", "urn:t|x")
    assert has(patient, "_profile", "http://p")
    assert has(patient, "deceased", "*|false")
    assert has({**patient, "deceasedDateTime": "2020"}, "deceased", "*|true")


def test_references() -> None:
    observation = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/1"},
        "encounter": {"reference": "Encounter/2/_history/3", "identifier": {"system": "urn:s", "value": "7"}},
        "performer": [{"reference": "https://x.org/Practitioner/4"}, {"reference": "#p"}, {"display": "y"}],
    }
    assert refers(observation, "subject", "Patient/1")
    assert refers(observation, "patient", "Patient/1")
    assert refers(observation, "encounter", "Encounter/2")
    assert refers(observation, "encounter", ":identifier=urn:s|7")
    assert refers(observation, "performer", "https://x.org/Practitioner/4")
    assert not refers(observation, "performer", "Practitioner/4")
    assert not refers(observation, "performer", "#p")
    assert not refers({**observation, "subject": {"reference": "Group/1"}}, "patient", "Group/1")


def test_names_are_found_by_characters_pinyin_and_initials() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": "欧阳", "given": ["修"]}, {"family": "Müller", "given": ["Åsa"]}],
    }
    assert {"欧阳修", "ouyangxiu", "oyx", "欧阳", "修", "muller", "asa"} <= texts(patient, "name")
    assert "muller" in texts(patient, "family")
    assert "asa" not in texts(patient, "family")
    assert has(patient, "name", "=Müller")


def test_dates_in_the_hospitals_zone() -> None:
    patient = {"resourceType": "Patient", "birthDate": "1974-12-25"}
    zone = ZoneInfo("Asia/Shanghai")
    assert extract(patient, zone).dates == {(parameter_number("Patient", "birthdate"), span("1974-12-25", zone))}


def test_primitives_with_only_an_extension_are_no_values() -> None:
    patient = {
        "resourceType": "Patient",
        "_birthDate": {"extension": [{"url": "http://x", "valueString": "x"}]},
        "name": [{"given": [None], "_given": [{"id": "x"}]}],
    }
    found = extract(patient)
    assert found.dates == set()
    assert found.strings == set()


def test_long_texts_are_cut() -> None:
    (text,) = texts({"resourceType": "Organization", "name": "长" * 5000}, "name") - {"chang" * 51 + "c", "c" * 256}
    assert text == "长" * 256
