"""The official FHIRPath tests for R4, one by one."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.fhir.examples import example
from tests.shared_data import shared_folder
from xinglin.fhir.fhirpath import Environment, FhirPathError, Node, expression, resource_node
from xinglin.fhir.fhirpath.functions.conversion import to_string
from xinglin.fhir.fhirpath.registry import truth
from xinglin.fhir.types import Json

NOW = datetime(2026, 1, 1, 12, 30, 15, 123000, tzinfo=UTC)

# Inputs that the suite has beside the official examples, as far as its expressions look at them.
EXTRA: dict[str, Json] = {
    "parameters-example-types.xml": {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "string", "valueString": "a"},
            {"name": "integer", "valueInteger": 1},
            {"name": "uuid", "valueUuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
        ],
    },
    "patient-example-period.xml": {
        "resourceType": "Patient",
        "identifier": [{"period": {"start": "2020-05-06", "end": "2001-05-06"}}],
    },
    "patient-container-example.json": {
        "resourceType": "Patient",
        "contained": [{"resourceType": "Organization", "id": "1", "name": "A"}],
        "managingOrganization": {"reference": "#1"},
    },
    "explanationofbenefit-example.json": {
        "resourceType": "ExplanationOfBenefit",
        "supportingInfo": [
            {"sequence": 1, "category": {"coding": [{"code": "additionalbodysite"}]}},
            {"sequence": 2, "category": {"coding": [{"code": "info"}]}},
        ],
        "item": [{"sequence": 1, "informationSequence": [1, 3]}],
    },
}
EXAMPLES = {
    "patient-example.xml": "Patient-example",
    "observation-example.xml": "Observation-example",
    "questionnaire-example.xml": "Questionnaire-3141",
    "valueset-example-expansion.xml": "ValueSet-example-expansion",
}
# What differs on purpose, with the words of the specification that decide it.
_LEAST = (
    "FHIRPath, Utility functions, lowBoundary: 'The least possible value of the input to the specified precision'. "
    "To one digit, -0.0 is above the -0.00345 that -0.0034 may stand for; as (-1.587).lowBoundary(2) is -1.59 there, "
    "so -0.1 is least here"
)
_GREATEST = (
    "FHIRPath, Utility functions, highBoundary: 'The greatest possible value of the input to the specified precision'. "
    "To one digit, 0.0 is below the 0.00345 that 0.0034 may stand for; as 1.587.highBoundary(2) is 1.59 there, so 0.1 "
    "is greatest here"
)
DIFFERENT: dict[str, str] = {"LowBoundaryDecimal15": _LEAST, "HighBoundaryDecimal15": _GREATEST}


def cases() -> Iterator[Any]:
    """Every test of the suite, or one that is skipped where the suite is absent."""
    folder = shared_folder("conformance")
    if folder is None:
        yield pytest.param(None, marks=pytest.mark.skip("no FHIRPath tests: set XINGLIN_SHARED_DATA"))
        return
    for test in ET.parse(folder / "fhirpath-r4.xml").iter("test"):
        reason = DIFFERENT.get(test.get("name", ""))
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        yield pytest.param(test, id=test.get("name"), marks=marks)


def focus_of(file: str | None) -> Json:
    """The input of a test."""
    if file is None:
        return {"resourceType": "Basic", "code": {"text": "none"}}
    if file in EXTRA:
        return EXTRA[file]
    resource = deepcopy(example(EXAMPLES[file]))
    if file == "observation-example.xml":
        url = "http://example.com/fhir/StructureDefinition/patient-age"
        age = {"value": 40, "unit": "y", "system": "http://unitsofmeasure.org", "code": "a"}
        resource["extension"] = [{"url": url, "valueAge": age}]
    if file == "valueset-example-expansion.xml":
        resource["version"] = "20150622"
    return resource


def outcome(test: ET.Element) -> list[str | None]:
    """What the expression of a test gives, as texts."""
    text = test.findtext("expression") or ""
    env = Environment(now=NOW, strict=True)
    items = expression(text).items(resource_node(focus_of(test.get("inputfile"))), env)
    if test.get("predicate") == "true":
        return ["true" if truth(items) else "false"]
    return [to_string(item.system() if isinstance(item, Node) else item) for item in items]


@pytest.mark.parametrize("test", list(cases()))
def test_official(test: ET.Element) -> None:
    described = test.find("expression")
    assert described is not None
    if described.get("invalid"):
        with pytest.raises(FhirPathError):
            outcome(test)
        return
    found = outcome(test)
    expected = [(output.text or "").removeprefix("@T").removeprefix("@") for output in test.iter("output")]
    if test.get("ordered") == "false":
        found, expected = sorted(found), sorted(expected)
    assert len(found) == len(expected)
    for one, other, output in zip(found, expected, test.iter("output"), strict=True):
        if output.get("type") == "decimal":
            assert Decimal(one) == Decimal(other)
        else:
            assert one == other
