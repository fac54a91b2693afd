"""Validation against profiles: R4's own vital signs, and profiles that use what those don't."""

from copy import deepcopy
from typing import Any

import pytest

from tests.fhir.examples import example
from xinglin.fhir.outcome import Invalid
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation import validate
from xinglin.fhir.validation.profiles import Profiles

BASE = "http://hl7.org/fhir/StructureDefinition/"
UCUM = "http://unitsofmeasure.org"
VITAL_SIGNS = (
    "vitalsigns", "bodyweight", "vitalspanel", "bodyheight", "resprate", "heartrate", "bodytemp", "headcircum",
    "oxygensat", "bmi", "bp",
)  # fmt: skip


def official(url: str) -> Resource | None:
    """R4's vital signs."""
    name = url.partition("|")[0].removeprefix(BASE)
    return example(f"StructureDefinition-{name}") if name in VITAL_SIGNS else None


@pytest.fixture(scope="module")
def vital_signs() -> Profiles:
    return Profiles(official)


def part(code: str, value: float, unit: str = "mm[Hg]") -> Json:
    """A component of a blood pressure."""
    quantity = {"value": value, "unit": "mmHg", "system": UCUM, "code": unit}
    return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity}


def blood_pressure() -> Json:
    """One that fits the profile."""
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    return {
        "resourceType": "Observation",
        "meta": {"profile": [BASE + "bp"]},
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2024-05-06",
        "component": [part("8480-6", 120), part("8462-4", 80)],
    }


def found(profiles: Profiles, resource: Json, *urls: str) -> list[tuple[str | None, str]]:
    """Element and text of every issue."""
    return [(issue.expression, issue.diagnostics) for issue in profiles.validate(resource, urls or None)]


def test_a_blood_pressure_fits(vital_signs: Profiles) -> None:
    assert validate(blood_pressure()) == []
    assert vital_signs.validate(blood_pressure()) == []
    assert vital_signs.validate(blood_pressure(), [BASE + "bp", BASE + "vitalsigns"]) == []


def _without_diastolic(resource: Json) -> None:
    del resource["component"][1]


def _twice_systolic(resource: Json) -> None:
    resource["component"].append(part("8480-6", 121))


def _wrong_unit(resource: Json) -> None:
    resource["component"][0]["valueQuantity"]["code"] = "kPa"


def _without_category(resource: Json) -> None:
    resource["category"][0]["coding"][0]["code"] = "laboratory"


def _without_subject(resource: Json) -> None:
    del resource["subject"]


def _without_time(resource: Json) -> None:
    del resource["effectiveDateTime"]


def _with_value(resource: Json) -> None:
    resource["valueQuantity"] = {"value": 1}


def _without_value(resource: Json) -> None:
    del resource["component"][0]["valueQuantity"]


def _instant(resource: Json) -> None:
    del resource["effectiveDateTime"]
    resource["effectiveInstant"] = "2024-05-06T10:00:00Z"


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (_without_diastolic, "Observation.component", "at least 1 of the slice DiastolicBP"),
        (_without_diastolic, "Observation.component", "at least 2 must be present, there are 1"),
        (_twice_systolic, "Observation.component", "at most 1 of the slice SystolicBP"),
        (_wrong_unit, "Observation.component[0].value.code", "must be exactly 'mm[Hg]'"),
        (_without_category, "Observation.category", "at least 1 of the slice VSCat"),
        (_without_subject, "Observation.subject", "at least 1 must be present"),
        (_without_time, "Observation.effective", "at least 1 must be present"),
        (_with_value, "Observation.value", "at most 0 of the slice valueQuantity"),
        (_without_value, "Observation.component[0]", "vs-3"),
        (_instant, "Observation.effective", "the type instant is not accepted here; accepted are dateTime, Period"),
    ],
)
def test_what_does_not_fit_is_told_with_its_element(vital_signs: Profiles, change: Any, path: str, text: str) -> None:
    resource = blood_pressure()
    change(resource)
    issues = found(vital_signs, resource)
    assert any(where == path and text in what for where, what in issues), issues


@pytest.mark.parametrize(
    "name",
    [
        "blood-pressure", "bmi", "body-height", "body-length", "body-temperature", "head-circumference", "heart-rate",
        "respiratory-rate", "satO2", "example", "vitals-panel",
    ],
)  # fmt: skip
def test_the_official_vital_signs_fit(vital_signs: Profiles, name: str) -> None:
    assert found(vital_signs, example(f"Observation-{name}")) == []


def test_an_unknown_profile_is_a_warning_unless_asked_for(vital_signs: Profiles) -> None:
    resource = {**blood_pressure(), "meta": {"profile": ["http://x"]}}
    assert [issue.severity for issue in vital_signs.validate(resource)] == ["warning"]
    assert [issue.severity for issue in vital_signs.validate(resource, ["http://x"])] == ["error"]


