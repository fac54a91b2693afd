"""Masks: what they leave, and that they never leave more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.store import masking
from xinglin.store.masking import mask, maskable


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("欧阳小明", "欧**明"),
        ("王", "王"),
        ("John Smith", "J**** S****"),
        ("Smith", "S****"),
    ],
)
def test_names(text: str, masked: str) -> None:
    assert masking.name(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("110105194912310021", "110***********0021"),
        ("13812345678", "138****5678"),
        ("12345678", "******78"),
        ("12345", "*****"),
    ],
)
def test_numbers(text: str, masked: str) -> None:
    assert masking.number(text) == masked


def test_addresses_and_mail() -> None:
    assert masking.address("北京市朝阳区建国路88号") == "北京市朝阳区****"
    assert masking.address("12号") == "****"
    assert masking.contact("wang.xm@example.cn") == "w****@example.cn"


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_mask_tells_at_most_half_of_a_number_and_two_characters_of_a_name(text: str) -> None:
    shown = sum(a == b and a != "*" for a, b in zip(masking.number(text), text, strict=True))
    assert shown <= max(7, 2)
    assert shown * 11 <= len(text) * 7
    if " " not in text and not text.isascii() and text.split() == [text]:
        assert sum(c != "*" for c in masking.name(text)) <= 2


PATIENT = {
    "identifier": [
        {"use": "usual", "system": "urn:mr", "value": "00000007"},
        {"system": "urn:id", "value": "110105194912310021", "assigner": {"display": "x"}, "extension": [{"url": "u"}]},
    ],
    "name": [{"family": "王", "given": ["小明"], "text": "王小明", "_text": {"id": "secret"}, "suffix": ["II"]}],
    "address": [{"city": "北京市", "line": ["建国路88号", ""], "postalCode": "100025", "text": "北京市建国路88号"}],
    "contact": [
        {
            "relationship": [{"text": "mother"}],
            "name": {"text": "李四光"},
            "telecom": [{"system": "phone", "value": "13987654321"}],
            "organization": {"display": "somewhere"},
            "extension": [{"url": "u", "valueString": "secret"}],
        }
    ],
}


def test_a_patient() -> None:
    assert {name: mask("Patient", name, value) for name, value in PATIENT.items()} == {
        "identifier": [
            {"use": "usual", "system": "urn:mr", "value": "00000007"},
            {"system": "urn:id", "value": "110***********0021"},
        ],
        "name": [{"family": "王", "given": ["**"], "text": "王*明"}],
        "address": [{"city": "北京市", "line": ["建国路****"], "text": "北京市建****"}],
        "contact": [
            {
                "relationship": [{"text": "mother"}],
                "name": {"text": "李*光"},
                "telecom": [{"system": "phone", "value": "139****4321"}],
            }
        ],
    }


def test_what_has_no_mask_is_not_shown() -> None:
    assert mask("Patient", "birthDate", "2000-01-01") is None
    assert mask("Patient", "nothing", "x") is None
    assert mask("Patient", "name", ["not a name"]) is None
    assert not maskable("Patient", "deceased")
    assert maskable("Practitioner", "telecom")
    assert maskable("Organization", "contact")
    assert maskable("Location", "address")
