"""Expressions of people who are not trusted: none takes longer, or makes more, than it may."""

import time

import pytest

from xinglin.fhir.fhirpath import Allowance, Environment, FhirPathError, TooCostly, evaluate, expression

PATIENT = {"resourceType": "Patient", "name": [{"given": [f"a{number}" for number in range(200)]}]}


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$", "([a-z]+)*[0-9]", "a*a*a*a*a*a*b", "(.*)(.*)(.*)=x"]
)
def test_a_regular_expression_takes_time_in_proportion_to_the_text(pattern: str) -> None:
    before = time.monotonic()
    assert evaluate(f"name.family.matches('{pattern}')", {**PATIENT, "name": [{"family": "a" * 100_000 + "!"}]}) == [
        False
    ]
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("pattern", ["(?=a)b", "(a)\\\\1", "((a{1,1000}){1,1000}){1,1000}", "(", "a{5000}"])
def test_what_can_not_be_matched_in_such_a_time_is_refused_with_the_reason(pattern: str) -> None:
    with pytest.raises(FhirPathError, match="not a regular expression that is accepted"):
        evaluate(f"'aab'.matches('{pattern}')", PATIENT)


@pytest.mark.parametrize(
    "text",
    [
        "name.given.where(%resource.name.given.where(%resource.name.given.where($this = 'x').exists()).exists())",
        "name.given.select(%resource.descendants()).select(%resource.descendants()).count()",
        "name.given.aggregate($total.combine($total).combine($this)).count()",
        "name.given.aggregate($total.replaceMatches('a', '$0$0'), 'a')",
        "name.given.aggregate(iif($total.length() < 900000, $total & $total, $total).replace('b', ''), 'a')",
        "descendants().all(%resource.descendants().all(%resource.descendants().all($this != 'x')))",
        "name.given.sort(%resource.name.given.where(%resource.name.given.where($this = 'x').exists()).count())",
        "repeat(%resource.descendants().where(%resource.descendants().where($this = 'x').exists()))",
    ],
)
def test_an_evaluation_ends_with_its_allowance(text: str) -> None:
    env = Environment(allowance=Allowance(20_000))
    with pytest.raises(TooCostly, match="more steps"):
        expression(text).items(PATIENT, env)
    assert expression("name.given.where($this = 'a7')").items(PATIENT, Environment(allowance=Allowance(1_000)))


@pytest.mark.parametrize(
    "text",
    [
        "name.given.aggregate($total & $total & 'a', 'a')",
        "name.given.aggregate($total + $total + 'a', 'a')",
        "name.given.aggregate($total.replace('a', 'aa'), 'a')",
        "name.given.aggregate($total.replaceMatches('a+', '$0$0'), 'a')",
        "name.given.aggregate(($total.combine($total)).join(), 'a')",
    ],
)
def test_no_text_grows_without_end(text: str) -> None:
    with pytest.raises(FhirPathError, match="too long; at most 1,000,000"):
        evaluate(text, PATIENT)


def test_groups_in_a_replacement() -> None:
    pattern = "(?P<month>[0-9]+)/(?P<day>[0-9]+)/([0-9]+)"
    assert evaluate(f"'11/30/1972 x'.replaceMatches('{pattern}', '$3-${{month}}-${{day}}')", PATIENT) == [
        "1972-11-30 x"
    ]
    with pytest.raises(FhirPathError, match="does not have"):
        evaluate(f"'11/30/1972'.replaceMatches('{pattern}', '${{year}}')", PATIENT)
    with pytest.raises(FhirPathError, match="does not have"):
        evaluate("'a'.replaceMatches('a', '$7')", PATIENT)
