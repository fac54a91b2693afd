"""Positions of Locations, and the distance from one (FHIR R4, Location, near)."""

from decimal import Decimal, InvalidOperation
from math import asin, cos, degrees, inf, pi, radians, sin

from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.escapes import split, unescaped
from xinglin.fhir.search.numbers import Interval, decimal
from xinglin.fhir.search.query import NearFilter
from xinglin.fhir.search.registry import NEAR
from xinglin.fhir.search.terms import parameter_number
from xinglin.fhir.types import Json
from xinglin.fhir.ucum import UnitError, unit_named

RADIUS = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG): distances are those on a sphere, which is right to half a per cent."""

DEFAULT_KILOMETRES = 10
"""The distance where none is named, which R4 leaves to the server."""

_ACCEPTED = "accepted is latitude|longitude[|distance[|unit]], in degrees, such as 31.23|121.47|5|km"
_SPARE = 1e-9
# Degrees by which the box is wider than the circle, so that no rounding leaves out its edge.


def numbers() -> tuple[int, int]:
    """The numbers under which latitudes and longitudes are kept."""
    return parameter_number("Location", NEAR), parameter_number("Location", f"{NEAR}$longitude")


def position(value: Json) -> tuple[Interval, Interval] | None:
    """Latitude and longitude of a Location.position as intervals without extent; None where one is missing."""
    latitude, longitude = decimal(value.get("latitude")), decimal(value.get("longitude"))
    if latitude is None or longitude is None:
        return None
    return Interval(latitude, latitude), Interval(longitude, longitude)


def near(value: str) -> NearFilter:
    """The filter for `latitude|longitude|distance|unit`; without a unit, the distance is in kilometres.

    Raises `BadRequest`.
    """
    parts = [unescaped(part) for part in split("|", value)]
    if not 2 <= len(parts) <= 4:
        raise BadRequest(f"{NEAR}={value} is not accepted; {_ACCEPTED}", code="value")
    latitude, longitude = _number(value, parts[0], 90), _number(value, parts[1], 180)
    unit = parts[3] if len(parts) == 4 and parts[3] else "km"
    distance = _number(value, parts[2], inf) if len(parts) > 2 and parts[2] else float(DEFAULT_KILOMETRES)
    if distance < 0:
        raise BadRequest(f"{NEAR}={value}: a distance is not below 0; {_ACCEPTED}", code="value")
    metres = distance * _metres(value, unit)
    return NearFilter(*numbers(), latitude, longitude, metres, *_box(latitude, longitude, metres))


def _number(value: str, text: str, most: float) -> float:
    try:
        number = float(Decimal(text))
    except (InvalidOperation, OverflowError) as error:
        raise BadRequest(f"{NEAR}={value}: {text!r} is not a number; {_ACCEPTED}", code="value") from error
    if not abs(number) <= most or number in (inf, -inf):
        raise BadRequest(f"{NEAR}={value}: {text} is beyond {most} degrees; {_ACCEPTED}", code="value")
    return number


def _metres(value: str, code: str) -> float:
    try:
        unit = unit_named(code)
        if unit.dimensions != (("m", 1),):
            raise UnitError(f"{code!r} is no length")
    except UnitError as error:
        raise BadRequest(f"{NEAR}={value}: {error}; accepted is a length of UCUM: km, m, [mi_i], [mi_us]") from error
    return float(unit.factor)


def _box(latitude: float, longitude: float, metres: float) -> tuple[Interval, tuple[Interval, ...]]:
    """Latitudes and longitudes that hold the circle; two ranges of longitudes where it crosses the antimeridian."""
    angle = min(metres / RADIUS, pi)
    south, north = latitude - degrees(angle) - _SPARE, latitude + degrees(angle) + _SPARE
    everywhere = (_interval(-180, 180),)
    if south <= -90 or north >= 90 or angle >= pi / 2:  # it holds a pole
        return _interval(max(south, -90), min(north, 90)), everywhere
    half = degrees(asin(min(1.0, sin(angle) / cos(radians(latitude))))) + _SPARE
    west, east = longitude - half, longitude + half
    ranges: tuple[Interval, ...]
    if west < -180:
        ranges = (_interval(west + 360, 180), _interval(-180, east))
    elif east > 180:
        ranges = (_interval(west, 180), _interval(-180, east - 360))
    else:
        ranges = (_interval(west, east),)
    return _interval(south, north), ranges


def _interval(low: float, high: float) -> Interval:
    return Interval(Decimal(repr(float(low))), Decimal(repr(float(high))))
