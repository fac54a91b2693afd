"""Tables as files: CSV and Excel workbooks read into rows of texts, and rows written as a workbook."""

import base64
import binascii
import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from xinglin.platform.i18n import gettext as _

WORKBOOK = "data:application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;base64,"
"""How the content of a workbook begins where it comes as a text (RFC 2397)."""
LARGEST = 20_000_000
"""Bytes that a workbook may have when it is unpacked: a small one can unpack to very much."""

Line = tuple[int, list[str]]


class SpreadsheetError(ValueError):
    """A file is no table; the message says why, for people."""


def read_table(content: str, most: int) -> list[Line]:
    """The rows of a file that hold anything, with their numbers from 1 on, every cell as a text.

    `content` is CSV, or a workbook as a data URL, of which the first sheet is read. Raises `SpreadsheetError` for what
    is neither, and for more than `most` rows.
    """
    rows = _workbook(content, most) if content.startswith("data:") else _csv(content)
    filled = [(number, row) for number, row in rows if any(row)]
    if len(filled) > most:
        raise SpreadsheetError(_("A file may hold at most {most} lines").format(most=most))
    return filled


def _csv(content: str) -> list[Line]:
    reader = csv.reader(io.StringIO(content.lstrip("\ufeff")))
    try:
        return [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        text = _("Line {number}: {text}").format(number=reader.line_num, text=error)
        raise SpreadsheetError(text) from error


def _workbook(content: str, most: int) -> list[Line]:
    try:
        data = base64.b64decode(content.partition(",")[2], validate=True)
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                raise SpreadsheetError(_("The workbook is too large"))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # A sheet may claim a million rows of which hardly one is filled.
        sheet.reset_dimensions()
        lines = sheet.iter_rows(max_row=most + 2, values_only=True)
        return [(number, [_text(cell) for cell in row]) for number, row in enumerate(lines, 1)]
    except (
        binascii.Error,
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        IndexError,
        ValueError,
        OSError,
    ) as error:
        if isinstance(error, SpreadsheetError):
            raise
        raise SpreadsheetError(_("This is no workbook that can be read; save it as .xlsx or CSV")) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time().isoformat() == "00:00:00":
        return value.date().isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def write_workbook(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook with one sheet; numbers are numbers, all else is text and never a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([_heading(sheet, text) for text in headings])
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _heading(sheet: Any, text: str) -> Cell:
    cell = _cell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, text: str) -> Cell:
    """A number of ordinary form as such; a code with leading zeros, or a long one, stays the text that it is."""
    cell = WriteOnlyCell(sheet)
    plain = text.removeprefix("¥ ").replace(",", "")
    whole, _dot, part = plain.removeprefix("-").partition(".")
    number = whole.isascii() and whole.isdecimal() and len(whole) < 12 and (whole == "0" or not whole.startswith("0"))
    if number and (not part or (part.isascii() and part.isdecimal())):
        cell.value = float(plain) if part else int(plain)
        if part:
            cell.number_format = "0.00" if len(part) == 2 else "General"
    else:
        cell.value = _storable(text)
        cell.data_type = "s"
    return cell


def _storable(text: str) -> str:
    """Without the control characters that XML can't hold."""
    return "".join(sign for sign in text if sign in "\t\n\r" or sign >= " ")
