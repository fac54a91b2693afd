"""The price list: what is charged for, since when, and where."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from xinglin.capabilities.billing.prices import Variant, ending, price_definition
from xinglin.capabilities.billing.seed import SERVICES
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
    """Both versions of every price. The one that holds has the item's code as its id."""
    change = changed(plan)
    for item in items().values():
        code, name, year = item.code, item.name, change.year
        yield price_definition(
            code, name, item.since, version=str(year), start=change, variants=_variants(plan, item, item.since)
        )
        before = price_definition(
            code, name, item.before, version=str(year - 1), variants=_variants(plan, item, item.before)
        )
        yield {**ending(before, change), "id": f"{code}-{year - 1}", "status": "retired"}


def _variants(plan: Plan, item: Item, amount: Decimal) -> list[Variant]:
    """What the other campuses take, where it differs from the main one."""
    if item.code != CONSULTATION or plan.campuses == 1:
        return []
    others = [f"Location/{plan.id('campus', number)}" for number in range(1, plan.campuses)]
    return [Variant({"campus": others}, _cents(amount * ELSEWHERE))]
