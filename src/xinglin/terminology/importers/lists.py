"""Lists of codes and names, as ICD-10, ICD-9-CM-3 and ATC are given out: plain lines, or tables with a heading.

Whatever code is listed and is the longest beginning of another code is its parent: A00.000 of A00.000x001, A01 of A01A.
"""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from xinglin.terminology.concepts import Definition
from xinglin.terminology.importers.files import ImportFault, decoded, opened

_CODE = re.compile(r"(?:atc[ _]?)?code|.*(?:主要|疾病|诊断|手术|操作|医保|国临)?(?:编码|代码)", re.IGNORECASE)
_NAME = re.compile(r"(?:atc[ _]?(?:level[ _]?)?)?name|.*名称", re.IGNORECASE)
_LINE = re.compile(r"(\S+)[ \t]+(\S.*)")


def read(path: Path) -> Iterator[Definition]:
    """The concepts of a list. Raises `ImportFault` that names the line."""
    with opened(path, "*") as (file,):
        text = decoded(file)
    rows = list(_rows(text))
    if not rows:
        raise ImportFault(f"{path.name} holds no codes")
    codes = {code for code, _ in rows}
    for code, name in rows:
        parent = _parent(code, codes)
        yield Definition(code, name, parents=(parent,) if parent else ())


def _parent(code: str, codes: set[str]) -> str | None:
    return next((code[:end] for end in range(len(code) - 1, 0, -1) if code[:end] in codes), None)


def _rows(text: StringIO) -> Iterator[tuple[str, str]]:
    first = text.readline()
    text.seek(0)
    delimiter = next((mark for mark in ("\t", ",", ";") if mark in first and _heading(first, mark)), None)
    if delimiter is None:
        yield from _lines(text)
        return
    reader = csv.reader(text, delimiter=delimiter)
    code, name = _heading(",".join(next(reader)), ",") or (0, 1)
    for row in reader:
        if any(cell.strip() for cell in row):
            if max(code, name) >= len(row) or not row[code].strip() or not row[name].strip():
                raise ImportFault(f"Line {reader.line_num} has no code or no name")
            yield row[code].strip(), row[name].strip()


def _heading(line: str, delimiter: str) -> tuple[int, int] | None:
    """The columns of code and name, where a line is a heading: the last ones, since a table that also lists chapters
    goes from the general to the particular."""
    cells = [cell.strip().strip('"') for cell in line.strip().split(delimiter)]
    codes = [i for i, cell in enumerate(cells) if _CODE.fullmatch(cell) and not cell.startswith("附加")]
    names = [i for i, cell in enumerate(cells) if _NAME.fullmatch(cell)]
    return (codes[-1], names[-1]) if codes and names else None


def _lines(text: StringIO) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text, 1):
        if line.strip():
            match = _LINE.fullmatch(
                line.strip().replace(",", " ", 1) if "," in line.split(None, 1)[0] else line.strip()
            )
            if match is None:
                raise ImportFault(f"Line {number} has no code or no name: {line.strip()[:60]!r}")
            yield match[1], match[2]
