"""The price list: what is charged for, since when, and where."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from xinglin.capabilities.billing.resources import price_definition
from xinglin.capabilities.billing.seed import SERVICES
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.synthetic.catalogue.laboratory import panels, studies
from xinglin.synthetic.catalogue.medicines import formulary
from xinglin.synthetic.plan import Plan

CONSULTATION = SERVICES[0][0]
ELSEWHERE = Decimal("0.80")
"""The part of the consultation's price that is charged at other campuses than the main one."""


class Item(NamedTuple):
    """A thing that is charged for, with its prices before and since the first of January of the plan's last year."""

    code: str
    name: str
    before: Decimal
    since: Decimal


@cache
def items() -> dict[str, Item]:
    """Everything that has a price. Medicines became cheaper, examinations by machines too, the doctor's time dearer."""
    (code, name, fee), *_ = SERVICES
    found = [Item(code, name, _cents(fee * Decimal("0.8")), fee)]
    found += [
        Item(d.medicine.code, d.medicine.name, _cents(d.price * Decimal("1.06")), d.price) for d in formulary().values()
    ]
    tests = [(each.code, each.name, Decimal(each.price)) for each in panels().values()]
    tests += [(each.code, each.name, Decimal(each.price)) for each in studies().values()]
    found += [Item(code, name, _cents(amount * Decimal("1.05")), amount) for code, name, amount in tests]
    return {item.code: item for item in found}


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def changed(plan: Plan) -> date:
    """The day on which the prices changed."""
    return plan.until.replace(month=1, day=1)


def price(plan: Plan, code: str, day: date, campus: int) -> Decimal:
    """What one of it costs on a day at a campus."""
    item = items()[code]
    base = item.since if day >= changed(plan) else item.before
    return _cents(base * ELSEWHERE) if code == CONSULTATION and campus else base


def price_list(plan: Plan) -> Iterator[Resource]:
    """Both versions of every price. The one that holds has the id that billing looks for."""
    change = changed(plan)
    for item in items().values():
        yield {
            **price_definition(item.code, item.name, item.since),
            "version": str(change.year),
            "effectivePeriod": {"start": change.isoformat()},
            **_groups(plan, item, item.since),
        }
        yield {
            **price_definition(item.code, item.name, item.before),
            "id": f"{item.code}-{change.year - 1}",
            "version": str(change.year - 1),
            "status": "retired",
            "effectivePeriod": {"end": (change - timedelta(days=1)).isoformat()},
            **_groups(plan, item, item.before),
        }


def _groups(plan: Plan, item: Item, amount: Decimal) -> Resource:
    """A price for the main campus, then one for the others where it differs."""
    if item.code != CONSULTATION or plan.campuses == 1:
        return {}
    others = [plan.id("campus", number) for number in range(1, plan.campuses)]
    where = " or ".join(f"%context.location.location.reference = 'Location/{id}'" for id in others)
    return {
        "propertyGroup": [
            {"priceComponent": [{"type": "base", "amount": build.money(amount)}]},
            {
                "applicability": [{"description": "其他院区", "language": "text/fhirpath", "expression": where}],
                "priceComponent": [{"type": "base", "amount": build.money(_cents(amount * ELSEWHERE))}],
            },
        ]
    }
