"""Search parameters that R4 does not have: what is refused, what is extracted, and that no set touches another."""

from datetime import UTC, datetime
from typing import Any

import pytest

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search import R4, SearchParameters, extract, parameters, parse_query
from xinglin.fhir.search.criteria import UnknownParameter
from xinglin.fhir.search.custom import definition_of, faults, in_force
from xinglin.fhir.search.known import Definition

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NATION = "http://hospital.example/nation"


def defined(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter",
        "url": "http://hospital.example/SearchParameter/nation",
        "name": "nation",
        "status": "active",
        "description": "To what nation somebody belongs",
        "code": "nation",
        "base": ["Patient"],
        "type": "token",
        "expression": f"Patient.extension('{NATION}').value",
        **changes,
    }


def part(code: str, expression: str) -> dict[str, str]:
    return {"definition": f"http://hl7.org/fhir/SearchParameter/{code}", "expression": expression}


def definition(**changes: Any) -> Definition:
    return definition_of(defined(**changes))


COMPOSITE: dict[str, Any] = {"type": "composite", "base": ["Observation"], "code": "kind-value"}


@pytest.mark.parametrize(
    ("changes", "element", "text"),
    [
        ({"code": "gender"}, "code", "gender is a search parameter of R4 on Patient, which can't be replaced"),
        ({"code": "_id"}, "code", "'_id' is not accepted"),
        ({"code": "na.tion"}, "code", "accepted are up to 64 letters"),
        ({"code": "near", "base": ["Location"], "expression": "Location.name"}, "code", "near is a search parameter"),
        ({"type": "special"}, "type", "Type special is not supported; accepted are composite, date"),
        ({"base": ["Patient", "Foo"]}, "base[1]", "Foo is not a resource type of FHIR R4"),
        ({"target": ["Foo"]}, "target[0]", "Foo is not a resource type"),
        ({"expression": None}, "expression", "An expression is needed"),
        ({"expression": "Patient.name.("}, "expression", "can't be used on Patient: expected"),
        ({"expression": "Patient.name.matches('x')"}, "expression", "matches() with 1 arguments is not supported here"),
        ({"expression": "Patient" + ".name" * 300}, "expression", "1,507 characters is not accepted; up to 1,000 are"),
        ({"expression": "Patient.nation"}, "expression", "'Patient.nation' leads to nothing on Patient"),
        ({"expression": "Patient.birthDate"}, "expression", "gives date on Patient, which is nothing that a token"),
        ({"type": "uri", "expression": "Patient.name"}, "expression", "nothing that a uri holds"),
        ({"base": ["Patient", "Group"]}, "expression", "leads to nothing on Group"),
        ({**COMPOSITE, "component": [part("clinical-code", "code")]}, "component", "other than two components"),
        (
            {
                **COMPOSITE,
                "expression": "Observation.component",
                "component": [part("x-nothing", "code"), part("Observation-value-quantity", "value")],
            },
            "component",
            "'nothing' is no search parameter of Observation",
        ),
        (
            {
                **COMPOSITE,
                "expression": "Observation.component",
                "component": [part("clinical-code", "code"), part("Observation-value-date", "value as dateTime")],
            },
            "component",
            "A composite of date, token within an element is not supported on Observation",
        ),
    ],
)
def test_refused(changes: dict[str, Any], element: str, text: str) -> None:
    resource = {key: value for key, value in defined(**changes).items() if value is not None}
    (issue,) = faults(resource)
    assert (issue.severity, issue.expression) == ("error", f"SearchParameter.{element}")
    assert text in issue.diagnostics


@pytest.mark.parametrize(
    "expression",
    [
        "Patient" + ".name.where(use.exists())" * 39,
        "Patient.id" + "|id" * 320,
        "Patient.name.where(" + "(" * 450 + "use" + ")" * 450 + ").use",
        "Patient.where(" + "name.where(" * 60 + "true" + ")" * 60 + ").gender",
        "Patient" + ".extension('a')" * 60 + ".value",
    ],
)
def test_what_is_as_deep_as_can_be_is_refused_or_can_be_evaluated(expression: str) -> None:
    resource = defined(expression=expression)
    if not faults(resource):
        known = SearchParameters([definition_of(resource)], "1")
        extension: dict[str, Any] = {"url": "a", "valueCode": "x"}
        for _ in range(60):
            extension = {"url": "a", "extension": [extension]}
        patient = {"resourceType": "Patient", "id": "a", "name": [{"use": "usual"}], "extension": [extension]}
        assert extract(patient, UTC, known).hashes >= extract(patient, UTC).hashes


def test_what_is_not_active_may_be_anything() -> None:
    assert faults(defined(status="draft", code="gender")) == []
    assert in_force(defined(status="retired")) is None
    assert in_force({"resourceType": "Patient", "status": "active"}) is None


def test_two_can_not_have_one_code_on_a_type() -> None:
    known = SearchParameters([definition(url="http://a")], "1")
    (issue,) = faults(defined(base=["DomainResource"], expression="DomainResource.meta.tag"), known)
    assert issue.diagnostics == "nation is a search parameter of Patient already, defined by http://a"
    assert faults(defined(base=["Group"], expression="Group.name", type="string"), known) == []


def test_a_set_adds_to_r4_and_leaves_it_as_it_is() -> None:
    known = SearchParameters([definition(), definition(url="http://b", code="b", base=["Resource"])], "1")
    assert known.of("Patient").keys() - parameters("Patient").keys() == {"nation", "b"}
    assert known.of("Observation").keys() - parameters("Observation").keys() == {"b"}
    assert R4.of("Patient") is parameters("Patient")
    assert "nation" not in parameters("Patient")
    assert not SearchParameters([definition()], "1").extended("Observation")
    assert known.of("Foo") == {}
    patient = {"resourceType": "Patient", "extension": [{"url": NATION, "valueCode": "han"}], "gender": "male"}
    assert extract(patient, UTC, known).hashes > extract(patient, UTC, R4).hashes
    assert extract(patient, UTC, SearchParameters((), "2")) == extract(patient)


def test_mentioned() -> None:
    known = SearchParameters([definition(), definition(code="a-b")], "1")
    for name, value in (("nation", "x"), ("nation:not", "x"), ("_sort", "-nation"), ("_has:Patient:link:nation", "x")):
        assert known.mentioned([(name, value)])
    for name, value in (("_include", "*"), ("_filter", "nation eq x"), ("a-b", "1"), ("link.nation", "1")):
        assert known.mentioned([(name, value)])
    assert not known.mentioned([("nationality", "x"), ("a-b-c", "x"), ("x-a-b", "x")])
    assert not R4.mentioned([("_include", "*")])


def test_one_that_is_being_indexed_can_not_be_asked_for() -> None:
    referring = definition(
        code="godparent", type="reference", target=["Patient"], expression="Patient.extension('http://g').value"
    )
    known = SearchParameters(
        [definition_of(defined(), ready=False), referring, definition_of(defined(code="b", base=["Person"]))], "1"
    )

    def parse(query: str, **options: Any) -> Any:
        return parse_query("Patient", query, now=NOW, zone=UTC, known=known, **options)

    for query in ("nation=x", "_sort=nation", "godparent.nation=x", "godparent:Patient.nation=x"):
        with pytest.raises(UnknownParameter, match=r"being indexed|_sort=nation"):
            parse(query)
    lenient = parse("nation=x&gender=male", lenient=True)
    assert len(lenient.filters) == 1
    assert "nation was left out: nation of Patient is new" in lenient.warnings[0].diagnostics
    with pytest.raises(BadRequest, match="accepted are"):
        parse("_include=Patient:nation")
