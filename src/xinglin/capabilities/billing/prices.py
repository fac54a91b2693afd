"""Versions of prices as R4 resources, and which price of a version holds for whom.

An item's price list is a row of ChargeItemDefinitions with one `url`; each version holds from its first day to the day
before the next one's. Its first propertyGroup is the usual price. Each further one is a variant: it holds where all its
`applicability` do, which are FHIRPath over five variables, such as `%campus = 'Location/east'` or `%age < 7`. Of
several variants that hold, the one with the most conditions does, of equals the first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from xinglin.fhir import build
from xinglin.fhir.types import Resource

CHARGE_CODE = "urn:xinglin:code:charge"
BATCH = "urn:xinglin:id:price-change"
PROPOSED_BY = "urn:xinglin:extension:proposed-by"
DECIDED_BY = "urn:xinglin:extension:decided-by"
REASON = "urn:xinglin:extension:reason"
URL = "urn:xinglin:price:"

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEVELS = {"chief": "主任医师", "associate-chief": "副主任医师", "attending": "主治医师", "resident": "住院医师"}
"""The professional titles of doctors in China, by which a consultation is priced."""

_EQUALS = re.compile(r"%([\w.]+) = '([^']+)'")
_BELOW = re.compile(r"%age < (\d{1,3})")
_ALIASES = {"context.location.location.reference": "campus"}
CONDITIONS = ("campus", "payer", "level", "age", "day")


class UnknownConditionError(ValueError):
    """A variant's condition is written in another form than those of this house."""


@dataclass(frozen=True)
class Circumstances:
    """What a price may depend on: campuses (`Location/…`), the kind of payer, the doctor's level, age in completed
    years and the day of the week."""

    campuses: frozenset[str] = frozenset()
    payer: str = "self"
    level: str | None = None
    age: int | None = None
    day: str = "mon"


@dataclass(frozen=True)
class Variant:
    """Another price under conditions: `{"campus": ["Location/east"], "age": ["7"]}`; an age is one that is not reached
    yet."""

    conditions: Mapping[str, Sequence[str]]
    price: Decimal

    def holds(self, here: Circumstances) -> bool:
        """Whether all conditions do."""
        return all(_holds(name, values, here) for name, values in self.conditions.items())

    def expressions(self) -> list[str]:
        """The conditions as FHIRPath."""
        return [
            f"%age < {values[0]}" if name == "age" else " or ".join(f"%{name} = '{value}'" for value in values)
            for name, values in self.conditions.items()
        ]


def _holds(name: str, values: Sequence[str], here: Circumstances) -> bool:
    if name == "campus":
        return bool(here.campuses & set(values))
    if name == "age":
        return here.age is not None and here.age < int(values[0])
    return getattr(here, name) in values


def price_definition(
    code: str,
    name: str,
    unit_price: Decimal,
    *,
    version: str = "1",
    start: date | None = None,
    variants: Iterable[Variant] = (),
) -> Resource:
    """A ChargeItemDefinition: one version of the price of one unit, in force from its `start`."""
    return build.without_empty(
        {
            "resourceType": "ChargeItemDefinition",
            "id": code,
            "url": f"{URL}{code}",
            "version": version,
            "title": name,
            "status": "active",
            "effectivePeriod": {"start": start.isoformat()} if start else {},
            "code": build.concept(CHARGE_CODE, code, name),
            "propertyGroup": [
                {"priceComponent": [{"type": "base", "amount": build.money(unit_price)}]},
                *(variant_group(variant) for variant in variants),
            ],
        }
    )


def variant_group(variant: Variant) -> dict[str, Any]:
    """A propertyGroup that holds under conditions."""
    return {
        "applicability": [
            {"language": "text/fhirpath", "expression": expression} for expression in variant.expressions()
        ],
        "priceComponent": [{"type": "base", "amount": build.money(variant.price)}],
    }


def _amount(group: Mapping[str, Any]) -> Decimal:
    return build.amount(next(part["amount"] for part in group["priceComponent"] if part["type"] == "base"))


def unit_price(definition: Resource) -> Decimal:
    """The usual price of one unit."""
    return _amount(definition["propertyGroup"][0])


def variants(definition: Resource) -> list[Variant]:
    """The variants of a version, in their order. Raises `UnknownConditionError`."""
    return [Variant(_conditions(group), _amount(group)) for group in definition["propertyGroup"][1:]]


def _conditions(group: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for condition in group.get("applicability") or ():
        text = str(condition.get("expression", ""))
        if below := _BELOW.fullmatch(text):
            found["age"] = [below[1]]
            continue
        parts = [_EQUALS.fullmatch(part) for part in text.split(" or ")]
        names = {_ALIASES.get(part[1], part[1]) if part else "" for part in parts}
        if len(names) != 1 or not names < set(CONDITIONS):
            raise UnknownConditionError(text)
        found[names.pop()] = [part[2] for part in parts if part]
    return found


def price_for(definition: Resource, here: Circumstances) -> Decimal:
    """The price of one unit for a patient. Raises `UnknownConditionError`."""
    holding = [variant for variant in variants(definition) if variant.holds(here)]
    chosen = max(holding, key=lambda variant: len(variant.conditions), default=None)
    return chosen.price if chosen else unit_price(definition)


def start_of(definition: Resource) -> date:
    """The first day of a version; the beginning of time for one that tells none."""
    text = str((definition.get("effectivePeriod") or {}).get("start", ""))
    return date.fromisoformat(text[:10]) if len(text) >= 10 else date.min


def end_of(definition: Resource) -> date:
    """The last day of a version; the end of time while none is known."""
    text = str((definition.get("effectivePeriod") or {}).get("end", ""))
    return date.fromisoformat(text[:10]) if len(text) >= 10 else date.max


def in_force(versions: Iterable[Resource], day: date) -> Resource | None:
    """Of the approved versions of one item, that which holds on a day: the one that began last."""
    fitting = [item for item in versions if start_of(item) <= day <= end_of(item)]
    return max(fitting, key=start_of, default=None)


def ending(definition: Resource, next_start: date | None) -> Resource:
    """A version that holds until the day before the next one's, or, with None, until further notice."""
    period = {name: value for name, value in (definition.get("effectivePeriod") or {}).items() if name != "end"}
    if next_start is not None:
        period["end"] = (next_start - timedelta(days=1)).isoformat()
    return build.without_empty({**definition, "effectivePeriod": period})


def canonical(definition: Resource) -> str:
    """What a charge keeps of the version that gave its price."""
    return f"{definition['url']}|{definition['version']}" if definition.get("version") else str(definition["url"])


def code_of(definition: Resource) -> str:
    """The item that a version is of."""
    return str(definition["url"]).removeprefix(URL)
