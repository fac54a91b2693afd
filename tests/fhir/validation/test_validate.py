"""Structural validation: what is accepted, what is refused, and at which element."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from xinglin.fhir import json
from xinglin.fhir.outcome import Invalid
from xinglin.fhir.validation import ensure_valid, validate

OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "height"}}


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def observation(**elements: Any) -> dict[str, Any]:
    return {**OBSERVATION, **elements}


ACCEPTED = [
    patient(),
    patient(birthDate="1974", name=[{"family": "欧阳", "given": ["修"]}], deceasedBoolean=False),
    patient(_birthDate={"extension": [{"url": "http://x", "valueString": "unknown"}]}),
    patient(name=[{"given": [None, "B"], "_given": [{"id": "a"}, None]}]),
    patient(
        contained=[{"resourceType": "Organization", "id": "o", "name": "x"}], managingOrganization={"reference": "#o"}
    ),
    patient(managingOrganization={"reference": "https://example.org/fhir/Organization/1"}),
    patient(managingOrganization={"reference": "urn:uuid:018f428e-34f6-4707-8009-5ad742f901e7"}),
    patient(managingOrganization={"type": "Organization", "identifier": {"value": "7"}}),
    patient(generalPractitioner=[{"reference": "Practitioner/1/_history/2"}]),
    patient(text={"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}),
    observation(valueQuantity={"value": 1, "unit": "cm"}, effectiveDateTime="2026-02-28T09:30:00+08:00"),
    observation(valueDateTime="2024-02-29", issued="2026-02-28T09:30:00.123Z"),
    {"resourceType": "Observation", "_status": {"id": "x"}, "code": {"text": "the status is told by an extension"}},
    {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient()}]},
    {"resourceType": "Parameters", "parameter": [{"name": "r", "resource": patient()}]},
]

REFUSED = [
    (patient(foo=1), "Patient.foo", "no element foo; accepted are active"),
    (patient(gender="x"), "Patient.gender", "accepted here: female, male, other, unknown"),
    (patient(contact=[{"gender": "x"}]), "Patient.contact[0].gender", "accepted here: female"),
    (patient(birthDate="2023-02-29"), "Patient.birthDate", "a day that exists"),
    (patient(birthDate="74-01-01"), "Patient.birthDate", "YYYY"),
    (patient(active="true"), "Patient.active", "true or false"),
    (patient(active=1), "Patient.active", "true or false"),
    (patient(multipleBirthInteger=True), "Patient.multipleBirth", "a whole number"),
    (patient(multipleBirthInteger=2**31), "Patient.multipleBirth", "2147483647"),
    (patient(deceasedBoolean=True, deceasedDateTime="2020"), "Patient.deceased", "only one of"),
    (patient(name={"family": "x"}), "Patient.name", "must be a JSON array"),
    (patient(maritalStatus=[{"text": "x"}]), "Patient.maritalStatus", "must not be a JSON array"),
    (patient(name=[]), "Patient.name", "must not be empty"),
    (patient(name=[{}]), "Patient.name[0]", "must not be empty"),
    (patient(name=[{"family": ""}]), "Patient.name[0].family", "not empty"),
    (patient(name=[{"family": "a\u0000b"}]), "Patient.name[0].family", "control characters"),
    (patient(name=[{"given": [None, "B"]}]), "Patient.name[0].given[0]", "null stands only"),
    (patient(name=[{"given": ["A"], "_given": {"id": "x"}}]), "Patient.name[0].given", "must be a JSON array"),
    (patient(language="a\u0000"), "Patient.language", "without leading"),
    (patient(implicitRules="http://\u0001"), "Patient.implicitRules", "without spaces"),
    (patient(id="a b"), "Patient.id", "1 to 64 letters"),
    (patient(id=""), "Patient.id", "1 to 64 letters"),
    (patient(photo=[{"data": "?"}]), "Patient.photo[0].data", "Base64"),
    (
        patient(managingOrganization={"reference": "Patient/1"}),
        "Patient.managingOrganization.reference",
        "Organization",
    ),
    (
        patient(managingOrganization={"reference": "Foo/1"}),
        "Patient.managingOrganization.reference",
        "not a resource type",
    ),
    (patient(managingOrganization={"reference": "1"}), "Patient.managingOrganization.reference", "Type/id"),
    (patient(managingOrganization={"reference": "#x"}), "Patient.managingOrganization.reference", "no contained"),
    (patient(managingOrganization={"type": "Patient"}), "Patient.managingOrganization.type", "Organization"),
    (
        patient(contained=[patient(id="p")], managingOrganization={"reference": "#p"}),
        "Patient.managingOrganization.reference",
        "can't refer to Patient",
    ),
    (patient(contained=[{"resourceType": "Patient"}]), "Patient.contained[0].id", "must have an id"),
    (
        patient(contained=[patient(id="a", contained=[patient(id="b")])]),
        "Patient.contained[0].contained",
        "must not contain",
    ),
    (patient(communication=[{"preferred": True}]), "Patient.communication[0].language", "must have the element"),
    ({"resourceType": "Observation", "code": {"text": "x"}}, "Observation.status", "must have the element status"),
    (observation(value=1), "Observation.value", "no element value;"),
    (observation(valueQuantity={"value": "1"}), "Observation.value.value", "a JSON number"),
    (observation(effectiveDateTime="2026-02-28T09:30:00"), "Observation.effective", "with a zone"),
    (observation(component=[{"code": {"text": "a"}, "valueInteger": 1.5}]), "Observation.component[0].value", "whole"),
    (
        {"resourceType": "Bundle", "type": "collection", "entry": [{}, {"resource": patient(gender="x")}]},
        "Bundle.entry[1].resource.gender",
        "female",
    ),
    (
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {}}]},
        "Bundle.entry[0].resource.resourceType",
        "must name",
    ),
    ({"resourceType": "Foo"}, "Foo.resourceType", "not a resource type"),
    ({"resourceType": 3}, "Resource.resourceType", "not a resource type"),
    ({"name": "x"}, "Resource.resourceType", "must name its resourceType"),
    ([], "Resource", "not a JSON object"),
    (None, "Resource", "not a JSON object"),
]


@pytest.mark.parametrize("resource", ACCEPTED)
def test_accepted(resource: dict[str, Any]) -> None:
    assert validate(resource) == []


@pytest.mark.parametrize(("resource", "expression", "text"), REFUSED)
def test_refused_with_element_and_reason(resource: Any, expression: str, text: str) -> None:
    issues = validate(resource)
    found = [issue for issue in issues if issue.expression == expression]
    assert len(found) == 1, issues
    assert text in found[0].diagnostics
    assert found[0].severity == "error"


def test_every_breach_is_told() -> None:
    issues = validate(patient(foo=1, gender="x", birthDate="nonsense", name=[{"family": 3}]))
    assert {issue.expression for issue in issues} == {
        "Patient.foo",
        "Patient.gender",
        "Patient.birthDate",
        "Patient.name[0].family",
    }
    with pytest.raises(Invalid) as raised:
        ensure_valid(patient(foo=1, gender="x"))
    assert len(raised.value.issues) == 2


def test_a_required_binding_on_a_coding_is_checked() -> None:
    profile = {"resourceType": "TestReport", "testScript": {"display": "x"}, "status": "completed", "result": "pass"}
    assert validate(profile) == []
    assert [i.expression for i in validate({**profile, "result": "perhaps"})] == ["TestReport.result"]


def test_a_resource_nested_without_end_is_refused() -> None:
    extension: dict[str, Any] = {"url": "http://x", "valueString": "x"}
    for _ in range(2000):
        extension = {"url": "http://x", "extension": [extension]}
    (issue,) = validate(patient(extension=[extension]))
    assert issue.code == "too-costly"


def test_all_synthea_resources_are_accepted(synthea: list[Path]) -> None:
    for path in synthea:
        bundle = json.loads(gzip.decompress(path.read_bytes()))
        assert validate(bundle) == [], path.name
