"""Parses FHIRPath into a tree (FHIRPath 2.0, Formal Specifications, Grammar): the whole grammar, by precedence."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from xinglin.fhir.fhirpath.lexer import FhirPathError, Token, tokens


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal; `value` is None for the empty collection `{}`. `type` is a System type, such as String."""

    value: "str | int | bool | Decimal | None"
    type: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A member of the focus, or the type name with which an expression starts."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`$this`, `$index`, `$total`, or a constant such as `%resource`."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`target.name`."""

    target: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`target.name(arguments)`; `target` is None where the function is called on the focus."""

    target: "Node | None"
    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`."""

    target: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Unary:
    """`-operand` or `+operand`."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`operand is Type` and `operand as Type`; the type without its namespace, which is FHIR, System or not given."""

    operator: str
    operand: "Node"
    type: str
    namespace: str = field(default="", compare=False)


Node: TypeAlias = Literal | Name | Variable | Member | Call | Index | Unary | Binary | TypeTest

_PRECEDENCE = {
    "*": 12, "/": 12, "div": 12, "mod": 12,
    "+": 11, "-": 11, "&": 11,
    "is": 10, "as": 10,
    "|": 9,
    "<=": 8, "<": 8, ">": 8, ">=": 8,
    "=": 7, "~": 7, "!=": 7, "!~": 7,
    "in": 6, "contains": 6,
    "and": 5,
    "or": 4, "xor": 4,
    "implies": 3,
}  # fmt: skip
_UNARY = 13
_NAMES = ("name", "quoted")
_UNITS = {"year", "month", "week", "day", "hour", "minute", "second", "millisecond"}


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = tokens(expression)
        self.position = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def takes(self, symbol: str) -> bool:
        if self.token.kind == "symbol" and self.token.text == symbol:
            self.position += 1
            return True
        return False

    def need(self, symbol: str) -> None:
        if not self.takes(symbol):
            raise self.error(f"expected {symbol!r}")

    def error(self, reason: str) -> FhirPathError:
        found = self.token.text or "the end"
        return FhirPathError(f"{reason} at {self.token.at + 1}, found {found!r}: {self.expression}")

    def whole(self) -> Node:
        node = self.expression_above(0)
        if self.token.kind != "end":
            raise self.error("expected an operator or the end")
        return node

    def expression_above(self, floor: int) -> Node:
        left = self.unary()
        while self.token.kind in ("symbol", "name"):
            operator = self.token.text
            precedence = _PRECEDENCE.get(operator, 0)
            if precedence <= floor:
                return left
            self.take()
            if operator in ("is", "as"):
                left = TypeTest(operator, left, *self.type_name())
            else:
                left = Binary(operator, left, self.expression_above(precedence))
        return left

    def unary(self) -> Node:
        if self.token.kind == "symbol" and self.token.text in "+-":
            return Unary(self.take().text, self.expression_above(_UNARY - 1))
        return self.invocations(self.term())

    def invocations(self, node: Node) -> Node:
        while True:
            if self.takes("."):
                node = self.invocation(node)
            elif self.takes("["):
                node = Index(node, self.expression_above(0))
                self.need("]")
            else:
                return node

    def invocation(self, target: Node | None) -> Node:
        token = self.take()
        if token.kind == "variable" and target is None:
            return Variable(token.text)
        if token.kind not in _NAMES:
            self.position -= 1
            raise self.error("expected a name")
        if self.takes("("):
            return Call(target, token.text, self.arguments())
        return Name(token.text) if target is None else Member(target, token.text)

    def arguments(self) -> tuple[Node, ...]:
        if self.takes(")"):
            return ()
        found = [self.expression_above(0)]
        while self.takes(","):
            found.append(self.expression_above(0))
        self.need(")")
        return tuple(found)

    def term(self) -> Node:
        kind, text, _ = self.token
        if kind == "symbol" and self.takes("("):
            node = self.expression_above(0)
            self.need(")")
            return node
        if kind == "symbol" and self.takes("{"):
            self.need("}")
            return Literal(None, "Any")
        if kind in ("quoted", "variable") or (kind == "name" and text not in ("true", "false")):
            return self.invocation(None)
        self.take()
        if kind == "name":
            return Literal(text == "true", "Boolean")
        if kind == "string":
            return Literal(text, "String")
        if kind == "constant":
            return Variable(text)
        if kind == "date":
            return Literal(text[1:], "Time" if text[1] == "T" else "DateTime" if "T" in text else "Date")
        if kind == "number":
            return self.number(text)
        self.position -= 1
        raise self.error("expected a value or a path")

    def number(self, text: str) -> Literal:
        value = Decimal(text) if "." in text else int(text)
        unit = self.token
        if unit.kind == "string" or (unit.kind == "name" and unit.text.removesuffix("s") in _UNITS):
            self.take()
            return Literal(value, "Quantity", unit.text)
        return Literal(value, "Decimal" if isinstance(value, Decimal) else "Integer")

    def type_name(self) -> tuple[str, str]:
        token = self.take()
        if token.kind not in _NAMES:
            self.position -= 1
            raise self.error("expected a type")
        if token.text in ("FHIR", "System") and self.takes("."):
            return self.take().text, token.text
        return token.text, ""


@lru_cache(maxsize=4096)
def parse(expression: str) -> Node:
    """The tree of an expression. Raises `FhirPathError` with the place of the fault."""
    try:
        return _Parser(expression).whole()
    except RecursionError as error:
        raise FhirPathError(f"This expression is nested too deeply: {expression[:80]}…") from error
