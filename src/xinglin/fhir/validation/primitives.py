"""Checks of primitive values (FHIR R4, Datatypes, Primitive Types): JSON type, format, range."""

import binascii
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache

from xinglin.fhir.definitions import type_definition
from xinglin.fhir.narrative import narrative_faults
from xinglin.fhir.types import Json
from xinglin.fhir.validation.faults import Context, Fault, Faults, listed, shown

Test = Callable[[Json], bool]

_MAX_STRING = 1024 * 1024
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_CALENDAR_TYPES = frozenset({"date", "dateTime", "instant"})
_LEAST = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
_FEW = frozenset({"uri", "canonical", "code", "date", "dateTime", "instant", "string"})
"""Types whose values come again and again, so that those found right are remembered: that is quicker than a pattern."""
_MOST_KNOWN = 20_000
_LONGEST_KNOWN = 100
_EXAMPLES = {
    "base64Binary": "Base64, such as TWFu",
    "boolean": "true or false",
    "canonical": "a URL without spaces, optionally with |version",
    "code": "text without leading, trailing or double spaces, such as final",
    "date": "YYYY, YYYY-MM or YYYY-MM-DD of a day that exists, such as 2026-02-28",
    "dateTime": "a date, or date and time with a zone, such as 2026-02-28T09:30:00+08:00",
    "decimal": "a JSON number, such as 0.50",
    "id": "1 to 64 letters, digits, '-' and '.'",
    "instant": "date and time to the second with a zone, such as 2026-02-28T09:30:00.000+08:00",
    "integer": "a whole number from -2147483648 to 2147483647",
    "markdown": "text that is not empty, without control characters",
    "oid": "urn:oid: and an object identifier, such as urn:oid:1.2.156",
    "positiveInt": "a whole number from 1 to 2147483647",
    "string": "text that is not empty, at most 1 MB, without control characters",
    "time": "hh:mm:ss, such as 09:30:00",
    "unsignedInt": "a whole number from 0 to 2147483647",
    "uri": "a URI without spaces",
    "url": "a URL without spaces",
    "uuid": "urn:uuid: and a UUID in lower case",
    "xhtml": "an XHTML <div>",
}


@cache
def primitive_check(name: str, binding: frozenset[str] | None = None) -> Callable[[Json, Context], Faults]:
    """The check of a primitive type; with `binding`, the value must also be one of these codes."""
    if name == "xhtml":
        return _check_narrative
    accepts = _test(name)
    accepted = f"accepted is {_EXAMPLES[name]}"
    known: set[str] = set()
    few = name in _FEW and binding is None

    def check(value: Json, _: Context) -> Faults:
        if few and value.__class__ is str and value in known:
            return None
        if accepts(value):
            if few and len(known) < _MOST_KNOWN and len(value) < _LONGEST_KNOWN:
                known.add(value)
            return None
        return [Fault("", "value", f"{shown(value)} is not of the type {name}; {accepted}")]

    if binding is None:
        return check
    codes = binding

    def check_bound(value: Json, context: Context) -> Faults:
        if value.__class__ is str and value in codes:
            return None
        if faults := check(value, context):
            return faults
        return [Fault("", "code-invalid", f"{shown(value)} is not among the codes accepted here: {listed(codes)}")]

    return check_bound


def _test(name: str) -> Test:
    if name == "boolean":
        return lambda value: value is True or value is False
    if name == "decimal":
        return _is_decimal
    if name in _LEAST:
        least = _LEAST[name]
        return lambda value: value.__class__ is int and least <= value < 2**31
    if name in ("string", "markdown"):
        return _is_text
    if name == "base64Binary":
        return _is_base64
    return _pattern(name)


def _pattern(name: str) -> Test:
    # The specification's \S lets control characters pass, which it forbids elsewhere (Datatypes, string).
    written = type_definition(name).regex or r"\S+"
    written = written.replace(r"[^\s]", r"\S").replace(r"\S", r"[^\s\x00-\x1f]")
    matches = re.compile(written, re.ASCII).fullmatch
    if name in _CALENDAR_TYPES:
        return lambda value: value.__class__ is str and matches(value) is not None and _day_exists(value)
    if name in ("uri", "url", "canonical"):
        # The specification's \S* would also let an empty text pass, which no FHIR element may be.
        return lambda value: value.__class__ is str and value != "" and matches(value) is not None
    return lambda value: value.__class__ is str and matches(value) is not None


def _day_exists(value: str) -> bool:
    if len(value) < 10 or value[8:10] <= "28":
        return True
    try:
        date(int(value[:4]), int(value[5:7]), int(value[8:10]))
    except ValueError:
        return False
    return True


def _is_decimal(value: Json) -> bool:
    kind = value.__class__
    return kind is float or kind is int or kind is Decimal


def _is_text(value: Json) -> bool:
    if value.__class__ is not str or not value or len(value) > _MAX_STRING:
        return False
    return value.isprintable() or _FORBIDDEN.search(value) is None


def _check_narrative(value: Json, _: Context) -> Faults:
    # Large code systems carry narratives above the 1 MB of a string, which is no limit of the type xhtml.
    if value.__class__ is not str or not value.lstrip().startswith("<div") or _FORBIDDEN.search(value):
        return [Fault("", "value", f"{shown(value)} is not of the type xhtml; accepted is {_EXAMPLES['xhtml']}")]
    return [Fault("", "invariant", f"{text} (txt-1, txt-2)") for text in narrative_faults(value)[:10]] or None


def _is_base64(value: Json) -> bool:
    if value.__class__ is not str or not value:
        return False
    try:
        binascii.a2b_base64("".join(value.split()).encode("ascii"), strict_mode=True)
    except ValueError:
        return False
    return True
