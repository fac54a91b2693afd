"""Which medicine a patient really gets: what the course wants, unless a limit of the formulary speaks against it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from xinglin.capabilities.pharmacy.frequency import FREQUENCIES, Frequency
from xinglin.synthetic.bodies import Body
from xinglin.synthetic.catalogue.medicines import ROUTES, Drug, formulary
from xinglin.synthetic.courses.model import Rx

SPARE = timedelta(days=7)
"""Who has a medicine for longer than this gets no more of it."""


@dataclass(frozen=True)
class Order:
    """A medicine as it is ordered: `units` each time, for `days` days."""

    drug: Drug
    units: Decimal
    frequency: Frequency
    days: int
    route: str
    needed: bool = False

    @property
    def code(self) -> str:
        """The formulary's code."""
        return self.drug.medicine.code

    @property
    def packs(self) -> int:
        """Whole packs that it needs."""
        needed = self.units * self.frequency.per_day * self.days / self.drug.medicine.pack_size
        return max(1, int(needed.to_integral_value(ROUND_CEILING)))

    @property
    def text(self) -> str:
        """As it stands on the label."""
        medicine = self.drug.medicine
        substance = (self.units * medicine.strength).normalize()
        when = "必要时使用" if self.needed else f"{self.frequency.name}，共 {self.days} 天"
        return (
            f"{ROUTES[self.route]}，每次 {self.units.normalize():f} {medicine.form}"
            f"（{substance:f} {medicine.strength_unit}），{when}"
        )


def orders(getting: Callable[[Rx], bool], wanted: tuple[Rx, ...], body: Body, today: date) -> list[Order]:
    """What is prescribed; `getting` says who is among those who get a medicine. Notes until when it lasts."""
    found = []
    for each in wanted:
        order = _order(each, body, today) if getting(each) else _second(each, body, today)
        if order:
            body.taking[order.code] = today + timedelta(days=order.days)
            found.append(order)
    return found


def _second(rx: Rx, body: Body, today: date) -> Order | None:
    return _order(rx.otherwise, body, today) if rx.otherwise else None


def _order(rx: Rx, body: Body, today: date) -> Order | None:
    """The order, or the one instead of it, or none."""
    drug = formulary()[rx.drug]
    if suits(drug, body, today) and (units := dose(rx, drug, body)):
        return Order(drug, units, FREQUENCIES[rx.frequency], rx.days, rx.route, rx.needed)
    return _second(rx, body, today)


def suits(drug: Drug, body: Body, today: date) -> bool:
    """Whether nothing speaks against it: age, sex, pregnancy, kidneys, diseases, allergies, what is taken already."""
    taking = [code for code, last in body.taking.items() if last >= today]
    kind = drug.medicine.atc[:5]
    return (
        drug.fits(age=body.age, sex=body.sex, pregnant=body.pregnant, egfr=body.egfr, conditions=body.conditions)
        and drug.medicine.allergen not in body.allergies
        and body.taking.get(drug.medicine.code, date.min) <= today + SPARE
        and not any(_against(drug, formulary()[code], kind) for code in taking if code != drug.medicine.code)
    )


def _against(one: Drug, other: Drug, kind: str) -> bool:
    """Whether two medicines don't go together: they interact, or are of one chemical group (ATC, level 4)."""
    return (
        other.medicine.code in one.interactions
        or one.medicine.code in other.interactions
        or (other.medicine.atc[:5] == kind and one.medicine.form == other.medicine.form)
    )


def dose(rx: Rx, drug: Drug, body: Body) -> Decimal | None:
    """Units each time; None where they would be more than this body may have."""
    strength = drug.medicine.strength
    often = max(FREQUENCIES[rx.frequency].per_day, Decimal(1))
    most = drug.most(age=body.age, weight=body.weight, egfr=body.egfr)
    if rx.per_kg is not None:
        step = Decimal(rx.step)
        wanted = min(Decimal(str(rx.per_kg * body.weight)), most / often) / strength
        units = (wanted / step).to_integral_value(ROUND_FLOOR) * step
        return units or None
    units = Decimal(next((units for up_to, units in rx.bands if body.weight <= up_to), rx.units))
    return units if units * strength * often <= most else None
