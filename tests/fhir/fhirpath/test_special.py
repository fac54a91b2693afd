"""Expressions written out as Python give the same values as the general evaluation."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from bench.fhirpath import CASES
from tests.fhir.examples import example
from tests.shared_data import shared_folder
from xinglin.fhir.definitions import rules
from xinglin.fhir.fhirpath import FhirPathError, expression, parse
from xinglin.fhir.fhirpath.expression import as_json
from xinglin.fhir.fhirpath.special import Deviation, specialise
from xinglin.fhir.types import Json

EXAMPLES = (
    "Patient-example",
    "Patient-f001",
    "Patient-pat1",
    "Observation-example",
    "Observation-blood-pressure",
    "Observation-f001",
    "Questionnaire-3141",
    "Encounter-f001",
    "Condition-f001",
    "MedicationRequest-medrx0301",
    "Claim-MED-00050",
    "ValueSet-example-expansion",
)
OWN = (
    "name.where(family.exists() or text.exists()).given[1]",
    "name.all(given.count() > 0)",
    "telecom.where(system = 'phone').value.first()",
    "telecom.where(rank >= 2).use",
    "(name.given | name.family)",
    "birthDate <= @2024 and birthDate != @1974-12-26",
    "Patient.deceased = false",
    "Patient.deceased != true",
    "name.given = 'Peter'",
    "gender = 'male' xor active",
    "contact.exists(name.exists()) implies telecom.exists()",
    "name.period.end < @2003",
    "component.where(value.ofType(Quantity).value > 80).code.coding.code",
    "(value as Quantity).value > 10.5",
    "value.ofType(Quantity).code & ' ' & status",
    "identifier.value.startsWith('1')",
    "code.coding.exists(system.contains('loinc'))",
    "item.descendants().linkId",
    "period.start.exists() and period.end.exists().not()",
    "expansion.contains.where(display = 'x').code.empty()",
    "name.given.tail()",
    "name.select(given.first() & family)",
)


def resource_of(name: str) -> Json:
    """An example."""
    return example(name)


def official() -> Iterator[str]:
    """The expressions of the official tests."""
    folder = shared_folder("conformance")
    for test in ET.parse(folder / "fhirpath-r4.xml").iter("test") if folder else ():
        found = test.find("expression")
        if found is not None and found.text and not found.get("invalid"):
            yield found.text


def compared(text: str, resource: Json) -> bool:
    """Whether the expression was written out; where it was, both ways gave the same."""
    special = specialise(parse(text), resource["resourceType"])
    if special is None:
        return False
    general: list[Json] | str
    try:
        general = [as_json(item) for item in expression(text).items(resource)]
    except FhirPathError:
        return False
    try:
        found = special(resource)
    except Deviation:
        return False
    assert sorted(map(repr, found)) == sorted(map(repr, general)), text
    return True


@pytest.mark.parametrize("name", EXAMPLES)
def test_both_ways_agree(name: str) -> None:
    resource = resource_of(name)
    texts = [*OWN, *(text for text, _ in CASES), *official(), *(r.expression for r in rules(resource["resourceType"]))]
    assert sum(compared(text, resource) for text in texts) > len(OWN)


def test_what_is_meant_to_be_quick_is_written_out() -> None:
    for text, resource in CASES:
        assert specialise(parse(text), resource["resourceType"]) is not None, text


def test_a_primitive_with_only_extensions_is_left_to_the_general_way() -> None:
    patient = {"resourceType": "Patient", "_birthDate": {"extension": [{"url": "u", "valueString": "x"}]}}
    special = specialise(parse("birthDate.exists()"), "Patient")
    assert special is not None
    with pytest.raises(Deviation):
        special(patient)
    assert expression("birthDate.exists()").evaluate(patient) == [True]


def test_names_that_a_caller_writes_never_become_code() -> None:
    text = "name.where(family = '\\'); import os #').given"
    assert expression(text).evaluate(example("Patient-example")) == []
    assert specialise(parse("`x'] or __import__('os')`"), "Patient") is not None
    assert expression("`x'] or __import__('os')`").evaluate(example("Patient-example")) == []
