"""A search, parsed: what the store turns into SQL."""

from dataclasses import dataclass
from typing import TypeAlias, Union

from xinglin.fhir.outcome import Issue
from xinglin.fhir.search.dates import Span
from xinglin.fhir.search.known import R4, SearchParameters
from xinglin.fhir.search.numbers import Interval


@dataclass(frozen=True, slots=True)
class TermFilter:
    """Resources that have any of these terms; with `negated`, those that have none of them.

    `patient` is the number of a patient where the one term says that the resource is about them.
    """

    terms: tuple[int, ...]
    negated: bool = False
    patient: int = 0


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Resources with a span of time that stands to any of these as its prefix says; `parameter` None: lastUpdated."""

    parameter: int | None
    spans: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class NumberRange:
    """What is asked of a number: `interval` is what rounds to the value (eq, ne), else the value itself, twice.

    `unit` is the number of a unit with its system, `code` that of a unit by its code or text alone. `ucum` is
    the code of a unit of UCUM: then the same value in other units is meant too.
    """

    prefix: str
    interval: Interval
    unit: int | None = None
    code: int | None = None
    ucum: str = ""


@dataclass(frozen=True, slots=True)
class NumberFilter:
    """Resources with a number or quantity that stands to any of these as its prefix says.

    `units` is the number under which the dictionary of texts has the units of UCUM that resources of the type have; the
    store adds ranges in those that mean the same.
    """

    parameter: int
    ranges: tuple[NumberRange, ...]
    units: int = 0


@dataclass(frozen=True, slots=True)
class StretchFilter:
    """Resources with a stretch whose start and end stand to these as their prefixes say."""

    parameter: int
    start: NumberRange
    end: NumberRange


@dataclass(frozen=True, slots=True)
class NearFilter:
    """Resources with a position that is within a distance, in metres, of the one in degrees.

    The first two are the numbers of the parameters for latitude and longitude. The box holds all that can be so near.
    """

    latitude_parameter: int
    longitude_parameter: int
    latitude: float
    longitude: float
    metres: float
    latitudes: Interval
    longitudes: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class StringFilter:
    """Resources with a normalised text that starts with, or contains, any of these.

    For a part, `pairs` holds for each text the terms that a resource with the text has; empty where it is too short.
    With `ending`, the part is the end.
    """

    parameter: int
    texts: tuple[str, ...]
    anywhere: bool = False
    pairs: tuple[tuple[int, ...], ...] = ()
    ending: bool = False


@dataclass(frozen=True, slots=True)
class WordsFilter:
    """Resources whose narrative, or any text where `everywhere`, has all words of any of these alternatives.

    There is no index for it: it is looked for among what other filters leave.
    """

    alternatives: tuple[tuple[str, ...], ...]
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Resources that have a term from the dictionary of texts: one whose text starts with any of these."""

    parameter: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdFilter:
    """Resources with any of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissingFilter:
    """Resources that have no value for a parameter, or, with `present`, that have one.

    `table` is where the values of the parameter are: date, string or number.
    """

    table: str
    parameter: int
    present: bool = False


@dataclass(frozen=True, slots=True)
class ChainFilter:
    """Resources that refer, by a parameter of which `parameter_term` is the number, to a match of the filter.

    `single`: a resource refers to one other at most by this parameter.
    """

    parameter_term: int
    target: str
    filter: "Filter"
    single: bool = False


@dataclass(frozen=True, slots=True)
class HasFilter:
    """Resources to which a match of the filter, of type `source`, refers by a parameter."""

    parameter_term: int
    source: str
    filter: "Filter"


@dataclass(frozen=True, slots=True)
class ValueSetFilter:
    """Resources with a code, by this parameter, of a value set; with `negated`, without one.

    The store replaces it by terms, as soon as it knows the codes of the value set.
    """

    type: str
    parameter: str
    url: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class SubsumptionFilter:
    """Resources with a code, by this parameter, that subsumes the given one (`above`) or is subsumed by it.

    The store replaces it by terms, as soon as it knows the codes.
    """

    type: str
    parameter: str
    system: str
    code: str
    above: bool


@dataclass(frozen=True, slots=True)
class HierarchyFilter:
    """Resources that refer, by this parameter, to `target`/`id`, or to what lies above or below it.

    `parent_term` is the number of the parameter by which a target refers to the one of its type that is above it.

    The store replaces it by terms, as soon as it knows the targets.
    """

    type: str
    parameter: str
    target: str
    id: str
    above: bool
    parent_term: int


@dataclass(frozen=True, slots=True)
class AllOf:
    """Resources for which all of these hold; with none, every resource."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Resources for which any of these holds; with none, no resource."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Resources for which this does not hold."""

    filter: "Filter"


@dataclass(frozen=True, slots=True)
class Guard:
    """Resources that whoever asks may see; what it looks at itself, it sees without limits."""

    filter: "Filter"


Filter: TypeAlias = Union[  # noqa: UP007  a recursive alias must be spelled so
    TermFilter,
    DateFilter,
    NumberFilter,
    StretchFilter,
    NearFilter,
    StringFilter,
    WordsFilter,
    TextFilter,
    IdFilter,
    MissingFilter,
    ChainFilter,
    HasFilter,
    ValueSetFilter,
    SubsumptionFilter,
    HierarchyFilter,
    AllOf,
    AnyOf,
    Not,
    Guard,
]


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order.

    `by` is id, updated, date, string or number, the last three with the number of the parameter, or text: then `paths`
    lead to the values, as SQL/JSON paths.
    """

    by: str
    descending: bool
    parameter: int = 0
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """Resources to add: those that `parameter` of `source` refers to, or, reversed, those that refer by it.

    `source` or `parameter` "*" is any; `target` limits the type referred to, "" is any. With `iterate`, also from what
    was included before.
    """

    source: str
    parameter: str
    target: str = ""
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of each resource is wanted.

    `summary` is "", true, text or data; `elements` names those of `_elements`, by type where it was written so.
    """

    summary: str = ""
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A search on one type, or on several: all filters hold, in this order, `count` at most, after `cursor`.

    `contained` is false, true (only what others contain) or both; `contained_type` tells what is given back of that:
    the container or what is contained. `warnings` tell what was asked for but left out, with `handling=lenient`;
    `known` are the parameters by which it was read.
    """

    type: str
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = 50
    total: bool = False
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    cursor: str | None = None
    shape: Shape = Shape()
    contained: str = "false"
    contained_type: str = "container"
    warnings: tuple[Issue, ...] = ()
    known: SearchParameters = R4
