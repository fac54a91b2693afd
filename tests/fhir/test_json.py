"""JSON that keeps decimals as they were written."""

import gzip
import json as stdlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.fhir import json


@pytest.mark.parametrize(
    "written",
    [
        "0.50",
        "1.0",
        "100",
        "1e2",
        "1.50E-3",
        "0.00000000",
        "12345678901234567890",
        "0.1234567890123456789",
        "-0.10",
        "5e-05",
    ],
)
def test_numbers_keep_their_written_precision(written: str) -> None:
    text = f'{{"value":{written},"text":"0.50 1e5"}}'.encode()
    value = json.loads(text)["value"]
    assert Decimal(value if isinstance(value, Decimal) else repr(value)) == Decimal(written)
    again = json.dumps(json.loads(text))
    assert Decimal(stdlib.loads(again, parse_float=str)["value"]).as_tuple() == Decimal(written).as_tuple()


def test_numbers_that_a_float_keeps_are_floats() -> None:
    assert type(json.loads(b'{"value": 176.35499866729558}')["value"]) is float


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a": NaN, "b": 1.50}', b'{"a": Infinity}', b'{"a": "\xff"}', b"[" * 100_000]
)
def test_what_is_not_json_is_told(text: bytes) -> None:
    with pytest.raises(json.JsonError, match="not JSON"):
        json.loads(text)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_round_trip(value: object) -> None:
    written = json.dumps(value)
    read = json.loads(written)
    assert json.dumps(read) == written


def test_synthea_comes_out_as_it_went_in(synthea: list[Path]) -> None:
    for path in synthea[:6]:
        text = gzip.decompress(path.read_bytes())
        as_written = stdlib.loads(text, parse_float=str, parse_int=str)
        assert stdlib.loads(json.dumps(json.loads(text)), parse_float=str, parse_int=str) == as_written


@pytest.mark.parametrize("exactly", ["1.10", "1.5"])
def test_half_a_character_is_refused_by_both_readers(exactly: str) -> None:
    for text in (f'{{"\\ud800": {exactly}}}', f'["\\udc00x", {exactly}]'):
        with pytest.raises(json.JsonError):
            json.loads(text)
    assert json.loads(f'["\\ud83d\\udc89", "\\\\ud800", {exactly}]')[:2] == ["💉", "\\ud800"]
