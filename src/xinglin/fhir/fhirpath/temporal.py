"""Dates, date-times and times of FHIRPath: values of a precision (FHIRPath 2.0, Date, DateTime, Time).

2012, 2012-04 and 2012-04-15 are different values; comparing what differs only in precision has no answer.
"""

import calendar
import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

_DATE = r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?"
_TIME = r"(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d+)?))?)?"
_ZONE = r"(?P<zone>Z|[+-]\d\d:\d\d)?"
_FORMS = {
    "Date": re.compile(_DATE, re.ASCII),
    "DateTime": re.compile(f"{_DATE}(?:T(?:{_TIME}{_ZONE})?)?", re.ASCII),
    "Time": re.compile(f"T?{_TIME}", re.ASCII),
}
_NAMES = ("year", "month", "day", "hour", "minute", "second")
_FEWEST = (0, 1, 1, 0, 0, 0)
_EARLIEST_ZONE, _LATEST_ZONE = 14 * 60, -12 * 60
"""Minutes of the offsets within which an instant without an offset may lie."""

_UNIX = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are counted in whole microseconds, offsets apart
UNITS = {"year": 1, "month": 2, "week": 3, "day": 3, "hour": 4, "minute": 5, "second": 6, "millisecond": 6}
"""Units of calendar durations, with the precision that they count in."""

_SECONDS: dict[str, int | Decimal] = {
    "week": 604800,
    "day": 86400,
    "hour": 3600,
    "minute": 60,
    "second": 1,
    "millisecond": Decimal("0.001"),
}


class Temporal:
    """A date, date-time or time. `fields` are year to second (time: hour to second), as many as are written.

    Seconds are a Decimal that keeps the digits written. `offset` is in minutes, None where none is written.
    """

    __slots__ = ("fields", "kind", "offset")

    def __init__(self, kind: str, fields: tuple[int | Decimal, ...], offset: int | None = None) -> None:
        self.kind = kind
        self.fields = fields
        self.offset = offset

    @staticmethod
    def parse(text: str, kind: str) -> "Temporal | None":
        """Reads `2012-04-15`, `2012-04-15T10:00+08:00`, `10:00:00`; None for what is not one that exists."""
        return _parse(text, kind)

    def __repr__(self) -> str:
        return f"Temporal({self.kind}, {self})"

    def __str__(self) -> str:
        texts = [f"{number:04d}" if name == "year" else _two(number) for name, number in self._named()]
        if self.kind == "Time":
            return ":".join(texts)
        date, time = "-".join(texts[:3]), ":".join(texts[3:])
        if self.kind == "Date" or not time:
            return date
        return f"{date}T{time}{self._zone()}"

    def _named(self) -> list[tuple[str, int | Decimal]]:
        names = _NAMES[3:] if self.kind == "Time" else _NAMES
        return list(zip(names, self.fields, strict=False))

    def _zone(self) -> str:
        if self.offset is None:
            return ""
        if self.offset == 0:
            return "Z"
        hours, minutes = divmod(abs(self.offset), 60)
        return f"{'-' if self.offset < 0 else '+'}{hours:02d}:{minutes:02d}"

    def key(self) -> tuple[object, ...]:
        """What equal values share: kind and fields, in UTC where an offset is known."""
        fields = self.utc() if self.offset else self.fields
        return ("Time" if self.kind == "Time" else "Date", *fields, self.offset is not None)

    def precision(self) -> int:
        """Digits written: 4 for a year to 17 for a date-time with milliseconds; 2 to 9 for a time."""
        digits = (2, 2, 2) if self.kind == "Time" else (4, 2, 2, 2, 2, 2)
        last = self.fields[-1]
        return sum(digits[: len(self.fields)]) + (_fraction(last) if isinstance(last, Decimal) else 0)

    def compare(self, other: "Temporal") -> int | None:
        """-1, 0 or 1; None where the precisions leave it open (FHIRPath 2.0, Comparison, Date/Time)."""
        if (self.offset is None) != (other.offset is None) and self.kind != "Time":
            return self._compare_ranges(other)
        mine = self.utc() if self.offset is not None else self.fields
        yours = other.utc() if other.offset is not None else other.fields
        for left, right in zip(mine, yours, strict=False):
            if left != right:
                return -1 if left < right else 1
        return 0 if len(mine) == len(yours) else None

    def equal(self, other: "Temporal") -> bool | None:
        """Whether both are the same; None where the precisions leave it open."""
        if (self.kind == "Time") != (other.kind == "Time"):
            return False
        order = self.compare(other)
        return None if order is None else order == 0

    def _compare_ranges(self, other: "Temporal") -> int | None:
        low, high = self.instants()
        other_low, other_high = other.instants()
        return -1 if high < other_low else 1 if low > other_high else None

    def instants(self) -> tuple[timedelta, timedelta]:
        """The earliest and the latest instant that this may be, since 1970 in UTC."""
        low, high = _instant(completed(self, latest=False)), _instant(completed(self, latest=True))
        if self.offset is not None:
            shift = timedelta(minutes=self.offset)
            return low - shift, high - shift
        return low - timedelta(minutes=_EARLIEST_ZONE), high - timedelta(minutes=_LATEST_ZONE)

    def utc(self) -> tuple[int | Decimal, ...]:
        """The fields in UTC, as they are where no offset is known."""
        if not self.offset or len(self.fields) < 4:
            return self.fields
        year, month, day, hour, *rest = self.fields
        minute = int(rest[0]) if rest else 0
        try:
            moment = datetime(int(year), int(month), int(day), int(hour), minute) - timedelta(  # noqa: DTZ001
                minutes=self.offset
            )
        except OverflowError:
            return self.fields
        whole = (moment.year, moment.month, moment.day, moment.hour, moment.minute, *rest[1:])
        return whole[: len(self.fields)]

    def plus(self, amount: Decimal, unit: str) -> "Temporal | None":
        """Later by a calendar duration, None beyond the years 1 to 9999 (FHIRPath 2.0, Date/Time Arithmetic).

        Fractions count for seconds only; what is finer than the precision of this value is rounded down to it.
        """
        if unit not in ("second", "millisecond"):
            amount = Decimal(int(amount))
        if unit in ("year", "month"):
            return self._plus_months(int(amount) * (12 if unit == "year" else 1))
        seconds = amount * _SECONDS[unit]
        if self.kind != "Time" and len(self.fields) < 3:
            days = int(seconds / 86400)
            return self._plus_months(int(days / 365) * 12 if len(self.fields) == 1 else int(days / 30))
        return self._plus_seconds(seconds)

    def _plus_months(self, months: int) -> "Temporal | None":
        if self.kind == "Time":
            return None
        year, month = int(self.fields[0]), int(self.fields[1]) if len(self.fields) > 1 else 1
        count = year * 12 + month - 1 + (months if len(self.fields) > 1 else int(months / 12) * 12)
        year, month = count // 12, count % 12 + 1
        if not 1 <= year <= 9999:
            return None
        fields: list[int | Decimal] = [year, month, *self.fields[2:]][: len(self.fields)]
        if len(fields) > 2:
            fields[2] = min(int(fields[2]), calendar.monthrange(year, month)[1])
        return Temporal(self.kind, tuple(fields), self.offset)

    def _plus_seconds(self, seconds: Decimal) -> "Temporal | None":
        try:
            instant = _instant(completed(self, latest=False)) + timedelta(microseconds=int(seconds * 1_000_000))
            moment = _UNIX + instant
        except OverflowError:
            return None
        scale = max(_fraction(self.fields[-1]), 3 if moment.microsecond else 0)
        second = (Decimal(moment.second) + Decimal(moment.microsecond) / 1_000_000).quantize(Decimal(1).scaleb(-scale))
        time = (moment.hour, moment.minute, second)
        if self.kind == "Time":
            return Temporal("Time", time[: len(self.fields)])
        fields = (moment.year, moment.month, moment.day, *time)[: len(self.fields)]
        return Temporal(self.kind, fields, self.offset)

    def boundary(self, precision: int | None, *, latest: bool) -> "Temporal | None":
        """The least or the greatest value that this may be, written with so many digits; None if there is none."""
        steps = {"Date": (4, 6, 8), "DateTime": (4, 6, 8, 10, 12, 14, 17), "Time": (2, 4, 6, 9)}[self.kind]
        wanted = steps[-1] if precision is None else precision
        if wanted not in steps:
            return None
        fields = completed(self, latest=latest)
        if self.kind == "Time":
            fields = fields[-3:]
        size = steps.index(wanted) + 1
        if wanted == steps[-1] and self.kind != "Date":
            size -= 1
        else:
            fields = tuple(int(field) for field in fields)
        offset = self.offset
        if self.kind == "DateTime" and size > 3 and offset is None:
            offset = _LATEST_ZONE if latest else _EARLIEST_ZONE
        return Temporal(self.kind, fields[:size], offset)


