"""JSON for FHIR: as quick as orjson, and decimals keep the precision in which they were written.

FHIR R4, Datatypes, decimal: "the precision of the decimal value has significance: 0.010 is regarded as different to
0.01". A binary float forgets that. Nearly all numbers survive a float unchanged, so the text is read with orjson, and
only a document that holds a number which a float would change is read again with `Decimal` in its place.
"""

import json
import re
from decimal import Decimal
from typing import Any

import orjson

# What may be a number with a fraction, with an exponent, or an integer beyond 64 bits. A hit inside of a string does no
# harm: at worst the document is read by the slower, exact reader. The patterns start with literals, because Python
# finds those ten times as fast as character classes; for that, digits are looked at as zeros.
_END = rb"(?=\s*(?:[,\]}]|$))"
_FRACTION = re.compile(rb"\.[0-9]+" + _END)
_EXPONENT = re.compile(rb"0e[+-]?0+" + _END)
_LONG = re.compile(b"0" * 19 + b"0*" + _END)
_SHAPE = bytes.maketrans(b"123456789E", b"000000000e")
_NUMBER_BYTES = b"-+.0123456789"


class JsonError(ValueError):
    """The text is not JSON. The message names line and column."""


def loads(text: bytes | str) -> Any:
    """Reads JSON. Numbers become int (to 64 bits), float where that is exact in print, else `Decimal`.

    Raises `JsonError`, also for NaN and Infinity, which JSON does not have.
    """
    data = text.encode() if isinstance(text, str) else text
    try:
        if _survives_floats(data):
            return orjson.loads(data)
        value = json.loads(data, parse_float=_exact, parse_int=_exact_int, parse_constant=_refuse)
        if b"\\u" in data:
            _refuse_half_characters(value)
        return value
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        message = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise JsonError(f"This is not JSON: {message}") from error


def _refuse_half_characters(value: Any) -> None:
    """Raises UnicodeEncodeError for a surrogate without its other half, which orjson refuses and Python lets pass."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        for item in value:
            _refuse_half_characters(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            name.encode()
            _refuse_half_characters(item)


def dumps(value: Any, *, pretty: bool = False) -> bytes:
    """Writes JSON in UTF-8, compact or `pretty`. A `Decimal` keeps its digits. Raises TypeError for other types."""
    return orjson.dumps(value, default=_default, option=orjson.OPT_INDENT_2 if pretty else None)


def skimmed(text: bytes) -> Any:
    """Reads JSON that is known to be right, for those who look at its texts only: decimals may lose digits."""
    return orjson.loads(text)


def raw(text: bytes) -> Any:
    """A value that `dumps` writes as this JSON text, unread: for what is only passed on."""
    return orjson.Fragment(text)


def _survives_floats(data: bytes) -> bool:
    shape = data.translate(_SHAPE)
    if _EXPONENT.search(shape) or _LONG.search(shape):
        return False
    for match in _FRACTION.finditer(data):
        start, end = match.span()
        while start and data[start - 1] in _NUMBER_BYTES:
            start -= 1
        written = data[start:end].decode()
        try:
            if not _same_in_print(float(written), written):
                return False
        except ValueError:
            continue
    return True


def _exact(written: str) -> float | Decimal:
    number = float(written)
    return number if _same_in_print(number, written) else Decimal(written)


def _exact_int(written: str) -> int | Decimal:
    return int(written) if len(written) < 19 or -(2**63) <= Decimal(written) < 2**64 else Decimal(written)


def _same_in_print(number: float, written: str) -> bool:
    # repr and orjson differ in exponents only: 1e-07 and 1e-7.
    return repr(number) == written or orjson.dumps(number).decode() == written


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON number")


def _default(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        # Decimal's own form of 0.00000000 would be 0E-8; a positive exponent must stay, since it tells the precision.
        exponent = value.as_tuple().exponent
        written = format(value, "f") if isinstance(exponent, int) and exponent <= 0 else str(value)
        return orjson.Fragment(written.encode())
    raise TypeError(f"{type(value).__name__} is not JSON")
