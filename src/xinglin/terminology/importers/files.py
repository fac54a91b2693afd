"""Opens the files of a release, be they alone, in a folder or in a .zip, and reads them as tables."""

import csv
import fnmatch
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

LARGEST = 16 * 1024**3
"""Bytes that a file may have once it is unpacked; SNOMED CT's largest has about 1 GiB."""
LARGEST_TEXT = 256 * 1024**2
"""Bytes of a file that is read as a whole."""


class ImportFault(Exception):
    """A file is not what its kind expects; the message names the file, the line and what is accepted."""


@contextmanager
def opened(path: Path, *patterns: str) -> Iterator[list[BinaryIO]]:
    """The files whose names fit each pattern, in their order: from a folder, a .zip, or `path` itself for the first.

    Raises `ImportFault` where one is missing, or where a pattern fits several.
    """
    if path.is_dir():
        names = {str(file.relative_to(path)): file for file in path.rglob("*") if file.is_file()}
        handles: list[BinaryIO] = [names[_sole(path, names, pattern)].open("rb") for pattern in patterns]
        yield from _closing(handles)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = {name: name for name in archive.namelist()}
            # What is unpacked is cut off at the size that the archive tells.
            if large := [each.filename for each in archive.infolist() if each.file_size > LARGEST]:
                raise ImportFault(f"{path.name}: {large[0]} is larger than {LARGEST:,} bytes, the most that is read")
            # A ZipExtFile reads like any binary file.
            yield from _closing([archive.open(_sole(path, members, p)) for p in patterns])  # type: ignore[misc]
    elif path.is_file() and len(patterns) == 1:
        yield from _closing([path.open("rb")])
    elif path.is_file():
        raise ImportFault(f"{path.name} is one file; accepted is the folder or .zip with {', '.join(patterns)}")
    else:
        raise ImportFault(f"{path} is not there")


def _closing(handles: list[BinaryIO]) -> Iterator[list[BinaryIO]]:
    try:
        yield handles
    finally:
        for handle in handles:
            handle.close()


def _sole(path: Path, names: dict[str, object] | dict[str, str] | dict[str, Path], pattern: str) -> str:
    found = [name for name in names if fnmatch.fnmatch(PurePosixPath(name.replace("\\", "/")).name, pattern)]
    if len(found) != 1:
        what = "has no" if not found else f"has {len(found)} files like"
        raise ImportFault(f"{path.name} {what} {pattern}")
    return found[0]


def decoded(handle: BinaryIO) -> io.StringIO:
    """The text of a file in UTF-8 or, as Chinese publishers write, GB 18030. Raises `ImportFault`."""
    content = handle.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise ImportFault(f"The file has more than {LARGEST_TEXT:,} bytes, the most that is read")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return io.StringIO(content.decode(encoding), newline="")
        except UnicodeDecodeError:
            continue
    raise ImportFault("The file is neither in UTF-8 nor in GB 18030")


def table(handle: BinaryIO, *columns: str, delimiter: str = ",", quoted: bool = True) -> Iterator[dict[str, str]]:
    """The rows of a table in UTF-8 whose first line names its columns; closes the file after the last row.

    Raises `ImportFault` where a column is missing or a line can't be read.
    """
    with io.TextIOWrapper(handle, encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
        try:
            there = list(reader.fieldnames or ())
            missing = [column for column in columns if column not in there]
            if missing:
                raise ImportFault(f"The table has no column {', '.join(missing)}; it has {', '.join(there)}")
            yield from reader
        except (csv.Error, UnicodeDecodeError) as error:
            raise ImportFault(f"Line {reader.line_num}: {error}") from error
