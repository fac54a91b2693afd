"""Reads unit codes of UCUM and tells how units relate (The Unified Code for Units of Measure 2.1).

    unit_named("mg/dL").factor      # in base units: metre, second, gram, radian, kelvin, coulomb, candela

Arbitrary and logarithmic units, such as [iU] and [pH], are dimensions of their own: they compare with themselves only.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from xinglin.fhir.units import BASE, BINARY, OFFSETS, PREFIXES, TABLE

_ATOM = re.compile(r"(?P<symbol>(?:\[[^\]]*\]|[^\[\]().0-9/+\-{}]|10[*^])+)(?P<power>[+-]?\d+)?|(?P<number>\d+)")
_LONE_ANNOTATION = re.compile(r"(^|[./(])\{[^{}]*\}(?=$|[./)])")
_ANNOTATION = re.compile(r"\{[^{}]*\}")


class UnitError(ValueError):
    """The text is not a unit of UCUM that is known here."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`dimensions` are the base units with their exponents, in order; `offset` is added before `factor` multiplies."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...]
    offset: Fraction = Fraction(0)

    def to_base(self, value: Decimal) -> Decimal:
        """A value of this unit in base units."""
        exact = (Fraction(value) + self.offset) * self.factor
        return Decimal(exact.numerator) / Decimal(exact.denominator)

    def power(self, exponent: int) -> "Unit":
        """The unit raised to an exponent."""
        return Unit(self.factor**exponent, tuple((name, e * exponent) for name, e in self.dimensions))

    def times(self, other: "Unit") -> "Unit":
        """The product of two units."""
        exponents = dict(self.dimensions)
        for name, exponent in other.dimensions:
            exponents[name] = exponents.get(name, 0) + exponent
        return Unit(self.factor * other.factor, tuple(sorted((n, e) for n, e in exponents.items() if e)))


@lru_cache(maxsize=4096)
def unit_named(code: str) -> Unit:
    """The unit of a UCUM code (case-sensitive), such as `mg/dL`. Raises `UnitError`."""
    text = code
    if "{" in code:  # {cells}/uL is 1/uL, and mg{creat} is mg
        text = _ANNOTATION.sub("", _LONE_ANNOTATION.sub(r"\g<1>1", code))
    unit, rest = _term(text, code)
    if rest:
        raise UnitError(f"{code!r} is not a unit of UCUM: {rest!r} is left over")
    return unit


def _term(text: str, code: str) -> tuple[Unit, str]:
    """A product or quotient, read from left to right, and what stands after it."""
    if text.startswith("/"):
        unit, text = _component(text[1:], code)
        unit = unit.power(-1)
    else:
        unit, text = _component(text, code)
    while text and text[0] in "./":
        exponent = 1 if text[0] == "." else -1
        factor, text = _component(text[1:], code)
        unit = unit.times(factor.power(exponent))
    return unit, text


def _component(text: str, code: str) -> tuple[Unit, str]:
    if text.startswith("("):
        unit, rest = _term(text[1:], code)
        if not rest.startswith(")"):
            raise UnitError(f"{code!r} is not a unit of UCUM: a ')' is missing")
        return unit, rest[1:]
    match = _ATOM.match(text)
    if match is None:
        raise UnitError(f"{code!r} is not a unit of UCUM at {text!r}")
    rest = text[match.end() :]
    if match["number"]:
        return Unit(Fraction(int(match["number"])), ()), rest
    unit = _simple(match["symbol"])
    return (unit.power(int(match["power"])) if match["power"] else unit), rest


@cache
def _simple(symbol: str) -> Unit:
    """An atom, or a metric atom with its prefix."""
    if (unit := _atom(symbol)) is not None:
        return unit
    for prefix, exponent in PREFIXES.items():
        rest = symbol.removeprefix(prefix)
        if rest != symbol and _is_metric(rest) and (unit := _atom(rest)) is not None:
            return Unit(unit.factor * Fraction(10) ** exponent, unit.dimensions, unit.offset / Fraction(10) ** exponent)
    for prefix, factor in BINARY.items():
        if symbol.removeprefix(prefix) in ("bit", "By") and (unit := _atom(symbol.removeprefix(prefix))) is not None:
            return Unit(unit.factor * factor, unit.dimensions)
    raise UnitError(f"{symbol!r} is not a unit of UCUM that is known here")


def _is_metric(symbol: str) -> bool:
    return symbol in BASE or symbol == "Cel" or _table().get(symbol, ("", "", ""))[0] == "m"


@cache
def _atom(symbol: str) -> Unit | None:
    if symbol in BASE:
        return Unit(Fraction(1), ((symbol, 1),))
    if symbol in OFFSETS:
        factor, offset = OFFSETS[symbol]
        return Unit(Fraction(factor), (("K", 1),), Fraction(offset))
    row = _table().get(symbol)
    if row is None:
        return None
    _, number, of = row
    if of == symbol:
        return Unit(Fraction(1), ((of, 1),))
    unit = unit_named(of)
    return Unit(unit.factor * Fraction(number), unit.dimensions)


@cache
def _table() -> dict[str, tuple[str, str, str]]:
    rows = (line.split(" ") for line in TABLE.strip().splitlines())
    return {code: (metric, number, of) for code, metric, number, of in rows}
