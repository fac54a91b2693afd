"""The search grammar: what a query asks for, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.search import Query, parameters, parse_query
from xinglin.fhir.search.dates import span
from xinglin.fhir.search.query import DateFilter, IdFilter, Include, Sort, StringFilter, TermFilter
from xinglin.fhir.search.terms import name_number, parameter_number, reference_term, term

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def parse(type_name: str, query: str) -> Query:
    return parse_query(type_name, query, now=NOW, zone=UTC)


def terms(type_name: str, code: str, *values: str) -> TermFilter:
    return TermFilter(tuple(term(type_name, code, value) for value in values))


def refers(type_name: str, code: str, *targets: str) -> TermFilter:
    return TermFilter(tuple(reference_term(type_name, code, target) for target in targets))


def test_and_by_repetition_or_by_comma() -> None:
    query = parse("Observation", "code=a,http://l|b&code=|c&subject=Patient/1")
    assert query.filters == (
        terms("Observation", "code", "*|a", "http://l|b"),
        terms("Observation", "code", "|c"),
        refers("Observation", "subject", "Patient/1"),
    )


def test_escaped_separators_belong_to_the_value() -> None:
    (wanted,) = parse("Patient", r"identifier=a\,b\|c,s|d\\").filters
    assert wanted == terms("Patient", "identifier", "*|a,b|c", "s|d\\")


def test_a_reference_without_a_type_may_be_of_any_target() -> None:
    (about,) = parse("Observation", "patient=1").filters
    assert about == replace(refers("Observation", "patient", "Patient/1"), patient=name_number("Patient/1"))
    (wanted,) = parse("Observation", "subject=1").filters
    assert isinstance(wanted, TermFilter)
    assert set(wanted.terms) == {
        reference_term("Observation", "subject", f"{t}/1") for t in ("Device", "Group", "Location", "Patient")
    }
    assert parse("Observation", "subject:Device=1").filters == (refers("Observation", "subject", "Device/1"),)
    identifier = refers("Observation", "subject", ":identifier=s|7")
    assert parse("Observation", "subject:identifier=s|7").filters == (identifier,)


def test_dates_with_prefixes() -> None:
    number = parameter_number("Patient", "birthdate")
    assert parse("Patient", "birthdate=ge2020,1999-01").filters == (
        DateFilter(number, (("ge", span("2020")), ("eq", span("1999-01")))),
    )
    assert parse("Patient", "_lastUpdated=lt2020").filters == (DateFilter(None, (("lt", span("2020")),)),)
    plus = parse("Encounter", "date=2020-01-01T00:00:00 08:00").filters  # + is a space where a URL was not encoded
    assert plus == parse("Encounter", "date=2020-01-01T00:00:00%2B08:00").filters


def test_ap_widens_by_a_tenth_of_the_distance() -> None:
    (wanted,) = parse("Patient", "birthdate=ap2016-11-23").filters
    assert isinstance(wanted, DateFilter)
    ((_, found),) = wanted.spans
    assert 360 < (span("2016-11-23").low - found.low).days < 370


def test_strings_ids_and_modifiers() -> None:
    number = parameter_number("Patient", "name")
    assert parse("Patient", "name=MÜ,li").filters == (StringFilter(number, ("mu", "li")),)
    pairs = ((term("Patient", "name", "~阳"),),)
    assert parse("Patient", "name:contains=阳").filters == (StringFilter(number, ("阳",), anywhere=True, pairs=pairs),)
    assert parse("Patient", "name:exact=Mü").filters == (terms("Patient", "name", "=Mü"),)
    assert parse("Patient", "_id=a,b").filters == (IdFilter(("a", "b")),)
    negated = TermFilter((term("Patient", "gender", "*|male"),), negated=True)
    assert parse("Patient", "gender:not=male").filters == (negated,)


def test_result_parameters() -> None:
    query = parse(
        "Observation",
        "_sort=-date,_lastUpdated&_count=7&_total=accurate&_include=Observation:subject:Patient"
        "&_revinclude=DiagnosticReport:result&_cursor=x",
    )
    assert query.sort == (Sort("date", True, parameter_number("Observation", "date")), Sort("updated", False))
    assert (query.count, query.total, query.cursor) == (7, True, "x")
    assert query.includes == (Include("Observation", "subject", "Patient"),)
    assert query.revincludes == (Include("DiagnosticReport", "result"),)
    assert parse("Observation", "_count=999999").count == 1000


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("foo=1", "no search parameter foo; accepted are: _contained, _containedType, _content, _count"),
        (
            "gender:exact=x",
            "modifiers of a token parameter are: :missing, :not, :text, :in, :not-in, :of-type, :above, :below",
        ),
        ("birthdate:not=2020", "modifiers of a date parameter are: :missing"),
        ("birthdate:missing=maybe", "accepted are true and false"),
        ("identifier:of-type=a|b", "accepted is system|code|value"),
        ("birthdate=yesterday", "accepted is YYYY"),
        ("birthdate=xx2020", "accepted is YYYY"),
        ("identifier=|", "neither system nor code"),
        ("identifier=", "has no value"),
        ("name=%20", "without any letter"),
        ("organization.foo=x", "Organization has no search parameter foo"),
        ("organization:Foo.name=x", "Foo is not a resource type"),
        ("organization:Patient.name=x", "never refers to Patient"),
        ("name.given=x", "name of Patient is no reference"),
        ("_has:Observation:code=x", "accepted is _has:Type:reference:parameter"),
        ("_has:Foo:patient:code=x", "Foo is not a resource type"),
        ("_has:Observation:device:code=x", "never refers to Patient"),
        ("_has:Observation:code:code=x", "code of Observation is no reference"),
        ("link.link.link.link.link.link.link.link.link.gender=male", "Chains of more than 8 steps"),
        ("_list=$current-problems", "accepted are the id of a List"),
        ("_contained=all", "accepted are false, true, both"),
        ("_containedType=all", "accepted are container, contained"),
        ("_contained=true&_include=Patient:link", "not supported with _include and _revinclude"),
        ("_contained=both&_text=pain", "not supported with _text and _content"),
        ("_summary=short", "accepted are true, text, data, count, false"),
        ("_elements=nothing", "no element of Patient"),
        ("general-practitioner=Foo/1", "not a resource type"),
        ("general-practitioner:Practitioner=Patient/1", "contradicts"),
        ("_count=many", "_count=many"),
        ("_count=-1", "_count=-1"),
        ("_sort=foo", "accepted are: _id, _lastUpdated"),
        ("_total=yes", "accepted are none"),
        ("_include=Patient:foo", "accepted are: Patient:general-practitioner"),
        ("_include=Observation:subject", "includes by parameters of Patient"),
        ("_include:recurse=Patient:link", "accepted is :iterate"),
        ("_revinclude=Observation:subject:Foo", "not a resource type"),
        ("_id:exact=1", "without a modifier"),
        ("_id=", "with a value"),
        ("_query=x", "no search parameter _query"),
    ],
)
def test_refused_with_what_is_accepted(query: str, text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        parse("Patient", query)
    assert text in str(raised.value)


def test_unknown_types_are_not_found() -> None:
    with pytest.raises(NotFound):
        parse("Foo", "")


def test_only_indexed_parameters_are_offered() -> None:
    assert {"code", "date", "subject", "patient", "_tag", "_profile"} <= parameters("Observation").keys()
    assert {"value-quantity", "code-value-quantity", "combo-code-value-quantity"} <= parameters("Observation").keys()
    assert parameters("Location")["near"].type == "special"
    assert len(parameters("MolecularSequence")["chromosome-variant-coordinate"].foci[0].components) == 3
    assert parameters("Foo") == {}
