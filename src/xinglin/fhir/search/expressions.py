"""The grammar of `_filter` (FHIR R4, Search, _filter Parameter), read into the same filters as plain parameters.

filter     = or ; or = and ("or" and)* ; and = unit ("and" unit)*
unit       = "not" "(" filter ")" | "(" filter ")" | path operator value
path       = parameter ("." path)? | parameter "[" filter "]" "." path

A filter in brackets is one on what the parameter refers to: `subject[gender eq female].name co "li"` asks for one and
the same patient.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.query import AllOf, AnyOf, Filter, Not


class Reading(Protocol):
    """Reads criteria on one type."""

    def read(self, name: str, value: str) -> Filter:
        """The filter of `name:modifier` and an escaped value."""

    def through(self, name: str, meaning: "Meaning") -> Filter:
        """The filter for what is referred to by `name`, or `name:Type`, and is what `meaning` asks for."""


Meaning = Callable[[Reading], Filter]
"""A part of an expression, which becomes a filter for a type."""

OPERATORS = (
    *("eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "pr", "po", "ss", "sb", "in", "ni", "re"),
)
"""The operators of R4, all of which are implemented."""

EQUAL = "eq"
"""The modifier by which the operator eq is handed on: strings are then compared as a whole."""

ENDS, OVERLAPS = "ew", "po"
"""The modifiers by which these operators are handed on; no plain parameter can have them."""

_DEEPEST = 32
_LEXEME = re.compile(r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<word>[^\s()\[\]"]+))""", re.DOTALL)


class _Lexeme(NamedTuple):
    kind: str
    text: str
    at: int


def parse_filter(text: str) -> Meaning:
    """What a `_filter` expression means on whatever type it is read for. Raises `BadRequest` that names the place."""
    parser = _Parser(text)
    found = parser.either(0)
    parser.end()
    return found


def _lexemes(text: str) -> Iterator[_Lexeme]:
    position = 0
    while text[position:].strip():
        match = _LEXEME.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            raise BadRequest(f"_filter can't be read at character {len(text) - len(rest) + 1}: {rest[:20]!r}")
        kind = str(match.lastgroup)
        yield _Lexeme(kind, match[kind], match.start(kind))
        position = match.end()


class _Parser:
    """Recursive descent over the lexemes."""

    def __init__(self, text: str) -> None:
        self.lexemes = [*_lexemes(text), _Lexeme("end", "the end", len(text))]
        self.position = 0

    @property
    def next(self) -> _Lexeme:
        return self.lexemes[self.position]

    def refuse(self, wanted: str) -> BadRequest:
        return BadRequest(f"_filter: {wanted} is expected at character {self.next.at + 1}, not {self.next.text}")

    def taken(self, *texts: str) -> bool:
        """Whether the next lexeme is one of these words or marks; then it is passed."""
        found = self.next.kind in ("word", "mark") and self.next.text in texts
        self.position += found
        return found

    def end(self) -> None:
        if self.next.kind != "end":
            raise self.refuse("and, or, or the end")

    def either(self, depth: int) -> Meaning:
        if depth > _DEEPEST:
            raise BadRequest(f"_filter is nested deeper than {_DEEPEST}", code="too-costly")
        found = [self.both(depth)]
        while self.taken("or"):
            found.append(self.both(depth))
        return found[0] if len(found) == 1 else lambda reading: AnyOf(tuple(each(reading) for each in found))

    def both(self, depth: int) -> Meaning:
        found = [self.unit(depth)]
        while self.taken("and"):
            found.append(self.unit(depth))
        return found[0] if len(found) == 1 else lambda reading: AllOf(tuple(each(reading) for each in found))

    def unit(self, depth: int) -> Meaning:
        if self.taken("not"):
            if self.next.text != "(":
                raise self.refuse("( after not")
            opposite = self.unit(depth)
            return lambda reading: Not(opposite(reading))
        if self.taken("("):
            found = self.either(depth + 1)
            if not self.taken(")"):
                raise self.refuse(")")
            return found
        return self.comparison(depth)

    def comparison(self, depth: int) -> Meaning:
        if self.next.kind != "word":
            raise self.refuse("a parameter")
        path = self.next.text
        self.position += 1
        if self.taken("["):
            return self.narrowed(path, depth)
        operator = self.next.text
        if self.next.kind != "word" or operator not in OPERATORS:
            raise self.refuse(f"one of the operators {', '.join(OPERATORS)}")
        self.position += 1
        if self.next.kind not in ("word", "text"):
            raise self.refuse("a value")
        value = _value(self.next)
        self.position += 1
        return lambda reading: _compared(reading.read, path, operator, value)

    def narrowed(self, path: str, depth: int) -> Meaning:
        """What stands behind `path[`: a filter on what the path leads to, and a comparison on the same."""
        inner = self.either(depth + 1)
        if not self.taken("]"):
            raise self.refuse("]")
        if self.next.kind != "word" or not self.next.text.startswith("."):
            raise self.refuse(". with a parameter of what was narrowed")
        self.lexemes[self.position] = _Lexeme("word", self.next.text[1:], self.next.at + 1)
        rest = self.comparison(depth + 1)

        def meaning(reading: Reading) -> Filter:
            return AllOf((inner(reading), rest(reading)))

        for name in reversed(path.split(".")):
            meaning = partial(_through, name, meaning)
        return meaning


def _through(name: str, meaning: Meaning, reading: Reading) -> Filter:
    return reading.through(name, meaning)


def _compared(read: Callable[[str, str], Filter], path: str, operator: str, value: str) -> Filter:
    """An operator as the modifier or prefix that means the same."""
    match operator:
        case "eq":
            return read(f"{path}:{EQUAL}", value)
        case "ne":
            return Not(read(f"{path}:{EQUAL}", value))
        case "co":
            return read(f"{path}:contains", value)
        case "ew" | "po":
            return read(f"{path}:{operator}", value)
        case "ss":
            return read(f"{path}:above", value)
        case "sb":
            return read(f"{path}:below", value)
        case "sw" | "re":
            return read(path, value)
        case "in":
            return read(f"{path}:in", value)
        case "ni":
            return read(f"{path}:not-in", value)
        case "pr":
            return read(f"{path}:missing", {"true": "false", "false": "true"}.get(value, value))
    return read(path, f"{operator}{value}")


def _value(lexeme: _Lexeme) -> str:
    """A value with its separators escaped, so that a comma in it is no alternative; | parts a token as usual."""
    text = lexeme.text
    if lexeme.kind == "text":
        text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return re.sub(r"([\\,$])", r"\\\1", text)
