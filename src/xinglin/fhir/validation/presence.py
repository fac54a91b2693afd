"""Tells from the properties that are present whether an invariant can be broken at all.

Most invariants speak of presence: `dataAbsentReason.empty() or value.empty()`. Their tree is evaluated over what each
part may be, given which elements are there; only where false is among that, the values must be looked at.
"""

from collections.abc import Callable, Set
from itertools import product
from typing import TypeAlias

from xinglin.fhir.fhirpath import parser as tree

Outcomes: TypeAlias = frozenset[str]
"""What an expression may be: T and F (Booleans), E (empty), N (something, of an unknown value)."""

ANY = frozenset("TFEN")
_SOME = frozenset("N")
_EMPTY = frozenset("E")
_BOOLEAN = frozenset("TF")
_KEEP_EMPTY = frozenset(
    {
        "where", "select", "first", "last", "tail", "skip", "take", "single", "distinct", "ofType", "as", "trace",
        "resolve", "intersect", "exclude", "startsWith", "endsWith", "contains", "matches", "matchesFull", "substring",
        "toInteger", "toDecimal", "toString", "replaceMatches", "descendants", "children", "extension", "repeat",
        "htmlChecks", "memberOf", "type", "is",
    }
)  # fmt: skip
_TRUE_OF_EMPTY = frozenset({"all", "allTrue", "allFalse", "isDistinct", "subsetOf"})


def outcomes(node: tree.Node, present: Set[str]) -> Outcomes:
    """What the expression may be on an object that has exactly these elements."""
    match node:
        case tree.Literal(value, _):
            return _EMPTY if value is None else frozenset("T" if value else "F") if isinstance(value, bool) else _SOME
        case tree.Name(name):
            return _of_name(name, present)
        case tree.Member(tree.Variable("$this"), name):
            return _of_name(name, present)
        case tree.Member(tree.Name(head), name) if head[:1].isupper():
            return _of_name(name, present)
        case tree.Member(target, _) | tree.Index(target, _) | tree.TypeTest(_, target, _):
            return _EMPTY if outcomes(target, present) == _EMPTY else ANY
        case tree.Call(target, name, arguments):
            return _of_call(_SOME if target is None else outcomes(target, present), name, arguments)
        case tree.Binary(operator, left, right):
            return _of_binary(operator, outcomes(left, present), outcomes(right, present))
    return ANY


def _of_name(name: str, present: Set[str]) -> Outcomes:
    if name[:1].isupper():
        return ANY
    return _SOME if name in present else _EMPTY


def _of_call(target: Outcomes, name: str, arguments: tuple[tree.Node, ...]) -> Outcomes:
    found: set[str] = set()
    for outcome in target:
        found |= _of_one(outcome, name, bool(arguments))
    return frozenset(found)


def _of_one(outcome: str, name: str, arguments: bool) -> Outcomes:
    empty = outcome == "E"
    if name in ("exists", "hasValue") and empty:
        return frozenset("F")
    if name == "exists" and not arguments:
        return frozenset("T")
    if name == "empty":
        return frozenset("T" if empty else "F")
    if name in ("exists", "hasValue"):
        return _BOOLEAN
    if name == "not":
        return {"T": frozenset("F"), "F": frozenset("T"), "E": _EMPTY, "N": _BOOLEAN}[outcome]
    if empty and name in _KEEP_EMPTY:
        return _EMPTY
    return frozenset("T") if empty and name in _TRUE_OF_EMPTY else ANY


def _of_binary(operator: str, left: Outcomes, right: Outcomes) -> Outcomes:
    if operator in _LOGIC:
        return frozenset(_LOGIC[operator](a, b) for a, b in product(_as_truth(left), _as_truth(right)))
    if operator in ("=", "!="):
        return frozenset(o for a, b in product(left, right) for o in _equality(operator, a, b))
    if operator in ("<", "<=", ">", ">=", "+", "-", "*", "/") and _EMPTY in (left, right):
        return _EMPTY
    if operator == "in" and left == _EMPTY:
        return _EMPTY
    if operator == "|" and left == right == _EMPTY:
        return _EMPTY
    if operator == "|" and (left == _SOME or right == _SOME):
        return _SOME
    return ANY


def _as_truth(found: Outcomes) -> Outcomes:
    return (found - _SOME) | _BOOLEAN if "N" in found else found


def _equality(operator: str, left: str, right: str) -> Outcomes:
    if "E" in (left, right):
        return _EMPTY
    if "N" in (left, right):
        return frozenset("TFE")
    return frozenset("T" if (left == right) == (operator == "=") else "F")


def _and(left: str, right: str) -> str:
    return "F" if "F" in (left, right) else "T" if left == right == "T" else "E"


def _or(left: str, right: str) -> str:
    return "T" if "T" in (left, right) else "F" if left == right == "F" else "E"


def _xor(left: str, right: str) -> str:
    return "E" if "E" in (left, right) else "F" if left == right else "T"


def _implies(left: str, right: str) -> str:
    return _or({"T": "F", "F": "T"}.get(left, "E"), right)


_LOGIC: dict[str, Callable[[str, str], str]] = {"and": _and, "or": _or, "xor": _xor, "implies": _implies}
