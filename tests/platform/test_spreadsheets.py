"""Tables as files: what is written is read again, and nothing of it runs."""

import base64
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from xinglin.platform.spreadsheets import WORKBOOK, SpreadsheetError, read_table, write_workbook

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=["Cs"]), max_size=12)


def content(data: bytes) -> str:
    """A workbook as it comes from the browser."""
    return WORKBOOK + base64.b64encode(data).decode()


@given(st.lists(st.lists(TEXT.map(str.strip), min_size=2, max_size=2), min_size=1, max_size=5))
def test_texts_come_back_as_they_were(rows: list[list[str]]) -> None:
    read = read_table(content(write_workbook(["a", "b"], [["x", *row] for row in rows])), 100)
    # A number may come back in its shortest form; texts that are no numbers come back as they were.
    for (_number, cells), row in zip(read[1:], rows, strict=True):
        for cell, text in zip(cells[1:], row, strict=False):
            assert cell == text or float(cell) == float(text.removeprefix("¥ ").replace(",", ""))


def test_formulas_are_texts_and_codes_keep_their_zeros() -> None:
    data = write_workbook(["x"], [["=1+1"], ["007"], ["25.50"], ["123456789012345678"]])
    cells = [row[0] for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s", "s", "n", "s"]
    assert [cell.value for cell in cells] == ["=1+1", "007", 25.5, "123456789012345678"]


def test_a_workbook_that_unpacks_to_very_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 30_000_000)
    with pytest.raises(SpreadsheetError):
        read_table(content(packed.getvalue()), 10)
    with pytest.raises(SpreadsheetError):
        read_table("\n".join("x,y" for _ in range(20)), 10)
