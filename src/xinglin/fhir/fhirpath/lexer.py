"""Cuts a FHIRPath expression into tokens (FHIRPath 2.0, Lexical Elements)."""

import re
from typing import NamedTuple


class FhirPathError(ValueError):
    """The expression is not FHIRPath, or asks for what is not compiled here. The message names the place."""


class TooCostly(Exception):
    """The evaluation takes more steps than its `Allowance` has."""


class Token(NamedTuple):
    """`kind` is one of name, quoted (a name in backticks), string, number, date, constant, variable, symbol, end.

    `text` is without its quotes.
    """

    kind: str
    text: str
    at: int


_TIME = r"[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*|/\*.*?\*/)
    | (?P<date>@(?:TTIME|[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?(?:T(?:TIME(?:Z|[+\-][0-9]{2}:[0-9]{2})?)?)?))
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<quoted>`(?:[^`\\]|\\.)*`)
    | (?P<constant>%(?:[A-Za-z_][A-Za-z0-9_\-]*|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`))
    | (?P<variable>\$[A-Za-z]+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<symbol><=|>=|!=|!~|[.,()\[\]{}|&=~<>+\-*/])
    """.replace("TIME", _TIME),
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def tokens(expression: str) -> list[Token]:
    """The tokens of an expression, the last one of kind `end`. Raises `FhirPathError`."""
    found: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise FhirPathError(f"{expression[position]!r} at {position + 1} is not FHIRPath: {expression}")
        kind, text = match.lastgroup, match.group()
        if kind == "quoted":
            text = _unescaped(text[1:-1])
        elif kind == "constant" and text[1] in "'`":
            text = "%" + _unescaped(text[2:-1])
        elif kind == "string":
            text = _unescaped(text[1:-1])
        if kind != "space":
            found.append(Token(kind, text, position))
        position = match.end()
    found.append(Token("end", "", position))
    return found


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPED.get(escape, escape)

    return _ESCAPE.sub(character, text) if "\\" in text else text
