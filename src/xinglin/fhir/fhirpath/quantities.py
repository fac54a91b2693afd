"""Quantities of FHIRPath: a number with a UCUM unit or a calendar duration (FHIRPath 2.0, Quantity)."""

import re
from dataclasses import dataclass
from decimal import Decimal

from xinglin.fhir.ucum import Unit, UnitError, unit_named
from xinglin.fhir.units import CALENDAR

UCUM = "http://unitsofmeasure.org"

_TEXT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|([A-Za-z]+))?", re.ASCII)
_DEFINITE = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}
"""Calendar durations that are as long as a UCUM unit; a year and a month are not (FHIRPath 2.0, Quantity)."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unit` is a UCUM code, or a calendar duration in the singular; `system` is UCUM unless the unit is of another."""

    value: Decimal
    unit: str = "1"
    system: str = UCUM
    calendar: bool = False

    def __str__(self) -> str:
        if self.calendar:
            return f"{self.value} {self.unit}"
        return f"{self.value} '{self.unit}'"

    @staticmethod
    def written(value: Decimal, unit: str) -> "Quantity":
        """A quantity from a literal's unit: calendar words, in the singular or the plural, are calendar durations."""
        word = unit.removesuffix("s")
        return Quantity(value, word, calendar=True) if word in CALENDAR else Quantity(value, unit)

    @staticmethod
    def parse(text: str) -> "Quantity | None":
        """Reads `4`, `4 'mg'`, `4 days`; None for anything else."""
        match = _TEXT.fullmatch(text)
        if match is None:
            return None
        value, unit, word = Decimal(match[1]), match[2], match[3]
        if word is not None:
            return (
                Quantity(value, word.removesuffix("s"), calendar=True) if word.removesuffix("s") in CALENDAR else None
            )
        return Quantity(value, unit or "1")

    def measure(self) -> Unit | None:
        """The unit as factor and dimensions; None where it is of no known system, or a calendar year or month."""
        if self.system != UCUM:
            return None
        code = _DEFINITE.get(self.unit) if self.calendar else self.unit
        if code is None:
            return None
        try:
            return unit_named(code)
        except UnitError:
            return None

    def same_unit(self, other: "Quantity") -> bool:
        """Whether the values can be compared as they are."""
        return (self.unit, self.system, self.calendar) == (other.unit, other.system, other.calendar)

    def in_base(self) -> tuple[Decimal, tuple[tuple[str, int], ...]] | None:
        """The value in base units with its dimensions; None where the unit is not known."""
        unit = self.measure()
        return None if unit is None else (unit.to_base(self.value), unit.dimensions)

    def pair(self, other: "Quantity") -> tuple[Decimal, Decimal] | None:
        """Both values in one unit; None where they have none in common."""
        if self.same_unit(other):
            return self.value, other.value
        mine, yours = self.in_base(), other.in_base()
        if mine is None or yours is None or mine[1] != yours[1]:
            return None
        return mine[0], yours[0]

    def key(self) -> tuple[object, ...]:
        """What equal quantities share."""
        base = self.in_base()
        if base is None:
            return ("Quantity", self.value.normalize(), self.unit, self.system, self.calendar)
        return ("Quantity", round(base[0], 20).normalize(), base[1])

    def times(self, other: "Quantity") -> "Quantity | None":
        """The product, in base units unless one factor is a plain number."""
        if other.unit == "1":
            return Quantity(self.value * other.value, self.unit, self.system, self.calendar)
        if self.unit == "1":
            return other.times(self)
        return (
            None
            if self.calendar or other.calendar
            else Quantity(self.value * other.value, f"{self.unit}.{_inner(other)}")
        )

    def over(self, other: "Quantity") -> "Quantity | None":
        """The quotient; None for a division by zero."""
        if other.value == 0:
            return None
        if other.unit == "1":
            return Quantity(self.value / other.value, self.unit, self.system, self.calendar)
        if self.same_unit(other):
            return Quantity(self.value / other.value)
        return (
            None
            if self.calendar or other.calendar
            else Quantity(self.value / other.value, f"{self.unit}/{_inner(other)}")
        )


def _inner(quantity: Quantity) -> str:
    unit = quantity.unit
    return f"({unit})" if "/" in unit or "." in unit else unit