def _two(number: int | Decimal) -> str:
    if isinstance(number, int):
        return f"{number:02d}"
    text = format(number, "f")
    return text if text[1:2].isdigit() else f"0{text}"


def _fraction(number: int | Decimal) -> int:
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else 0
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


@lru_cache(maxsize=4096)
def _parse(text: str, kind: str) -> Temporal | None:
    match = _FORMS[kind].fullmatch(text)
    if match is None:
        return None
    groups = match.groupdict()
    texts = [t for name in _NAMES if (t := groups.get(name)) is not None]
    names = _NAMES[3:] if kind == "Time" else _NAMES
    fields = tuple(Decimal(t) if n == "second" else int(t) for n, t in zip(names, texts, strict=False))
    if not _exists(dict(zip(names, fields, strict=False))):
        return None
    return Temporal(kind, fields, _offset(groups.get("zone")))


def _offset(zone: str | None) -> int | None:
    if zone is None or zone == "Z":
        return None if zone is None else 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes


def _exists(fields: dict[str, int | Decimal]) -> bool:
    month, day = int(fields.get("month", 1)), int(fields.get("day", 1))
    if not (fields.get("year", 1) > 0 and 1 <= month <= 12):
        return False
    last = calendar.monthrange(int(fields.get("year", 2000)), month)[1]
    return (
        1 <= day <= last
        and fields.get("hour", 0) < 24
        and fields.get("minute", 0) < 60
        and fields.get("second", 0) < 61
    )


def completed(value: Temporal, *, latest: bool) -> tuple[int | Decimal, ...]:
    """All six fields, what is not written being the first or the last possible; a time is of 1970-01-01."""
    fields = list(value.fields)
    if value.kind == "Time":
        fields = [1970, 1, 1, *fields]
    for position in range(len(fields), 6):
        if position == 2 and latest:
            fields.append(calendar.monthrange(int(fields[0]), int(fields[1]))[1])
        else:
            fields.append((0, 12, 0, 23, 59, 59)[position] if latest else _FEWEST[position])
    if not isinstance(fields[5], Decimal) or not _fraction(fields[5]):
        fields[5] = Decimal(int(fields[5])) + Decimal("0.999" if latest else "0.000")
    return tuple(fields)


def _instant(fields: tuple[int | Decimal, ...]) -> timedelta:
    year, month, day, hour, minute = (int(field) for field in fields[:5])
    second = Decimal(fields[5])
    start = datetime(year, month, day, hour, minute) - _UNIX  # noqa: DTZ001
    return start + timedelta(microseconds=int(second * 1_000_000))
