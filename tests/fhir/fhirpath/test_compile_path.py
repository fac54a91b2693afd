"""FHIRPath as compiled for a type."""

from typing import Any

import pytest

from xinglin.fhir.definitions import search_definitions
from xinglin.fhir.fhirpath import FhirPathError, compile_path

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "active": True,
    "name": [
        {"use": "official", "family": "A", "given": ["B", None, "C"]},
        {"use": "usual", "given": ["D"]},
        {"text": "E"},
    ],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
    "extension": [{"url": "http://x", "valueCode": "M"}, {"url": "http://y", "valueString": "N"}],
    "deceasedDateTime": "2020",
    "link": [
        {"other": {"reference": "Patient/2"}, "type": "seealso"},
        {"other": {"reference": "RelatedPerson/3"}, "type": "seealso"},
    ],
    "generalPractitioner": [
        {"reference": "https://example.org/Practitioner/1"},
        {"type": "Organization", "display": "x"},
    ],
}

CASES = [
    ("Patient.active", [True]),
    ("active", [True]),
    ("Patient.birthDate", []),
    ("Observation.code", []),
    ("Resource.meta | Patient.active", [True]),
    ("Patient.name.given", ["B", "C", "D"]),
    ("Patient.name[1].given", ["D"]),
    ("Patient.name.given[2]", ["D"]),
    ("Patient.name.given[3]", []),
    ("Patient.name.given.first()", ["B"]),
    ("Patient.name.where(use = 'official').family", ["A"]),
    ("Patient.name.where(use != 'official').given", ["D"]),
    ("Patient.name.where($this.use.exists()).given", ["B", "C", "D"]),
    ("Patient.name.where(family.empty()).text", ["E"]),
    ("Patient.name.where(use.exists().not()).text", ["E"]),
    ("Patient.name.exists(use = 'old')", [False]),
    ("Patient.telecom.where(system='email' or system='fax').value", ["2"]),
    ("Patient.telecom.where(system='email' and value='1').value", []),
    ("(Patient.name.given | Patient.name.given)", ["B", "C", "D"]),
    ("Patient.name.family | Patient.name.text | Patient.telecom.value", ["A", "E", "1", "2"]),
    ("Patient.deceased", ["2020"]),
    ("Patient.deceased.ofType(dateTime)", ["2020"]),
    ("Patient.deceased.ofType(boolean)", []),
    ("Patient.deceased as dateTime", ["2020"]),
    ("(Patient.deceased as boolean)", []),
    ("Patient.deceased is dateTime", [True]),
    ("Patient.deceased.exists() and Patient.deceased != false", [True]),
    ("Patient.extension('http://x').value", ["M"]),
    ("Patient.extension('http://x').value.ofType(code)", ["M"]),
    ("Patient.extension('http://x').value.ofType(string)", ["M"]),  # R4: a code is a specialisation of string
    ("Patient.extension('http://y').value.ofType(code)", []),
    ("Patient.link.other.where(resolve() is Patient).reference", ["Patient/2"]),
    ("Patient.generalPractitioner.where(resolve() is Practitioner).reference", ["https://example.org/Practitioner/1"]),
    ("Patient.generalPractitioner.where(resolve() is Organization).display", ["x"]),
    ("{}", []),
    ("Patient.name.`family`", ["A"]),
    ("Patient.foo", []),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_values(expression: str, expected: list[Any]) -> None:
    assert compile_path(expression, "Patient").evaluate(PATIENT) == expected


def test_absent_elements_are_empty_not_false() -> None:
    compiled = compile_path("Patient.deceased != false", "Patient")
    assert compiled.evaluate({"resourceType": "Patient"}) == []


def test_index_over_branches_counts_the_whole_collection() -> None:
    compiled = compile_path("(Patient.name.family | Patient.active | Patient.name.text)[1]", "Patient")
    assert compiled.evaluate(PATIENT) == ["E"]


def test_true_is_not_one() -> None:
    assert compile_path("Patient.active = 1", "Patient").evaluate(PATIENT) == [False]


def test_contained_resources_are_narrowed_by_type() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {"resource": {"resourceType": "Group"}}]}
    compiled = compile_path("Bundle.entry.resource.ofType(Patient).active", "Bundle")
    assert compiled.evaluate(bundle) == [True]


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.",
        "Patient..name",
        "Patient.name[",
        "Patient.name)",
        "1 +",
        "'x",
        "Patient.name.where(",
        "#",
        "Patient is",
    ],
)
def test_what_is_not_fhirpath_is_told_with_its_place(expression: str) -> None:
    with pytest.raises(FhirPathError, match=r"at \d+"):
        compile_path(expression, "Patient")


@pytest.mark.parametrize("expression", ["Patient.name.repeat(given)", "1 + 1", "Patient.name.resolve()", "%vs"])
def test_what_is_not_compiled_is_told(expression: str) -> None:
    with pytest.raises(FhirPathError, match=r"[Nn]ot supported here"):
        compile_path(expression, "Patient")


def test_every_search_parameter_of_r4_compiles_for_its_types() -> None:
    count = 0
    for definition in search_definitions():
        for base in definition.bases - {"Resource", "DomainResource"}:
            compiled = compile_path(definition.expression, base)
            assert compiled.branches, (definition.code, base, definition.expression)
            count += 1
    assert count > 1600
