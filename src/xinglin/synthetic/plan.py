"""What hospital is wanted: all that decides its bytes, and nothing else does."""

from dataclasses import dataclass
from datetime import date, timedelta

from xinglin.fhir.outcome import BadRequest, Issue

UNTIL = date(2026, 10, 31)
"""The last day, where none is named: a fixed one, so that the same command always gives the same hospital."""

LIMITS = {
    "seed": (0, 2**31 - 1),
    "campuses": (1, 5),
    "beds": (50, 10_000),
    "patients": (1, 2_000_000),
    "days": (7, 1_000),
    "duplicates": (0.0, 0.5),
}
"""Least and most of each number of a plan."""


@dataclass(frozen=True)
class Plan:
    """A hospital: `patients` people who come within `days` days that end with `until`; a share `duplicates` of them is
    registered twice. Raises `BadRequest`, which names every number that is out of its bounds and the bounds."""

    seed: int = 1
    campuses: int = 2
    beds: int = 800
    patients: int = 20_000
    days: int = 90
    until: date = UNTIL
    duplicates: float = 0.0

    def __post_init__(self) -> None:
        issues = [
            Issue("error", "value", f"{name} is {getattr(self, name)}; accepted is {low} to {high}", name)
            for name, (low, high) in LIMITS.items()
            if not low <= getattr(self, name) <= high
        ]
        if not date(1990, 1, 1) <= self.until <= date(2100, 1, 1):
            issues.append(Issue("error", "value", f"until is {self.until}; accepted is 1990 to 2099", "until"))
        if issues:
            raise BadRequest(issues=issues)

    @property
    def first(self) -> date:
        """The first day."""
        return self.until - timedelta(days=self.days - 1)

    @property
    def text(self) -> str:
        """All of it, as it is noted in the hospital itself."""
        shown = f" duplicates={self.duplicates:g}" if self.duplicates else ""
        return (
            f"seed={self.seed} campuses={self.campuses} beds={self.beds} patients={self.patients} days={self.days}"
            f" until={self.until}{shown}"
        )

    def id(self, kind: str, number: int) -> str:
        """The id of a thing of the hospital; numbers have so many digits that ids grow with them."""
        return f"s{self.seed}-{kind}{number:07d}"
