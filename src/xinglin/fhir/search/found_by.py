"""What a resource is found by, and what adds to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo

from xinglin.fhir.search.dates import Span
from xinglin.fhir.search.numbers import Interval
from xinglin.fhir.types import Json


@dataclass(slots=True)
class Terms:
    """What one resource is found by.

    `dates` and `strings` hold (parameter number, value), `numbers` (parameter number, interval, number of the unit
    with its system, number of its code). `texts` are entries of the dictionary for `:text` and `:below`: (parameter
    number, text, term). `patients` are the numbers of the patients that the resource is about.
    """

    hashes: set[int] = field(default_factory=set)
    dates: set[tuple[int, Span]] = field(default_factory=set)
    strings: set[tuple[int, str]] = field(default_factory=set)
    numbers: set[tuple[int, Interval, int, int]] = field(default_factory=set)
    texts: set[tuple[int, str, int]] = field(default_factory=set)
    patients: set[int] = field(default_factory=set)


Add = Callable[[Terms, Json, tzinfo], None]
"""Adds what one value is found by."""
