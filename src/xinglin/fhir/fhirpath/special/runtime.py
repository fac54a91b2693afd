"""What the written-out Python calls when it runs."""

from decimal import Decimal
from functools import lru_cache
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


class _Descent(dict[str, "tuple[bool, _Descent | None]"]):
    """Of a type, the properties worth a look below its objects: (whether it is the wanted element, where it leads)."""

    def __init__(self, type_name: str, wanted: str) -> None:
        self.type_name = type_name
        self.wanted = wanted

    def __missing__(self, key: str) -> tuple[bool, "_Descent | None"]:
        type = type_named(self.type_name)
        step = type.properties.get(key)
        if step is None and key == "resourceType":
            entry: tuple[bool, _Descent | None] = (False, None)
        elif step is None or step.type.resource:
            raise DEVIATION
        else:
            entry = (
                step in type.members.get(self.wanted, ()),
                None if step.type.primitive else _descent(step.name, self.wanted),
            )
        self[key] = entry
        return entry


@lru_cache(maxsize=4096)
def _descent(type_name: str, wanted: str) -> _Descent:
    return _Descent(type_name, wanted)


def descend(value: Json, type_name: str, name: str) -> list[Json]:
    """The elements of that name of everything below an object."""
    found: list[Json] = []
    plan = _descent(type_name, name)
    waiting = []
    for key, item in value.items():
        below = plan[key][1]
        if below is not None:
            waiting.append((item, below))
    for item, plan in waiting:
        for holder in item if item.__class__ is list else (item,):
            for key, inner in holder.items():
                wanted, below = plan[key]
                if wanted:
                    if inner.__class__ is list:
                        found += inner
                    else:
                        found.append(inner)
                if below is not None:
                    waiting.append((inner, below))
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
