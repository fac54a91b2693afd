"""Dates as the spans of time that they mean (FHIR R4, Search, date): 2026-02 is the whole of February.

A span is half open, [low, high), in UTC. A date without a zone means the day where the hospital is: `zone`.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from xinglin.fhir.types import Json


class Span(NamedTuple):
    """From `low` up to, not including, `high`."""

    low: datetime
    high: datetime


EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)

_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


@lru_cache(maxsize=8192)
def span(text: str, zone: tzinfo = UTC) -> Span:
    """The span that a date, dateTime or instant means, by its precision. Raises ValueError for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date")
    if match[4] is None:
        low, high = _days(int(match[1]), int(match[2] or 0), int(match[3] or 0), zone)
    else:
        low, step = _time(text, match, zone)
        high = low + step
    return Span(_utc(low), _utc(high))


def _utc(moment: datetime) -> datetime:
    try:
        return min(max(moment.astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:  # the first or last day of the calendar, in a zone far from UTC
        return LATEST if moment.year > EARLIEST.year else EARLIEST


def _days(year: int, month: int, day: int, zone: tzinfo) -> Span:
    """A whole year, month or day; month and day are 0 where they are not given."""
    if year == 0:
        raise ValueError("there is no year 0000")
    low = datetime(year, month or 1, day or 1, tzinfo=zone)
    if year == 9999:
        return Span(low, LATEST)
    if day:
        high = datetime.combine(low.date() + timedelta(days=1), low.timetz())
    elif month:
        high = low.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        high = low.replace(year=year + 1)
    return Span(low, high)


def _time(text: str, match: "re.Match[str]", zone: tzinfo) -> tuple[datetime, timedelta]:
    second, fraction, offset = match[6], match[7], match[8]
    if offset is None:
        moment = datetime.fromisoformat(_microseconds(text, fraction)).replace(tzinfo=zone)
    else:
        moment = datetime.fromisoformat(_microseconds(text, fraction))
    if second is None:
        return moment, timedelta(minutes=1)
    if fraction is None:
        return moment, timedelta(seconds=1)
    return moment, max(timedelta(microseconds=1), timedelta(seconds=10 ** -len(fraction)))


def _microseconds(text: str, fraction: str | None) -> str:
    if fraction is None or len(fraction) <= 6:
        return text
    return text.replace(f".{fraction}", f".{fraction[:6]}")


def span_of(value: Json, zone: tzinfo = UTC) -> Span | None:
    """The span of a date, dateTime, instant, Period or Timing element; None where it has none."""
    if isinstance(value, str):
        return span(value, zone)
    if not isinstance(value, dict):
        return None
    if "event" in value or "repeat" in value:
        return _timing(value, zone)
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return None
    low = span(start, zone).low if start else EARLIEST
    high = span(end, zone).high if end else LATEST
    return Span(low, max(low, high))


def _timing(value: Json, zone: tzinfo) -> Span | None:
    spans = [span(event, zone) for event in value.get("event") or () if event]
    bounds = (value.get("repeat") or {}).get("boundsPeriod")
    if bounds and (outer := span_of(bounds, zone)):
        spans.append(outer)
    return Span(min(s.low for s in spans), max(s.high for s in spans)) if spans else None
