"""What the written-out Python calls when it runs."""

from decimal import Decimal
from typing import Any

from xinglin.fhir.fhirpath.model import type_named
from xinglin.fhir.fhirpath.semantics import frozen
from xinglin.fhir.fhirpath.temporal import Temporal
from xinglin.fhir.types import Json


class Deviation(Exception):
    """The data is not of the plain kind that was written out for; the general way takes over."""


DEVIATION = Deviation()
"""Raised again and again: nobody looks at its traceback."""


def number(value: Json) -> int | Decimal:
    """A JSON number with the digits written."""
    return Decimal(repr(value)) if value.__class__ is float else value


def temporal(value: Json, kind: str) -> Temporal:
    """A date, date-time or time; a `Deviation` for what is not one."""
    found = Temporal.parse(value, kind) if value.__class__ is str else None
    if found is None:
        raise DEVIATION
    return found


def distinct(values: list[Json]) -> list[Json]:
    """Objects without duplicates."""
    found: dict[Any, Json] = {}
    for value in values:
        found.setdefault(frozen(value), value)
    return list(found.values())


def intersect(values: list[Json], others: list[Json]) -> list[Json]:
    """Objects that are among the others, without duplicates."""
    if not values or not others:
        return []
    keys = {frozen(other) for other in others}
    return [value for value in distinct(values) if frozen(value) in keys]


def descend(value: Json, type_name: str, name: str) -> list[Json]:
    """The elements of that name of everything below an object."""
    found: list[Json] = []
    waiting = [(value, type_named(type_name))]
    top = True
    while waiting:
        holder, type = waiting.pop()
        for key, item in holder.items():
            step = type.properties.get(key)
            if step is None:
                if key != "resourceType":
                    raise DEVIATION
                continue
            below = step.type
            items = item if item.__class__ is list else (item,)
            if not top and step in type.members.get(name, ()):
                found += items
            if below.resource:
                raise DEVIATION
            if not below.primitive:
                waiting += [(one, below) for one in items]
        top = False
    return found


RUNTIME = {
    "descend": descend,
    "D": DEVIATION,
    "number": number,
    "temporal": temporal,
    "distinct": distinct,
    "intersect": intersect,
}
"""The names that the written-out Python may use, beside its own constants."""
