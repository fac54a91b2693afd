"""Existence (FHIRPath 2.0, Functions, Existence)."""

from collections.abc import Callable

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, TRUE, Collection, Node
from xinglin.fhir.fhirpath.registry import Evaluate, function, truth
from xinglin.fhir.fhirpath.semantics import key, unique

Inner = Callable[[Environment, Collection, Collection], Collection]


@function("empty")
def empty(_: Environment, items: Collection) -> Collection:
    """Whether there is nothing."""
    return FALSE if items else TRUE


@function("exists", 0, 1, kind="lazy")
def exists(criterion: Evaluate | None = None) -> Inner:
    """Whether there is anything, or anything that the criterion holds for."""
    if criterion is None:
        return lambda _, items, __: TRUE if items else FALSE

    def exists_where(env: Environment, items: Collection, _: Collection) -> Collection:
        before = env.index
        try:
            for env.index, item in enumerate(items):
                if truth(criterion(env, [item])):
                    return TRUE
            return FALSE
        finally:
            env.index = before

    return exists_where


@function("all", 1, kind="lazy")
def all_items(criterion: Evaluate) -> Inner:
    """Whether the criterion holds for every item."""

    def for_all(env: Environment, items: Collection, _: Collection) -> Collection:
        before = env.index
        try:
            for env.index, item in enumerate(items):
                if not truth(criterion(env, [item])):
                    return FALSE
            return TRUE
        finally:
            env.index = before

    return for_all


@function("not")
def negation(_: Environment, items: Collection) -> Collection:
    """The opposite of a Boolean, by singleton evaluation."""
    value = truth(items)
    return EMPTY if value is None else FALSE if value else TRUE


def _booleans(items: Collection) -> list[bool]:
    values = [item.system() if item.__class__ is Node else item for item in items]
    if any(value.__class__ is not bool for value in values):
        raise FhirPathError("This function needs Booleans only")
    return values


@function("allTrue")
def all_true(_: Environment, items: Collection) -> Collection:
    """Whether all Booleans are true."""
    return TRUE if all(_booleans(items)) else FALSE


@function("anyTrue")
def any_true(_: Environment, items: Collection) -> Collection:
    """Whether any Boolean is true."""
    return TRUE if any(_booleans(items)) else FALSE


@function("allFalse")
def all_false(_: Environment, items: Collection) -> Collection:
    """Whether all Booleans are false."""
    return FALSE if any(_booleans(items)) else TRUE


@function("anyFalse")
def any_false(_: Environment, items: Collection) -> Collection:
    """Whether any Boolean is false."""
    return FALSE if all(_booleans(items)) else TRUE


@function("subsetOf", 1)
def subset_of(_: Environment, items: Collection, other: Collection) -> Collection:
    """Whether all items are among the others."""
    return TRUE if set(map(key, items)) <= set(map(key, other)) else FALSE


@function("supersetOf", 1)
def superset_of(_: Environment, items: Collection, other: Collection) -> Collection:
    """Whether all others are among the items."""
    return TRUE if set(map(key, items)) >= set(map(key, other)) else FALSE


@function("count")
def count(_: Environment, items: Collection) -> Collection:
    """How many there are."""
    return [len(items)]


@function("distinct")
def distinct(_: Environment, items: Collection) -> Collection:
    """The items without duplicates."""
    return unique(items)


@function("isDistinct")
def is_distinct(_: Environment, items: Collection) -> Collection:
    """Whether there are no duplicates."""
    return TRUE if len(set(map(key, items))) == len(items) else FALSE