def test_a_profile_of_another_type_is_refused(vital_signs: Profiles) -> None:
    patient = {"resourceType": "Patient"}
    assert "is of Observation" in found(vital_signs, patient, BASE + "bp")[0][1]


# A profile of Patient that is made of parts.


def element(id: str, **further: Any) -> Json:
    """An ElementDefinition; its path is its id without slice names."""
    path = ".".join(step.partition(":")[0] for step in id.split("."))
    return {"id": id, "path": path, "min": 0, "max": "*", **further}


def profile(*elements: Json, type: str = "Patient", url: str = "http://p") -> Profiles:
    """Profiles with one, whose snapshot has these elements."""
    definition = {"resourceType": "StructureDefinition", "url": url, "type": type}
    definition["snapshot"] = {"element": [element(type), *elements]}  # type: ignore[assignment]
    others = {url: definition, "http://ext": EXTENSION, "http://long": LONG_NAME}
    return Profiles(others.get, terminology=_terminology)


def _terminology(kind: str, value: Json, url: str) -> bool | None:
    return {"http://none": False, "http://all": True}.get(url)


def _definition(url: str, type: str, *elements: Json) -> Json:
    return {"resourceType": "StructureDefinition", "url": url, "type": type, "snapshot": {"element": list(elements)}}


EXTENSION = _definition(
    "http://ext",
    "Extension",
    element("Extension"),
    element("Extension.url", fixedUri="http://ext"),
    element("Extension.value[x]", min=1, type=[{"code": "code"}]),
)
LONG_NAME = _definition(
    "http://long", "HumanName", element("HumanName"), element("HumanName.text", min=1, type=[{"code": "string"}])
)
PATIENT: Json = {"resourceType": "Patient"}


def slicing(kind: str, path: str, **further: Any) -> Json:
    """A slicing with one discriminator."""
    return {"discriminator": [{"type": kind, "path": path}], "rules": "open", **further}


def issues(profiles: Profiles, **patient: Any) -> list[tuple[str | None, str]]:
    """Issues of a Patient."""
    return found(profiles, {**PATIENT, **patient}, "http://p")


def test_slices_by_pattern_and_closed_slicing() -> None:
    profiles = profile(
        element("Patient.identifier", slicing=slicing("pattern", "type", rules="closed")),
        element("Patient.identifier:mr", sliceName="mr", min=1, max="1"),
        element("Patient.identifier:mr.type", patternCodeableConcept={"coding": [{"code": "MR"}]}),
        element("Patient.identifier:mr.value", min=1, max="1", maxLength=3),
    )
    number = {"type": {"coding": [{"code": "MR", "system": "s"}], "text": "x"}, "value": "1"}
    assert issues(profiles, identifier=[number]) == []
    assert issues(profiles) == [("Patient.identifier", "at least 1 of the slice mr must be present, there are 0")]
    assert "none of the slices" in issues(profiles, identifier=[number, {"value": "2"}])[0][1]
    assert "at most 3 characters" in issues(profiles, identifier=[{**number, "value": "1234"}])[0][1]


def test_slices_by_existence_type_and_profile() -> None:
    by_existence = profile(
        element("Patient.name", slicing=slicing("exists", "period")),
        element("Patient.name:past", sliceName="past", max="1"),
        element("Patient.name:past.period", min=1, max="1"),
        element("Patient.name:now", sliceName="now", max="1"),
        element("Patient.name:now.period", max="0"),
    )
    past, now = {"text": "a", "period": {"end": "2020"}}, {"text": "b"}
    assert issues(by_existence, name=[past, now]) == []
    assert "slice now" in issues(by_existence, name=[past, now, now])[0][1]
    by_type = profile(
        element("Patient.deceased[x]", slicing=slicing("type", "$this", rules="closed")),
        element("Patient.deceased[x]:deceasedBoolean", sliceName="deceasedBoolean", type=[{"code": "boolean"}]),
    )
    assert issues(by_type, deceasedBoolean=True) == []
    assert "none of the slices" in issues(by_type, deceasedDateTime="2020")[0][1]
    by_profile = profile(
        element("Patient.name", slicing=slicing("profile", "$this")),
        element(
            "Patient.name:long", sliceName="long", max="1", type=[{"code": "HumanName", "profile": ["http://long"]}]
        ),
    )
    assert issues(by_profile, name=[{"text": "a"}, {"family": "b"}]) == []
    assert "slice long" in issues(by_profile, name=[{"text": "a"}, {"text": "b"}])[0][1]


