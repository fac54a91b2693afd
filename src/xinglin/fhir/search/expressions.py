"""The grammar of `_filter` (FHIR R4, Search, _filter Parameter), read into the same filters as plain parameters.

filter     = or ; or = and ("or" and)* ; and = unit ("and" unit)*
unit       = "not" "(" filter ")" | "(" filter ")" | path operator value
path       = parameter ("[" filter "]")? ("." path)?
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.query import AllOf, AnyOf, Filter, Not

Read = Callable[[str, str], Filter]
"""Reads `name:modifier` and an escaped value into a filter."""

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


def parse_filter(text: str, read: Read) -> Filter:
    """The filter that a `_filter` expression means. Raises `BadRequest` that names the place."""
    parser = _Parser(text, read)
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

    def __init__(self, text: str, read: Read) -> None:
        self.lexemes = [*_lexemes(text), _Lexeme("end", "the end", len(text))]
        self.position = 0
        self.read = read

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

    def either(self, depth: int) -> Filter:
        if depth > _DEEPEST:
            raise BadRequest(f"_filter is nested deeper than {_DEEPEST}", code="too-costly")
        found = [self.both(depth)]
        while self.taken("or"):
            found.append(self.both(depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def both(self, depth: int) -> Filter:
        found = [self.unit(depth)]
        while self.taken("and"):
            found.append(self.unit(depth))
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def unit(self, depth: int) -> Filter:
        if self.taken("not"):
            if self.next.text != "(":
                raise self.refuse("( after not")
            return Not(self.unit(depth))
        if self.taken("("):
            found = self.either(depth + 1)
            if not self.taken(")"):
                raise self.refuse(")")
            return found
        return self.comparison()

    def comparison(self) -> Filter:
        if self.next.kind != "word":
            raise self.refuse("a parameter")
        path = self.next.text
        self.position += 1
        if self.next.text == "[":
            raise BadRequest(
                "_filter: conditions in brackets are not supported; chain with a dot", code="not-supported"
            )
        operator = self.next.text
        if self.next.kind != "word" or operator not in OPERATORS:
            raise self.refuse(f"one of the operators {', '.join(OPERATORS)}")
        self.position += 1
        if self.next.kind not in ("word", "text"):
            raise self.refuse("a value")
        value = _value(self.next)
        self.position += 1
        return self.compared(path, operator, value)

    def compared(self, path: str, operator: str, value: str) -> Filter:
        """An operator as the modifier or prefix that means the same."""
        match operator:
            case "eq":
                return self.read(f"{path}:{EQUAL}", value)
            case "ne":
                return Not(self.read(f"{path}:{EQUAL}", value))
            case "co":
                return self.read(f"{path}:contains", value)
            case "ew" | "po":
                return self.read(f"{path}:{operator}", value)
            case "ss":
                return self.read(f"{path}:above", value)
            case "sb":
                return self.read(f"{path}:below", value)
            case "sw" | "re":
                return self.read(path, value)
            case "in":
                return self.read(f"{path}:in", value)
            case "ni":
                return self.read(f"{path}:not-in", value)
            case "pr":
                return self.read(f"{path}:missing", {"true": "false", "false": "true"}.get(value, value))
        return self.read(path, f"{operator}{value}")


def _value(lexeme: _Lexeme) -> str:
    """A value with its separators escaped, so that a comma in it is no alternative; | parts a token as usual."""
    text = lexeme.text
    if lexeme.kind == "text":
        text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return re.sub(r"([\\,$])", r"\\\1", text)
