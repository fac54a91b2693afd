"""Compiles a FHIRPath tree for the type that it starts from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

import orjson

from xinglin.fhir.definitions import supertypes
from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.branches import Branch, collected, filtered, itself, member, of_type, union
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.references import refers_to
from xinglin.fhir.types import Json, Resource

Truth: TypeAlias = Callable[[Json], bool | None]
"""A condition on the focus: None is FHIRPath's empty collection."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression compiled for one type."""

    expression: str
    branches: tuple[Branch, ...]

    def evaluate(self, focus: Resource) -> list[Json]:
        """The values that the expression has on a resource or element, in order."""
        return [value for branch in self.branches for value in branch.values(focus)]


@lru_cache(maxsize=8192)
def compile_path(expression: str, type_name: str) -> Compiled:
    """Compiles an expression for a type, such as Patient. A path that starts at another type has no branches.

    Raises `FhirPathError` where the expression is not FHIRPath or uses what is not compiled here.
    """
    return Compiled(expression, tuple(_compile(tree.parse(expression), (itself(type_name),))))


def _compile(node: tree.Node, focus: Sequence[Branch]) -> list[Branch]:
    match node:
        case tree.Name(name):
            return _name(name, focus)
        case tree.Member(target, name):
            return [below for branch in _compile(target, focus) for below in member(branch, name)]
        case tree.Call(target, name, arguments):
            return _call(name, list(focus) if target is None else _compile(target, focus), arguments)
        case tree.Index(target, tree.Literal(int(index), "Integer")):
            return _at(_compile(target, focus), index)
        case tree.Variable("$this" | "%resource" | "%context"):
            return list(focus)
        case tree.Literal(value, type_name):
            return [Branch(type_name, lambda _: () if value is None else (value,))]
        case tree.Binary("|", left, right):
            return union([*_compile(left, focus), *_compile(right, focus)])
        case tree.TypeTest("as", operand, type_name):
            return of_type(_compile(operand, focus), type_name)
        case tree.Binary() | tree.TypeTest():
            return [_boolean(_condition(node, focus))]
    raise FhirPathError(f"Not supported here: {node}")


def _name(name: str, focus: Sequence[Branch]) -> list[Branch]:
    """A member of the focus, or the type with which a path starts: kept where the focus is of it."""
    found = [below for branch in focus for below in member(branch, name)]
    if not found and name[:1].isupper():
        return [branch for branch in focus if name in supertypes(branch.type)]
    return found


def _call(name: str, target: list[Branch], arguments: tuple[tree.Node, ...]) -> list[Branch]:
    match name, arguments:
        case "where", (criterion,):
            return [_where(branch, criterion) for branch in target]
        case "extension", (tree.Literal(url, "String"),):
            extensions = [below for branch in target for below in member(branch, "extension")]
            condition = _same("url", str(url))
            return [filtered(branch, lambda v: v.get("url") == url, condition=condition) for branch in extensions]
        case (("ofType" | "as"), (tree.Name(type_name) | tree.Member(_, type_name),)):
            return of_type(target, type_name)
        case "exists", ():
            values = collected(target)
            return [_boolean(lambda focus: bool(values(focus)))]
        case "exists", (criterion,):
            return _call("exists", [_where(branch, criterion) for branch in target], ())
        case "empty", ():
            values = collected(target)
            return [_boolean(lambda focus: not values(focus))]
        case "not", ():
            truth = _truth(target)
            return [_boolean(lambda focus: None if (value := truth(focus)) is None else not value)]
        case "first", ():
            return _at(target, 0)
    raise FhirPathError(f"The function {name}() with {len(arguments)} arguments is not supported here")


def _where(branch: Branch, criterion: tree.Node) -> Branch:
    holds = _condition(criterion, (itself(branch.type),))
    return filtered(branch, lambda value: holds(value) is True, condition=_condition_sought(criterion))