def test_slices_in_order_and_open_at_the_end() -> None:
    def profiles(**further: Any) -> Profiles:
        return profile(
            element("Patient.telecom", slicing=slicing("value", "system", **further)),
            element("Patient.telecom:phone", sliceName="phone"),
            element("Patient.telecom:phone.system", fixedCode="phone"),
            element("Patient.telecom:email", sliceName="email"),
            element("Patient.telecom:email.system", fixedCode="email"),
        )

    phone, email, fax = ({"system": system, "value": "1"} for system in ("phone", "email", "fax"))
    assert issues(profiles(ordered=True), telecom=[phone, email]) == []
    assert "order of the profile" in issues(profiles(ordered=True), telecom=[email, phone])[0][1]
    assert issues(profiles(rules="openAtEnd"), telecom=[phone, email, fax]) == []
    assert "at the end" in issues(profiles(rules="openAtEnd"), telecom=[phone, fax, email])[0][1]


def test_extensions_are_sliced_by_url_and_held_to_their_definition() -> None:
    profiles = profile(
        element("Patient.extension", slicing=slicing("value", "url")),
        element("Patient.extension:x", sliceName="x", min=1, type=[{"code": "Extension", "profile": ["http://ext"]}]),
    )
    assert issues(profiles, extension=[{"url": "http://ext", "valueCode": "a"}, {"url": "http://other"}]) == []
    assert "slice x" in issues(profiles, extension=[{"url": "http://other", "valueCode": "a"}])[0][1]
    (issue,) = issues(profiles, extension=[{"url": "http://ext", "valueString": "a"}])
    assert issue == ("Patient.extension[0].value", "the type string is not accepted here; accepted are code")


def test_bindings_are_asked_of_the_caller() -> None:
    def profiles(strength: str, url: str) -> Profiles:
        return profile(element("Patient.gender", binding={"strength": strength, "valueSet": url}))

    patient = {**PATIENT, "gender": "male"}
    severities = {
        (strength, url): [i.severity for i in profiles(strength, url).validate(patient, ["http://p"])]
        for strength in ("required", "extensible", "preferred")
        for url in ("http://none", "http://all", "http://unknown")
    }
    assert severities.pop(("required", "http://none")) == ["error"]
    assert severities.pop(("extensible", "http://none")) == ["warning"]
    assert set(map(tuple, severities.values())) == {()}


def test_ranges_fixed_values_and_invariants() -> None:
    constraint = {"key": "p-1", "severity": "warning", "human": "Be male", "expression": "gender = 'male'"}
    profiles = profile(
        element("Patient.birthDate", minValueDate="1900-01-01", maxValueDate="2030-01-01"),
        element("Patient.active", fixedBoolean=True),
    )
    assert issues(profiles, birthDate="1950-01-01", active=True) == []
    assert "less than the least" in issues(profiles, birthDate="1899-12-31")[0][1]
    assert "greater than the greatest" in issues(profiles, birthDate="2031-01-01")[0][1]
    assert "must be exactly True" in issues(profiles, active=False)[0][1]
    root = profile()
    snapshot = element("Patient", constraint=[constraint])
    root = Profiles({"http://p": _definition("http://p", "Patient", snapshot)}.get)
    assert [(i.severity, i.code) for i in root.validate({**PATIENT, "gender": "female"}, ["http://p"])] == [
        ("warning", "invariant")
    ]


def test_a_profile_without_elements_is_refused() -> None:
    bare = {"resourceType": "StructureDefinition", "url": "http://p", "type": "Patient"}
    with pytest.raises(Invalid, match="neither a snapshot nor a differential"):
        Profiles({"http://p": bare}.get).validate(deepcopy(PATIENT), ["http://p"])


def test_what_takes_too_many_steps_is_told_instead_of_waited_for() -> None:
    names = "%resource.name.given"
    dear = f"{names}.all({names}.all({names}.all($this != 'x')))"
    rule = {"key": "p-1", "severity": "error", "human": "Slow", "expression": dear}
    profiles = Profiles({"http://p": _definition("http://p", "Patient", element("Patient", constraint=[rule]))}.get)
    (issue,) = profiles.validate({**PATIENT, "name": [{"given": ["a"] * 1000}]}, ["http://p"])
    assert (issue.severity, issue.code, issue.expression) == ("error", "too-costly", "Patient")


def test_an_invariant_may_speak_of_slices() -> None:
    text = "component.slice('http://p', 'first').value.exists() and component.slice('http://p', 'none').empty()"
    rule = {"key": "p-1", "severity": "error", "human": "With a first", "expression": text}
    definition = _definition(
        "http://p",
        "Observation",
        element("Observation", constraint=[rule]),
        element("Observation.component", slicing=slicing("pattern", "code")),
        element("Observation.component:first", sliceName="first"),
        element("Observation.component:first.code", patternCodeableConcept={"text": "1"}),
    )
    profiles = Profiles({"http://p": definition}.get)
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    first = {"code": {"text": "1"}, "valueString": "a"}
    assert found(profiles, {**observation, "component": [{"code": {"text": "2"}}, first]}, "http://p") == []
    assert found(profiles, {**observation, "component": [{**first, "code": {"text": "2"}}]}, "http://p") != []
