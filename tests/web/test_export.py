"""CSV that a spreadsheet shows and does not run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from xinglin.web.export import FORMULA, harmless, to_csv


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-21.60", "+3", "张三", "1-2", ""])
def test_numbers_and_plain_text_stay(text: str) -> None:
    assert harmless(text) == text


@given(
    some.lists(
        some.lists(some.text(some.characters(codec="utf-8", exclude_characters="\x00\r")), min_size=2, max_size=2)
    )
)
def test_every_cell_comes_back_and_none_begins_a_formula(rows: list[list[str]]) -> None:
    written = to_csv(["a", "b"], rows)
    assert written.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    for cell in (cell for row in read for cell in row if cell.startswith(FORMULA)):
        float(cell)
