"""The invariants of R4."""

import time
from typing import Any

import pytest

from tests.fhir.examples import example
from xinglin.fhir.definitions import Rule, resource_types, rules, type_definition
from xinglin.fhir.fhirpath import Environment, element_node, expression, parse, resource_node
from xinglin.fhir.types import Json
from xinglin.fhir.validation import validate
from xinglin.fhir.validation.invariants import Undecided
from xinglin.fhir.validation.presence import outcomes

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "1"}]},
}
ORGANIZATION: dict[str, Any] = {"resourceType": "Organization", "id": "o", "name": "x"}
PATIENT: dict[str, Any] = {"resourceType": "Patient"}
QUANTITY = {"value": 1, "code": "mg", "system": "http://unitsofmeasure.org"}

BROKEN: list[tuple[str, str, Json]] = [
    ("obs-6", "Observation", {**OBSERVATION, "valueString": "x", "dataAbsentReason": {"text": "y"}}),
    ("obs-7", "Observation", {**OBSERVATION, "valueString": "x", "component": [{"code": OBSERVATION["code"]}]}),
    (
        "obs-3",
        "Observation.referenceRange[1]",
        {**OBSERVATION, "referenceRange": [{"text": "a"}, {"age": {"low": QUANTITY}}]},
    ),
    ("qty-3", "Observation.value", {**OBSERVATION, "valueQuantity": {"value": 1, "code": "mg"}}),
    (
        "sqty-1",
        "Observation.referenceRange[0]",
        {**OBSERVATION, "referenceRange": [{"low": {**QUANTITY, "comparator": "<"}}]},
    ),
    (
        "per-1",
        "Patient.name[0].period",
        {**PATIENT, "name": [{"text": "x", "period": {"start": "2021", "end": "2020-12"}}]},
    ),
    ("cpt-2", "Patient.telecom[1]", {**PATIENT, "telecom": [{"system": "phone", "value": "1"}, {"value": "1"}]}),
    ("pat-1", "Patient.contact[0]", {**PATIENT, "contact": [{"gender": "male"}]}),
    ("ext-1", "Patient.extension[0]", {**PATIENT, "extension": [{"url": "http://x"}]}),
    ("ext-1", "Patient.birthDate.extension[0]", {**PATIENT, "_birthDate": {"extension": [{"url": "http://x"}]}}),
    ("ele-1", "Patient.name[0]", {**PATIENT, "name": [{"id": "x"}]}),
    ("txt-1", "Patient.text.div", {**PATIENT, "text": {"status": "generated", "div": "<div><script>x</script></div>"}}),
    ("txt-2", "Patient.text.div", {**PATIENT, "text": {"status": "generated", "div": "<div> </div>"}}),
    ("dom-3", "Patient", {**PATIENT, "contained": [ORGANIZATION]}),
    (
        "dom-4",
        "Patient",
        {
            **PATIENT,
            "contained": [{**ORGANIZATION, "meta": {"versionId": "1"}}],
            "managingOrganization": {"reference": "#o"},
        },
    ),
    (
        "org-3",
        "Patient.contained[0]",
        {
            **PATIENT,
            "contained": [{**ORGANIZATION, "telecom": [{"use": "home", "system": "phone", "value": "1"}]}],
            "managingOrganization": {"reference": "#o"},
        },
    ),
    ("bdl-1", "Bundle", {"resourceType": "Bundle", "type": "collection", "total": 1}),
    ("bdl-3", "Bundle", {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": PATIENT}]}),
    (
        "bdl-7",
        "Bundle",
        {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:x", "resource": PATIENT}] * 2},
    ),
    (
        "obs-6",
        "Bundle.entry[0].resource",
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": {**OBSERVATION, "valueString": "x", "dataAbsentReason": {"text": "y"}}}],
        },
    ),
]


@pytest.mark.parametrize(("key", "path", "resource"), BROKEN)
def test_a_broken_invariant_is_told_with_its_element(key: str, path: str, resource: Json) -> None:
    issues = validate(resource)
    assert [(issue.expression, issue.severity) for issue in issues] == [(path, "error")]
    assert key in issues[0].diagnostics


@pytest.mark.parametrize(
    "resource",
    [
        {**OBSERVATION, "valueQuantity": QUANTITY},
        {**OBSERVATION, "valueString": "x", "component": [{"code": {"text": "other"}}]},
        {**PATIENT, "name": [{"text": "x", "period": {"start": "2020", "end": "2020-12-01T10:00:00+08:00"}}]},
        {**PATIENT, "contained": [ORGANIZATION], "managingOrganization": {"reference": "#o"}},
        {**PATIENT, "generalPractitioner": [{"display": "x"}]},
        {
            "resourceType": "PlanDefinition",
            "status": "draft",
            "contained": [{"resourceType": "Library", "id": "l", "status": "draft", "type": {"text": "x"}}],
            "library": ["#l"],
        },
    ],
)
def test_what_keeps_them_is_accepted(resource: Json) -> None:
    assert validate(resource) == []


def test_what_a_contained_resource_is_referred_by() -> None:
    def issues(organization: Json, **patient: Any) -> int:
        return len(validate({**PATIENT, "contained": [{**ORGANIZATION, **organization}], **patient}))

    assert issues({}) == 1
    assert issues({"partOf": {"reference": "#"}}) == 0
    assert issues({}, extension=[{"url": "u", "valueCanonical": "#o"}]) == 0
    assert issues({}, extension=[{"url": "u", "valueString": "#o"}]) == 1
    assert issues({}, managingOrganization={"reference": "Organization/o"}) == 1


def test_the_cost_stays_in_proportion() -> None:
    """Rules that look at the whole resource for each of its parts do so once."""
    contained = [{"resourceType": "Basic", "id": f"b{i}", "code": {"text": "x"}} for i in range(3000)]
    elements = [
        {"id": f"Patient.x{i}", "path": f"Patient.x{i}", "definition": "x", "min": 0, "max": "1"} for i in range(3000)
    ]
    structure = {
        "resourceType": "StructureDefinition",
        "url": "http://x",
        "name": "X",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://y",
        "derivation": "constraint",
        "snapshot": {
            "element": [{"id": "Patient", "path": "Patient", "definition": "x", "min": 0, "max": "1"}, *elements]
        },
    }
    started = time.process_time()
    assert [issue.diagnostics[-6:] for issue in validate({**PATIENT, "contained": contained})] == ["dom-3)"]
    assert {issue.expression for issue in validate(structure)} == {"StructureDefinition.snapshot"}  # no element.base
    assert time.process_time() - started < 5


def test_warnings_are_told_on_demand_only() -> None:
    value_set = {"resourceType": "ValueSet", "status": "draft", "name": "!"}
    assert validate(value_set) == []
    found = {(issue.severity, issue.diagnostics.partition("(")[2][:5]) for issue in validate(value_set, warnings=True)}
    assert found == {("warning", "dom-6"), ("warning", "vsd-0")}


def test_invariants_wait_for_a_sound_structure() -> None:
    broken = {**OBSERVATION, "valueString": "x", "dataAbsentReason": {"text": "y"}, "code": "not an object"}
    assert [issue.expression for issue in validate(broken)] == ["Observation.code"]


def test_every_invariant_of_every_type_compiles() -> None:
    count = 0
    waiting, seen = set(resource_types()), set[str]()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= {ref.name for e in type_definition(name).elements.values() for ref in e.types} - seen
        for rule in rules(name):
            expression(rule.expression)
            count += 1
    assert count > 800


@pytest.mark.parametrize(
    ("text", "present", "open"),
    [
        ("a.empty() or b.empty()", {"a"}, False),
        ("a.empty() or b.empty()", {"a", "b"}, True),
        ("a.exists() xor b.exists()", {"a"}, False),
        ("a.exists() xor b.exists()", {"a", "b"}, True),
        ("a.exists() implies b.exists()", {"a"}, True),
        ("a.exists() implies b.exists()", {"b"}, False),
        ("a.hasValue().not() or a <= b", {"b"}, False),
        ("a.hasValue().not() or b.hasValue().not() or a <= b", {"a", "b"}, True),
        ("a.all(x.exists())", set(), False),
        ("a.count() > 0", set(), True),
        ("Type.a.exists() = $this.b.exists()", {"a", "b"}, False),
        ("(a | b).exists()", {"b"}, False),
    ],
)
def test_presence_decides(text: str, present: set[str], open: bool) -> None:
    assert ("F" in outcomes(parse(text), present)) is open


def _objects(value: Json, type_name: str) -> list[tuple[Json, str]]:
    found = [(value, type_name)] if isinstance(value, dict) else []
    if isinstance(value, dict):
        for element in type_definition(value.get("resourceType", type_name)).elements.values():
            for key, ref in element.json_names().items():
                items = value.get(key)
                for item in items if isinstance(items, list) else [items]:
                    found += _objects(item, ref.name)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "Questionnaire-3141",
        "StructureDefinition-bp",
        "ValueSet-example-expansion",
        "Bundle-bundle-example",
        "Claim-MED-00050",
    ],
)
def test_what_presence_decides_is_what_evaluation_finds(name: str) -> None:
    """No rule that was left out as decided is false when it is evaluated all the same, also on thinned objects."""
    resource = example(name)
    env = Environment(resource=resource_node(resource), root=resource_node(resource))
    checked = 0
    for value, type_name in _objects(resource, resource["resourceType"]):
        for gone in [None, *value]:
            thin = {key: item for key, item in value.items() if key != gone or key == "resourceType"}
            decided = set(rules(type_name)) - set(Undecided(type_name).rules(thin, warnings=True))
            checked += len(decided)
            assert [r.key for r in decided if _holds(r, thin, type_name, env) is False] == []
    assert checked > 10


def _holds(rule: Rule, value: Json, type_name: str, env: Environment) -> bool | None:
    return expression(rule.expression).holds(element_node(value, type_name), env)
