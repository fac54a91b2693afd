"""Separators in search values, and how they are escaped (FHIR R4, Search, Escaping Search Parameters)."""

import re

_SEPARATORS = {mark: re.compile(rf"(?<!\\)((?:\\\\)*){re.escape(mark)}") for mark in ",|$"}
_SPECIAL = re.compile(r"([\\,|$])")
_ESCAPE = re.compile(r"\\([\\,|$])")


def split(mark: str, value: str) -> list[str]:
    """The parts between unescaped separators (`,`, `|` or `$`), still escaped."""
    parts, start = [], 0
    for match in _SEPARATORS[mark].finditer(value):
        parts.append(value[start : match.end() - 1])
        start = match.end()
    return [*parts, value[start:]]


def alternatives(value: str) -> list[str]:
    """The values between unescaped commas, still escaped, without empty ones."""
    return [part for part in split(",", value) if part]


def unescaped(value: str) -> str:
    """A value without its escapes."""
    return _ESCAPE.sub(r"\1", value)


def escaped(value: str) -> str:
    """A value that stands for itself, whatever separators it holds."""
    return _SPECIAL.sub(r"\\\1", value)
