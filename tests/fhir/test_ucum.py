"""Units of UCUM."""

from decimal import Decimal

import pytest

from xinglin.fhir.ucum import UnitError, unit_named
from xinglin.fhir.units import TABLE


@pytest.mark.parametrize(
    ("one", "factor", "other"),
    [
        ("g/dL", 10, "g/L"),
        ("mg/dL", Decimal("0.01"), "g/L"),
        ("mm[Hg]", Decimal("0.133322"), "kPa"),
        ("10*9/L", 1, "10*3/uL"),
        ("{cells}/uL", 1000000, "/L"),
        ("L/min", 60, "L/h"),
        ("U/L", Decimal("0.01666666666666666667"), "ukat/L"),
        ("m[IU]/L", 1, "u[iU]/mL"),
        ("[lb_av]", Decimal("0.45359237"), "kg"),
        ("[in_i]", Decimal("2.54"), "cm"),
        ("kg/m2", 1, "kg.m-2"),
        ("mL/(kg.min)", 1, "mL/kg/min"),
        ("wk", 168, "h"),
        ("a", Decimal("365.25"), "d"),
        ("%", Decimal("0.01"), "1"),
        ("mmol/L", 1, "meq/L"),
        ("mg{creat}", 1, "mg"),
        ("mL/min/{1.73_m2}", 1, "mL/min"),
        ("KiBy", 1024, "By"),
    ],
)
def test_units_convert(one: str, factor: Decimal | int, other: str) -> None:
    left, right = unit_named(one), unit_named(other)
    assert left.dimensions == right.dimensions
    ratio = left.to_base(Decimal(1)) / right.to_base(Decimal(1))
    assert abs(ratio - factor) < Decimal("1e-18")


def test_temperatures_have_zeros_of_their_own() -> None:
    assert unit_named("Cel").to_base(Decimal("37.0")) == Decimal("310.15")
    fahrenheit = unit_named("[degF]").to_base(Decimal("98.6"))
    assert abs(fahrenheit - Decimal("310.15")) < Decimal("1e-20")


@pytest.mark.parametrize(("one", "other"), [("g", "m"), ("[iU]", "U"), ("[pH]", "1"), ("[iU]", "[arb'U]"), ("Np", "B")])
def test_different_dimensions_stay_apart(one: str, other: str) -> None:
    assert unit_named(one).dimensions != unit_named(other).dimensions


@pytest.mark.parametrize("code", ["", "foo", "mg/", "mg//L", "(mg", "mg)", "m g", "mgg", "pmin", "k[in_i]", "Mg L"])
def test_what_is_no_unit_is_refused_with_its_name(code: str) -> None:
    with pytest.raises(UnitError, match="is not a unit of UCUM"):
        unit_named(code)


def test_every_unit_of_the_table_can_be_read() -> None:
    codes = [line.split(" ")[0] for line in TABLE.strip().splitlines()]
    assert len(codes) == len(set(codes))
    for code in codes:
        assert unit_named(code).factor > 0
