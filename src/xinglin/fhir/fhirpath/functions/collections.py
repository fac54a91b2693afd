"""Filtering, projection, subsetting, combining, ordering, aggregates (FHIRPath 2.0, Functions)."""

from collections.abc import Callable
from functools import cmp_to_key

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, Collection, Item
from xinglin.fhir.fhirpath.registry import Evaluate, function, integer, single, truth
from xinglin.fhir.fhirpath.semantics import compare, key, unique

Inner = Callable[[Environment, Collection, Collection], Collection]
_MOST_REPEATED = 1_000_000


@function("where", 1, kind="lazy")
def where(criterion: Evaluate) -> Inner:
    """The items that the criterion holds for."""

    def filtered(env: Environment, items: Collection, _: Collection) -> Collection:
        if not items:
            return EMPTY
        found: Collection = []
        before = env.index
        try:
            for env.index, item in enumerate(items):
                if truth(criterion(env, [item])):
                    found.append(item)
        finally:
            env.index = before
        return found

    return filtered


@function("select", 1, kind="lazy")
def select(projection: Evaluate) -> Inner:
    """The values of the projection for each item, in one collection."""

    def projected(env: Environment, items: Collection, _: Collection) -> Collection:
        found: Collection = []
        before = env.index
        try:
            for env.index, item in enumerate(items):
                values = projection(env, [item])
                if env.allowance is not None:
                    env.allowance.spend(len(values))
                found += values
        finally:
            env.index = before
        return found

    return projected


@function("repeat", 1, kind="lazy")
def repeat(projection: Evaluate) -> Inner:
    """The values of the projection for each item, and for each value found so, until nothing new comes."""

    def repeated(env: Environment, items: Collection, _: Collection) -> Collection:
        found: dict[object, Item] = {}
        waiting = list(items)
        while waiting:
            level, waiting = waiting, []
            for item in level:
                for value in projection(env, [item]):
                    value_key = key(value)
                    if value_key not in found:
                        found[value_key] = value
                        waiting.append(value)
            if len(found) > _MOST_REPEATED:
                raise FhirPathError(f"repeat() found more than {_MOST_REPEATED:,} values")
        return list(found.values())

    return repeated


@function("aggregate", 1, 2, kind="lazy")
def aggregate(aggregator: Evaluate, start: Evaluate | None = None) -> Inner:
    """The value of the aggregator after the last item, `$total` being its value after the one before."""

    def aggregated(env: Environment, items: Collection, focus: Collection) -> Collection:
        index, total = env.index, env.total
        env.total = EMPTY if start is None else start(env, focus)
        try:
            for env.index, item in enumerate(items):
                env.total = aggregator(env, [item])
            return env.total
        finally:
            env.index, env.total = index, total

    return aggregated


@function("sort", 0, 9, kind="sorting")
def sort(*criteria: tuple[Evaluate, bool]) -> Inner:
    """The items in the order of the criteria, each with whether it is descending; empty values come first in either."""

    def ordered(env: Environment, items: Collection, _: Collection) -> Collection:
        def keys(item: Item) -> list[Item]:
            return [single(evaluate(env, [item]), "sort()") for evaluate, _ in criteria] or [single([item], "sort()")]

        downward = [descending for _, descending in criteria] or [False]

        def order(left: tuple[list[Item], Item], right: tuple[list[Item], Item]) -> int:
            for one, two, down in zip(left[0], right[0], downward, strict=True):
                if one is None or two is None:
                    if one is not two:
                        return -1 if one is None else 1
                    continue
                if found := compare(one, two):
                    return -found if down else found
            return 0

        return [item for _, item in sorted([(keys(item), item) for item in items], key=cmp_to_key(order))]

    return ordered


@function("single")
def single_item(_: Environment, items: Collection) -> Collection:
    """The only item; an error where there are more."""
    if len(items) > 1:
        raise FhirPathError(f"single() needs one item, there are {len(items)}")
    return items


@function("first")
def first(_: Environment, items: Collection) -> Collection:
    """The first item."""
    return items[:1]


@function("last")
def last(_: Environment, items: Collection) -> Collection:
    """The last item."""
    return items[-1:]


@function("tail")
def tail(_: Environment, items: Collection) -> Collection:
    """All but the first item."""
    return items[1:]


@function("skip", 1)
def skip(_: Environment, items: Collection, number: Collection) -> Collection:
    """All but the first items."""
    return items[max(integer(number, "skip()") or 0, 0) :]


@function("take", 1)
def take(_: Environment, items: Collection, number: Collection) -> Collection:
    """The first items."""
    return items[: max(integer(number, "take()") or 0, 0)]


@function("intersect", 1)
def intersect(_: Environment, items: Collection, other: Collection) -> Collection:
    """The items that are also among the others, without duplicates."""
    if not items or not other:
        return EMPTY
    keys = set(map(key, other))
    return [item for item in unique(items) if key(item) in keys]


@function("exclude", 1)
def exclude(_: Environment, items: Collection, other: Collection) -> Collection:
    """The items that are not among the others; duplicates stay."""
    keys = set(map(key, other))
    return [item for item in items if key(item) not in keys]


@function("union", 1)
def union(_: Environment, items: Collection, other: Collection) -> Collection:
    """Both without duplicates."""
    return unique([*items, *other])


@function("combine", 1)
def combine(env: Environment, items: Collection, other: Collection) -> Collection:
    """Both with duplicates."""
    if env.allowance is not None:
        env.allowance.spend(len(items) + len(other))
    return [*items, *other]


@function("iif", 2, 3, kind="lazy")
def iif(criterion: Evaluate, then: Evaluate, otherwise: Evaluate | None = None) -> Inner:
    """One of two expressions; the other is not evaluated."""

    def chosen(env: Environment, items: Collection, focus: Collection) -> Collection:
        scope = items
        if len(items) > 1 and items is not focus:
            raise FhirPathError(f"iif() needs one item at most, there are {len(items)}")
        condition = criterion(env, scope)
        if env.strict and condition and single(condition, "iif()").__class__ is not bool:
            raise FhirPathError("The criterion of iif() must be a Boolean")
        if truth(condition):
            return then(env, scope)
        return EMPTY if otherwise is None else otherwise(env, scope)

    return chosen
