"""The whole language on typed elements, beyond what the official tests ask."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from xinglin.fhir.fhirpath import Environment, FhirPathError, element_node, evaluate, expression, resource_node

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "gender": "male",
    "modifierExtension": [{"url": "urn:m", "valueBoolean": True}],
    "maritalStatus": {"coding": [{"code": "M", "extension": [{"url": ORDINAL, "valueDecimal": 3}]}]},
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": BIRTH_TIME, "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
    "name": [{"family": "A", "given": ["B", None, "C"], "_given": [None, {"id": "g", "extension": [{"url": "u"}]}]}],
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Org"}],
    "managingOrganization": {"reference": "#o"},
    "generalPractitioner": [{"reference": "Practitioner/1"}],
    "multipleBirthInteger": 2,
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "x"},
    "valueQuantity": {"value": 1.50, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"},
}

CASES = [
    ("name.given", ["B", None, "C"]),
    ("name.given.where(hasValue())", ["B", "C"]),
    ("name.given[1].id", ["g"]),
    ("name.given[1].extension.url", ["u"]),
    ("birthDate.extension(%`ext-patient-birthTime`).value", ["1974-12-25T14:35:45-05:00"]),
    ("birthDate.hasValue() and birthDate.getValue() = @1974-12-25", [True]),
    ("managingOrganization.resolve().name", ["Org"]),
    ("checkModifiers('urn:a' | 'urn:b', 'urn:m').id", ["p"]),
    ("maritalStatus.coding.weight()", [3]),
    ("maritalStatus.weight() + 1", [4]),
    ("gender.weight() | name.weight()", []),
    ("generalPractitioner.resolve()", []),
    ("contained.where($this is Organization).id", ["o"]),
    ("contained.ofType(DomainResource).name", ["Org"]),
    ("multipleBirth is integer", [True]),
    ("multipleBirth is System.Integer", [False]),
    ("(multipleBirth as integer) + 1", [3]),
    ("gender is string", [True]),
    ("gender is FHIR.code", [True]),
    ("gender.type().name", ["code"]),
    ("(1 | 2 | 3).where($index > 0)", [2, 3]),
    ("(1 | 2 | 3).select($this * $index)", [0, 2, 6]),
    ("(1 | 2 | 3).aggregate($total + $this, 10)", [16]),
    ("'a' in ('a' | 'b') and ('a' | 'b') contains 'b'", [True]),
    ("{} and false", [False]),
    ("{} or true", [True]),
    ("{} implies true", [True]),
    ("1 | 1.0 | 1.00", [1]),
    ("2147483647 + 1", []),
    ("5 div 0 | 5 mod 0 | 5 / 0", []),
    ("-7 div 2", [-3]),
    ("7.0 mod 2.5", [Decimal("2.0")]),
    ("'abc'.replaceMatches('(b)', '[$1]')", ["a[b]c"]),
    ("'%41'.encode('urlbase64').decode('urlbase64')", ["%41"]),
    ("1 'g' = 1000 'mg'", [True]),
    ("1 'g' = 1 'm'", [False]),
    ("1 'foo' = 1 'bar'", []),
    ("37 'Cel' > 98 '[degF]'", [True]),
    ("1 year = 1 'a'", []),
    ("1 year ~ 1 'a'", [True]),
    ("2 'g' + 500 'mg' = 2.5 'g'", [True]),
    ("2 'cm' * 3 'cm' = 6 'cm2'", [True]),
    ("36 'Cel'.toQuantity('K').value", []),
    ("@2024-01-31 + 1 month", ["2024-02-29"]),
    ("@2024 + 18 months", ["2025"]),
    ("@2024-03 - 1 year", ["2023-03"]),
    ("@T23:30 + 1 hour", ["00:30"]),
    ("@2024-01-01T00:00:00Z - 1 second", ["2023-12-31T23:59:59Z"]),
    ("@2024-01-01T23:00-02:00 = @2024-01-02T01:00Z", [True]),
    ("@2024-05 < @2024-05-06", []),
    ("@2024-05-04 < @2024-05-06T10:00:00+08:00", [True]),
    ("@2024-05-06 < @2024-05-06T10:00:00+08:00", []),
    ("now()", ["2026-01-01T12:30:15.000Z"]),
    ("today() + 1 day", ["2026-01-02"]),
    ("%answer + 1", [43]),
    ("%resource.id = id and %context.id = id", [True]),
    ("descendants().where($this is Reference).reference", ["#o", "Practitioner/1"]),
    ("name.`given`.first()", ["B"]),
    ("gender.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')", [True]),
    ("iif(active, 'yes', 1 / 'a')", ["yes"]),
    ("conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')", [True]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_values(text: str, expected: list[Any]) -> None:
    now = datetime(2026, 1, 1, 12, 30, 15, tzinfo=UTC)
    found = evaluate(text, PATIENT, now=now, variables={"answer": 42})
    assert sorted(map(str, found)) == sorted(map(str, expected))


def test_resolve_asks_the_caller() -> None:
    asked: list[str] = []

    def resolve(reference: str) -> dict[str, Any] | None:
        asked.append(reference)
        return {"resourceType": "Practitioner", "id": "1"}

    assert evaluate("generalPractitioner.resolve() is Practitioner", PATIENT, resolve=resolve) == [True]
    assert asked == ["Practitioner/1"]


def test_resolve_finds_what_is_in_the_bundle() -> None:
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "active": True}},
        {"resource": {**OBSERVATION, "subject": {"reference": "urn:uuid:1"}}},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert evaluate("entry.resource.ofType(Observation).subject.resolve().active", bundle) == [True]


def test_trace_is_shown_to_the_caller() -> None:
    seen: list[tuple[str, int]] = []
    evaluate("name.given.trace('g', length())", PATIENT, trace=lambda name, items: seen.append((name, len(items))))
    assert seen == [("g", 2)]


def test_membership_is_asked_of_the_caller() -> None:
    asked = []

    def member_of(*question: Any) -> bool:
        asked.append(question)
        return False

    assert evaluate("gender.memberOf('urn:vs')", PATIENT, member_of=member_of) == [False]
    assert asked == [("code", "male", "urn:vs")]


def test_an_element_can_be_the_focus() -> None:
    node = element_node(OBSERVATION["valueQuantity"], "Quantity")
    assert expression("value >= 1.5 and $this = 15 'g/L'").evaluate(node) == [True]


def test_a_decimal_keeps_its_written_precision() -> None:
    quantity = {**OBSERVATION["valueQuantity"], "value": Decimal("1.50")}
    assert evaluate("value.value.precision()", {**OBSERVATION, "valueQuantity": quantity}) == [2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name.nope()", "no function nope"),
        ("name.where()", "takes 1 arguments"),
        ("active is Nope", "no type Nope"),
        ("1 + 'a'", "does not take Integer and String"),
        ("'a' < 1", "no order"),
        ("(1 | 2).toString()", "needs one item"),
        ("%nope", "has no value"),
        ("$nope", "no variable"),
        ("name.given.matches('(')", "needs one item"),
        ("'a'.matches('(')", "not a regular expression"),
        ("@2024-02-30", "that exists"),
        ("today()", "current moment"),
        ("id.conformsTo('urn:x')", "not known"),
        ("(1 | 2) = 1 or (1 | 2)", "needs one item"),
    ],
)
def test_errors_say_why(text: str, reason: str) -> None:
    with pytest.raises(FhirPathError, match=reason):
        evaluate(text, PATIENT)


def test_unknown_elements_are_empty_unless_strict() -> None:
    assert evaluate("name.nope", PATIENT) == []
    with pytest.raises(FhirPathError, match="HumanName has no element nope"):
        expression("name.nope").items(resource_node(PATIENT), Environment(strict=True))


def test_a_deep_expression_is_refused_not_crashed() -> None:
    with pytest.raises(FhirPathError, match="nested too deeply"):
        evaluate("1" + " + 1" * 20000, PATIENT)
