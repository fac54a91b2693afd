"""The check digit of GB 11643-1999."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.capabilities.patients.identity_number import check_character, parse_identity_number

EXAMPLE = "11010519491231002X"
"""The example number of the standard's annex."""


def test_the_standard_s_example() -> None:
    number = parse_identity_number(EXAMPLE.lower())
    assert (number.value, number.birth_date.isoformat(), number.gender) == (EXAMPLE, "1949-12-31", "female")


@given(
    region=st.integers(110000, 659999),
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1)),
    sequence=st.integers(0, 999),
    position=st.integers(0, 17),
    wrong=st.integers(1, 9),
)
def test_one_wrong_digit_never_passes_as_the_same_person(
    region: int, born: date, sequence: int, position: int, wrong: int
) -> None:
    digits = f"{region}{born:%Y%m%d}{sequence:03d}"
    value = digits + check_character(digits)
    assert parse_identity_number(value).gender == ("male" if sequence % 2 else "female")
    changed = value[position]
    other = str((int(changed) + wrong) % 10) if changed.isdigit() else str(wrong)
    with pytest.raises(ValueError, match=r".+"):
        parse_identity_number(value[:position] + other + value[position + 1 :])


@pytest.mark.parametrize("text", ["", "1101051949123100", "110105194913310021", "11010519491231002A", "１" * 18])
def test_what_is_no_number_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_identity_number(text)
