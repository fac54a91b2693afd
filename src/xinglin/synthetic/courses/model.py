"""What a course of disease is: a declaration that a physician can read, check and correct.

Texts may hold `{n}`, the number that stands for the whole course (days, weeks or months since it began), values of the
visit's vital signs (`{temperature}`, `{systolic}`, `{diastolic}`, `{pulse}`, `{saturation}`), `{week}` of a pregnancy,
`{known}` for how long a chronic disease is known, `{peak}` for the highest temperature so far, `{side}` for 左 or 右,
`{3-7}` for a whole number, and alternatives like `{干咳|咳白痰}`, one of which is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Span = tuple[float, float]
"""From, to; both included."""


@dataclass(frozen=True)
class Rx:
    """One medicine of a prescription.

    `units` tablets, capsules, mL or the like each time; or `per_kg` of the strength's unit for each kg of weight, in
    steps of `step` units; or `bands`: (weight in kg up to which, units). `share` of the patients get it; the others,
    and who must not have it, get `otherwise`, or nothing. With `needed`, it is taken only when needed.
    """

    drug: str
    units: str = "1"
    frequency: str = "qd"
    days: int = 7
    route: str = "oral"
    share: float = 1.0
    per_kg: float | None = None
    step: str = "0.5"
    bands: tuple[tuple[float, str], ...] = ()
    otherwise: "Rx | None" = None
    needed: bool = False


@dataclass(frozen=True)
class Visit:
    """One visit: what the doctor writes, measures, orders and prescribes.

    `values` override the normal distribution of analytes, by a span or, for those without a number, by a text with
    alternatives; `vitals` those of vital signs; `studies` are (code, finding); `after` are days since the visit before.
    """

    complaint: str
    history: str
    examination: str
    plan: str
    vitals: Mapping[str, Span] = field(default_factory=dict)
    panels: tuple[str, ...] = ()
    values: Mapping[str, Span | str] = field(default_factory=dict)
    studies: tuple[tuple[str, str], ...] = ()
    drugs: tuple[Rx, ...] = ()
    after: tuple[int, int] = (7, 10)


@dataclass(frozen=True)
class Course:
    """A disease over time.

    `icd` and `name` are code and name of GB/T 14396-2016, on which the national clinical edition of ICD-10 rests;
    `source` is where findings, tests and treatment come from. `weight` says how frequent it is in its department's
    clinics, `male` the share of men (`sex` where only one has it), `age` are youngest, most frequent and oldest in
    years. `visits` follow one another, `returns` of the patients come to each next one; with `follow`, most patients
    are known already and come again every so many days. `egfr` (mL/min/1.73 m²) and `bmi` (kg/m²) replace what is
    usual.
    """

    code: str
    name: str
    icd: str
    source: str
    age: tuple[int, int, int]
    visits: tuple[Visit, ...]
    weight: float = 1.0
    male: float = 0.5
    sex: str | None = None
    n: tuple[int, int] = (2, 5)
    past: str = "既往体健。"
    past_of_women: str | None = None
    """Where it differs: few women of the older generations smoke or drink."""
    follow: Visit | None = None
    every: tuple[int, int] = (28, 30)
    returns: float = 0.7
    pregnant: tuple[int, int] | None = None
    """Weeks of a pregnancy at the first visit, or None."""
    egfr: Span | None = None
    bmi: Span | None = None

    @property
    def all_visits(self) -> tuple[Visit, ...]:
        """Every visit that is declared."""
        return (*self.visits, *((self.follow,) if self.follow else ()))


@dataclass(frozen=True)
class Department:
    """A clinical department with its courses; `weight` is its share of all visits, in parts of any sum."""

    code: str
    name: str
    weight: float
    courses: tuple[Course, ...]
    beds: float = 0.0
    """Its share of the hospital's beds, in parts of any sum."""
