"""Lists as CSV files that a spreadsheet opens with the right characters and without running anything."""

import csv
import io
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, full-width forms included (OWASP, CSV injection)."""


def harmless(text: str) -> str:
    """`text` so that a spreadsheet shows it as text; plain numbers stay numbers."""
    if not text.startswith(FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as RFC 4180 CSV in UTF-8, with a byte order mark, without which Excel misreads Chinese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([harmless(text) for text in headings])
    writer.writerows([harmless(text) for text in row] for row in rows)
    return (BYTE_ORDER_MARK + buffer.getvalue()).encode()