def _condition_sought(criterion: tree.Node) -> str | None:
    """A criterion in the language of SQL/JSON paths, of those that search parameters mostly have."""
    match criterion:
        case tree.TypeTest("is", tree.Call(None, "resolve", ()), type_name):
            return f'@.reference starts with "{type_name}/"'
        case tree.Binary("=", tree.Name(name), tree.Literal(str(text), "String")):
            return _same(name, text)
    return None


def _same(name: str, text: str) -> str:
    return f"@.{name} == {orjson.dumps(text).decode()}"


def _at(branches: list[Branch], index: int) -> list[Branch]:
    """The value at an index of the whole collection, which may lie in any of the branches."""
    if len(branches) == 1:
        (branch,) = branches
        values = branch.values
        return [Branch(branch.type, lambda focus: values(focus)[index : index + 1], branch.root)]

    def picked(position: int) -> Branch:
        before, own = collected(branches[:position]) if position else (lambda _: ()), branches[position].values

        def at(focus: Json) -> Sequence[Json]:
            at_own = index - len(before(focus))
            return own(focus)[at_own : at_own + 1] if at_own >= 0 else ()

        return Branch(branches[position].type, at, branches[position].root)

    return [picked(position) for position in range(len(branches))]


def _condition(node: tree.Node, focus: Sequence[Branch]) -> Truth:
    match node:
        case tree.Binary("and", left, right):
            return _and(_condition(left, focus), _condition(right, focus))
        case tree.Binary("or", left, right):
            return _or(_condition(left, focus), _condition(right, focus))
        case tree.Binary(("=" | "!=") as operator, left, right):
            return _equality(operator, _compile(left, focus), _compile(right, focus))
        case tree.TypeTest("is", tree.Call(target, "resolve", ()), type_name):
            references = collected(list(focus) if target is None else _compile(target, focus))
            return lambda value: None if not (found := references(value)) else refers_to(found[0], type_name)
        case tree.TypeTest("is", operand, type_name):
            every, kept = _compile(operand, focus), of_type(_compile(operand, focus), type_name)
            values, of_it = collected(every), collected(kept)
            return lambda value: bool(of_it(value)) if values(value) else None
        case tree.Binary():
            raise FhirPathError(f"The operator {node.operator} is not supported here")
    return _truth(_compile(node, focus))


def _truth(branches: Sequence[Branch]) -> Truth:
    """Singleton evaluation: one Boolean is itself, one value of another type is true (FHIRPath 2.0)."""
    values = collected(branches)

    def truth(focus: Json) -> bool | None:
        found = values(focus)
        if not found:
            return None
        return found[0] if isinstance(found[0], bool) else True

    return truth


def _and(left: Truth, right: Truth) -> Truth:
    def both(focus: Json) -> bool | None:
        first, second = left(focus), right(focus)
        if first is False or second is False:
            return False
        return True if first and second else None

    return both


def _or(left: Truth, right: Truth) -> Truth:
    def either(focus: Json) -> bool | None:
        first, second = left(focus), right(focus)
        if first or second:
            return True
        return False if first is False and second is False else None

    return either


def _equality(operator: str, left: Sequence[Branch], right: Sequence[Branch]) -> Truth:
    lefts, rights = collected(left), collected(right)

    def equal(focus: Json) -> bool | None:
        first, second = list(lefts(focus)), list(rights(focus))
        if not first or not second:
            return None
        same = [_comparable(v) for v in first] == [_comparable(v) for v in second]
        return same if operator == "=" else not same

    return equal


def _comparable(value: Json) -> Json:
    """Keeps true from being equal to 1, and 0.1 read as a float equal to 0.1 read as a decimal."""
    if isinstance(value, bool):
        return ("Boolean", value)
    return Decimal(repr(value)) if isinstance(value, float) else value


def _boolean(truth: Truth) -> Branch:
    def values(focus: Json) -> Sequence[Json]:
        value = truth(focus)
        return () if value is None else (value,)

    return Branch("boolean", values)
