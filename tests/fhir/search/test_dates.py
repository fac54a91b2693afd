"""Dates as spans of time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.fhir.search.dates import EARLIEST, LATEST, Span, span, span_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", at(2026, 1, 1), at(2027, 1, 1)),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1)),
        ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2026-12-31", at(2026, 12, 31), at(2027, 1, 1)),
        ("2026-01-01T08:30Z", at(2026, 1, 1, 8, 30), at(2026, 1, 1, 8, 31)),
        ("2026-01-01T08:30:15+08:00", at(2026, 1, 1, 0, 30, 15), at(2026, 1, 1, 0, 30, 16)),
        ("2026-01-01T08:30:15.5Z", at(2026, 1, 1, 8, 30, 15, 500_000), at(2026, 1, 1, 8, 30, 15, 600_000)),
        ("2026-01-01T08:30:15.123456789Z", at(2026, 1, 1, 8, 30, 15, 123_456), at(2026, 1, 1, 8, 30, 15, 123_457)),
        ("0001-01-01", EARLIEST, EARLIEST),
        ("9999", at(9999, 1, 1), LATEST),
        ("9999-12-31", LATEST, LATEST),
    ],
)
def test_span(text: str, low: datetime, high: datetime) -> None:
    assert span(text) == Span(low, high)


def test_a_day_is_the_day_of_the_hospital() -> None:
    assert span("2026-02-28", SHANGHAI) == Span(at(2026, 2, 27, 16), at(2026, 2, 28, 16))
    assert span("2026-02-28T09:30:00", SHANGHAI).low == at(2026, 2, 28, 1, 30)


@pytest.mark.parametrize(
    "text", ["", "20", "2026-13", "2026-02-30", "2026-1-1", "today", "2026-01-01T25:00Z", "0000", "２０２６"]
)
def test_what_is_not_a_date_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        span(text)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia"])
@given(day=st.dates(at(1, 1, 3).date(), at(9998, 12, 31).date()))
def test_every_day_has_a_span_that_holds_it(zone: str, day: object) -> None:
    found = span(str(day), ZoneInfo(zone))
    # Samoa left out the whole of 30 December 2011.
    assert timedelta(0) < found.high - found.low <= timedelta(hours=48)


def test_periods_may_be_open() -> None:
    assert span_of({"start": "2026"}) == Span(at(2026, 1, 1), LATEST)
    assert span_of({"end": "2026"}) == Span(EARLIEST, at(2027, 1, 1))
    assert span_of({"extension": []}) is None


def test_a_period_that_ends_before_it_starts_is_still_a_span() -> None:
    assert span_of({"start": "2026", "end": "2025"}) == Span(at(2026, 1, 1), at(2026, 1, 1))


def test_a_timing_spans_its_events_and_bounds() -> None:
    timing = {
        "event": ["2026-01-02", "2026-01-05"],
        "repeat": {"boundsPeriod": {"start": "2026-01-01", "end": "2026-01-03"}},
    }
    assert span_of(timing) == Span(at(2026, 1, 1), at(2026, 1, 6))
    assert span_of({"repeat": {"frequency": 1}}) is None
