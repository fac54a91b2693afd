"""FHIR's XML form, to and from JSON."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.examples import examples
from xinglin.fhir import json, xml
from xinglin.fhir.outcome import BadRequest

DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a">1 &lt; 2<br/></p>\n</div>'
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "text": {"status": "generated", "div": DIV},
    "contained": [{"resourceType": "Organization", "id": "o", "name": 'A & "B" <C>\n\té 中'}],
    "extension": [{"url": "http://x", "valueDecimal": Decimal("1.50")}],
    "active": True,
    "name": [
        {
            "id": "n",
            "given": ["A", None, "C"],
            "_given": [{"id": "g"}, {"extension": [{"url": "u", "valueCode": "x"}]}, None],
        }
    ],
    "_birthDate": {"extension": [{"url": "u", "valueString": "y"}]},
    "multipleBirthInteger": 2,
    "managingOrganization": {"reference": "#o"},
}


def test_all_official_examples_come_back_equal() -> None:
    seen = 0
    for name, text in examples():
        resource = json.loads(text)
        assert xml.loads(xml.dumps(resource)) == resource, name
        if seen % 10 == 0:
            assert xml.loads(xml.dumps(resource, pretty=True)) == resource, name
        seen += 1
    assert seen == 5306


def test_every_peculiarity_comes_back() -> None:
    document = xml.dumps(PATIENT)
    assert xml.loads(document) == PATIENT
    assert b'<valueDecimal value="1.50"/>' in document
    assert DIV.encode() in document


def test_pretty_puts_each_element_on_a_line_and_leaves_narratives_alone() -> None:
    lines = xml.dumps(PATIENT, pretty=True).decode().split("\n")
    assert lines[:4] == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<Patient xmlns="http://hl7.org/fhir">',
        '  <id value="p"/>',
        "  <text>",
    ]
    assert '    <given value="A" id="g"/>' in lines or '    <given id="g" value="A"/>' in lines
    assert lines[-2:] == ["</Patient>", ""]
    assert DIV in "\n".join(lines)


def test_elements_stand_in_the_order_of_the_definition() -> None:
    shuffled = dict(reversed(PATIENT.items()))
    assert xml.dumps(shuffled) == xml.dumps(PATIENT)
    document = xml.dumps(PATIENT).decode()
    order = [
        "<id ",
        "<text>",
        "<contained>",
        "<extension ",
        "<active ",
        "<name id",
        "<birthDate>",
        "<managingOrganization>",
    ]
    places = [document.index(tag) for tag in order]
    assert places == sorted(places)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), include_characters="\n\t\r"), min_size=1))
def test_any_text_comes_back(text: str) -> None:
    text = text.replace("\ufffe", "").replace("\uffff", "") or "x"
    resource = {"resourceType": "Patient", "name": [{"text": text}]}
    assert xml.loads(xml.dumps(resource)) == resource


def document(inner: str, attributes: str = 'xmlns="http://hl7.org/fhir"') -> str:
    """A Patient on two lines."""
    return f"<Patient {attributes}>\n{inner}</Patient>"


BAD = [
    (document('<nope value="x"/>'), "line 2: Patient has no element nope", "Patient.nope"),
    (document("<name>\n<family>A</family></name>"), "line 3: family may not hold text", "Patient.name.family"),
    (document('<active value="yes"/>'), "line 2: 'yes' is not of the type boolean", "Patient.active"),
    (document('<multipleBirthInteger value="01"/>'), "'01' is not of the type integer", "Patient.multipleBirthInteger"),
    (document('<active value="true" x="1"/>'), "active has no attribute x", "Patient.active"),
    (document('<active value="true"/><active value="true"/>'), "active does not repeat", "Patient.active"),
    (document("<active/>"), "neither a value nor extensions", "Patient.active"),
    (document("<name/>"), "name is empty", "Patient.name"),
    (document('<name xmlns="urn:x"/>'), "must be of the namespace", "Patient.name"),
    (document("<contained><Nope/></contained>"), "Nope of the namespace", "Patient.contained"),
    (document("", "xmlns='urn:x'"), "Patient of the namespace 'urn:x'", None),
    (document("<text><div>x</div></text>"), "the narrative must be", "Patient.text.div"),
    (document("<name>"), "This is not XML: mismatched tag: line 2", None),
    ("", "no element found", None),
    ('<?xml version="1.0" encoding="UTF-16"?>' + document(""), "UTF-16 is not accepted", None),
    ('<!DOCTYPE Patient [<!ENTITY a "b">]>' + document(""), "line 1: a document type", None),
    (document("<contact>" * 3), "no element contact", "Patient.contact.contact"),
]


@pytest.mark.parametrize(("text", "reason", "path"), BAD)
def test_what_is_wrong_is_told_with_line_and_element(text: str, reason: str, path: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        xml.loads(text)
    (issue,) = caught.value.issues
    assert reason in issue.diagnostics
    assert issue.expression == path


def test_depth_is_bounded() -> None:
    deep = "<item>" * 5000
    with pytest.raises(BadRequest, match="nested too deeply"):
        xml.loads(f'<Questionnaire xmlns="http://hl7.org/fhir">{deep}')


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({"resourceType": "Nope"}, None),
        ({"resourceType": "Patient", "nope": 1}, "Patient.nope"),
        ({"resourceType": "Patient", "name": [{"family": {"a": 1}}]}, "Patient.name[0].family"),
        ({"resourceType": "Patient", "name": ["x"]}, "Patient.name[0]"),
        ({"resourceType": "Patient", "text": {"div": "x"}}, "Patient.text.div"),
        ({"resourceType": "Bundle", "entry": [{"resource": {"x": 1}}]}, "Bundle.entry[0].resource"),
    ],
)
def test_what_can_not_be_written_is_refused(resource: dict[str, Any], path: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        xml.dumps(resource)
    assert caught.value.issues[0].expression == path


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_documents_are_refused_or_read_but_never_crash(data: st.DataObject) -> None:
    text = bytearray(xml.dumps(PATIENT))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    with suppress(BadRequest):
        assert "resourceType" in xml.loads(bytes(text))
