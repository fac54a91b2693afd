"""The grammar of FHIRPath."""

from xml.etree import ElementTree as ET

import pytest

from tests.shared_data import shared_folder
from xinglin.fhir.fhirpath import FhirPathError, parse
from xinglin.fhir.fhirpath.parser import Binary, Call, Literal, Member, Name, TypeTest, Unary


def test_precedence() -> None:
    assert parse("a or b and c = d") == Binary(
        "or", Name("a"), Binary("and", Name("b"), Binary("=", Name("c"), Name("d")))
    )
    assert parse("a | b = c") == Binary("=", Binary("|", Name("a"), Name("b")), Name("c"))
    assert parse("a - b - c") == Binary("-", Binary("-", Name("a"), Name("b")), Name("c"))
    assert parse("-a.b") == Unary("-", Member(Name("a"), "b"))


def test_types_lose_their_namespace() -> None:
    assert parse("a is FHIR.Patient") == TypeTest("is", Name("a"), "Patient")
    assert parse("a.as(Quantity)") == Call(Name("a"), "as", (Name("Quantity"),))


def test_strings_are_unescaped() -> None:
    assert parse(r"'it\'s\nA'") == Literal("it's\nA", "String")


def test_comments_and_spaces() -> None:
    assert parse("a // b\n . /* c */ d") == Member(Name("a"), "d")


def test_a_hostile_expression_is_refused() -> None:
    with pytest.raises(FhirPathError, match="nested too deeply"):
        parse("(" * 5000 + "a" + ")" * 5000)


def test_all_official_expressions_parse() -> None:
    folder = shared_folder("conformance")
    if folder is None:
        pytest.skip("no FHIRPath tests: put them beside the checkout or set XINGLIN_SHARED_DATA")
    failed = []
    for test in ET.parse(folder / "fhirpath-r4.xml").iter("test"):
        expression = test.find("expression")
        if expression is not None and expression.text and not expression.get("invalid"):
            try:
                parse(expression.text)
            except FhirPathError as error:
                failed.append(str(error))
    assert failed == []
