"""What a caller may see and change, as conditions in the SQL of whatever is read: nothing is taken out afterwards.

The store does not know who somebody is. It is given an `Access`, which tells for a type and an interaction which
resources are allowed, as a filter; None stands for the system itself, which may do all. The filter becomes a condition
on the rows of every statement: of what is searched, of what a chain or `_has` goes through, of what is included. So
neither counts nor pages nor the order tell of what is not allowed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from xinglin.fhir import json
from xinglin.fhir.outcome import Forbidden
from xinglin.fhir.search import Query, SearchParameters
from xinglin.fhir.search.query import (
    AllOf,
    AnyOf,
    ChainFilter,
    Filter,
    Guard,
    HasFilter,
    Not,
    TermFilter,
    WordsFilter,
)
from xinglin.fhir.search.registry import Parameter
from xinglin.fhir.types import Resource
from xinglin.store.conditions import Conditions
from xinglin.store.masking import mask
from xinglin.store.statistics import Statistics

EVERYTHING = AllOf(())
NOTHING = AnyOf(())

REDACTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "REDACTED"}
"""The security label of a resource of which elements are hidden."""

MASKED = {**REDACTED, "code": "MASKED"}
"""The security label of a resource of which elements are masked."""


class Condition(NamedTuple):
    """A condition with a leading AND, empty where there is none, and its parameters."""

    sql: str = ""
    parameters: Mapping[str, Any] = {}


class Access(Protocol):
    """What a caller may do, and by whose account; `scopes` are those of the key that limit it, None without a key."""

    account: str
    scopes: tuple[str, ...] | None
    guards: dict[tuple[str, str], Guard]
    """Where the guards are kept, by type and interaction."""

    def allowed(self, type: str, interaction: str) -> Filter:
        """Which resources of a type: `EVERYTHING`, `NOTHING`, or those that a filter finds.

        Interactions are read, search, history, create, update, delete and export. What is created or updated must be
        allowed as it is after the change.
        """

    @property
    def hiding(self) -> frozenset[str]:
        """The types that have elements which are not shown, or only masked."""

    def hidden(self, type: str) -> frozenset[str]:
        """The elements of a type that are not shown, and by which nothing is found."""

    def masked(self, type: str) -> frozenset[str]:
        """The elements of a type of which a mask is shown, and by which nothing is found."""

    def fixed(self, type: str) -> frozenset[str]:
        """The elements of a type that can't be changed, among them those that are hidden or masked."""

    def marks(self, type: str) -> list[Resource]:
        """The tags that a new resource of a type gets; they stay with it, and no others of their systems."""


def guard(access: Access | None, type: str, interaction: str) -> tuple[Filter, ...]:
    """The guard of a type, or none where everything is allowed."""
    if access is None or access.allowed(type, interaction) == EVERYTHING:
        return ()
    return (_kept(access, type, interaction),)


def _kept(access: Access, type: str, interaction: str) -> Guard:
    made = access.guards.get((type, interaction))
    if made is None:
        name = f"{type}_{interaction}".lower()
        made = access.guards[type, interaction] = Guard(access.allowed(type, interaction), name)
    return made


def guarded(wanted: Filter, access: Access) -> Filter:
    """A filter that goes only through resources that are allowed."""
    match wanted:
        case AllOf(filters):
            return AllOf(tuple(guarded(inner, access) for inner in filters))
        case AnyOf(filters):
            return AnyOf(tuple(guarded(inner, access) for inner in filters))
        case Not(inner):
            return Not(guarded(inner, access))
        case ChainFilter(target=type, filter=inner) | HasFilter(source=type, filter=inner):
            through = guarded(inner, access)
            own = through.filters if isinstance(through, AllOf) else (through,)
            return replace(wanted, filter=AllOf((*own, *guard(access, type, "search"))))
    return wanted


def guards(filters: Sequence[Filter]) -> list[Filter]:
    """The guards among filters."""
    return [wanted for wanted in filters if isinstance(wanted, Guard)]


def asked(filters: Sequence[Filter]) -> list[Filter]:
    """The filters that were asked for."""
    return [wanted for wanted in filters if not isinstance(wanted, Guard)]


def wide(filters: Sequence[Filter], statistics: Statistics) -> bool:
    """Whether many resources pass the guards, so that going through all of them soon fills a page."""
    return all(_usual(each, statistics) is not None for each in guards(filters))


def usual_terms(filters: Sequence[Filter], statistics: Statistics) -> list[int]:
    """The frequent terms of what usually passes the guards, where many resources do."""
    return [term for each in guards(filters) for term in _usual(each, statistics) or ()]


def _usual(wanted: Filter, statistics: Statistics) -> tuple[int, ...] | None:
    """Frequent terms that are enough for a filter, taking it that what is excluded is little; None: few pass it."""
    match wanted:
        case Guard(inner):
            return _usual(inner, statistics)
        case TermFilter(negated=True) | Not():
            return ()
        case TermFilter(terms):
            frequent = [term for term in terms if statistics.frequent(term)]
            return (max(frequent, key=lambda term: statistics.counts[term]),) if frequent else None
        case AllOf(filters):
            each = [_usual(inner, statistics) for inner in filters]
            return None if None in each else tuple(term for terms in each for term in terms or ())
        case AnyOf(filters):
            ways = [way for inner in filters if (way := _usual(inner, statistics)) is not None]
            return min(ways, key=lambda way: (len(way), -sum(statistics.counts[term] for term in way)), default=None)
    return None


def visible(
    access: Access | None, types: Sequence[str], interaction: str, statistics: Statistics, r: str = "r"
) -> Condition:
    """The condition that the row `r`, of one of these types, is there and allowed; none where everything is."""
    conditions = Conditions(statistics, hidden=True)
    return Condition(condition(access, types, interaction, conditions, r), conditions.parameters)


def condition(
    access: Access | None, types: Sequence[str], interaction: str, conditions: Conditions, r: str = "r"
) -> str:
    """The same as a part of other conditions."""
    if access is None:
        return ""
    allowed = {type: access.allowed(type, interaction) for type in types}
    free = [type for type, wanted in allowed.items() if wanted == EVERYTHING]
    if len(free) == len(allowed):
        return ""
    some = [type for type, wanted in allowed.items() if wanted not in (EVERYTHING, NOTHING)]
    listed = ", ".join(f"'{type}'" for type in free)
    pieces = [f"{r}.type IN ({listed})"] if free else []
    pieces += [f"({r}.type = '{type}' AND {conditions.piece(_kept(access, type, interaction), r)})" for type in some]
    either = " OR ".join(pieces) or "false"
    return f"\nAND NOT {r}.deleted AND ({either})"


def limited(known: SearchParameters, access: Access | None) -> SearchParameters:
    """The search parameters without those that look at hidden elements."""
    return known if access is None or not access.hiding else _Limited(known, access)


class _Limited(SearchParameters):
    def __init__(self, known: SearchParameters, access: Access) -> None:
        super().__init__(known.definitions, known.version, known.blinding)
        self._access = access

    def of(self, type_name: str) -> Mapping[str, Parameter]:
        hidden = self._access.hidden(type_name) | self._access.masked(type_name)
        there = super().of(type_name)
        return {code: each for code, each in there.items() if not _looks_at(each, hidden)} if hidden else there


def _looks_at(parameter: Parameter, elements: frozenset[str]) -> bool:
    """Whether a parameter may look at one of these elements; one without a first element may look at any."""
    roots = {branch.root for branch in (*parameter.branches, *(focus.branch for focus in parameter.foci))}
    parts = {b.root for focus in parameter.foci if not focus.path for c in focus.components for b in c.branches}
    return any(root is None or root in elements for root in roots - {""} | parts)


def ensure_not_looking(query: Query, access: Access | None) -> None:
    """Raises `Forbidden` for a search through all texts of resources of which elements are hidden."""
    if access and query.type in access.hiding and any(isinstance(each, WordsFilter) for each in query.filters):
        raise Forbidden(f"_content and _text are not for you on {query.type}, of which some elements are hidden")


def shown(access: Access | None, type: str, content: bytes, *, inside: bool = False) -> bytes:
    """The JSON text of a resource without its hidden elements, and with masks; `inside` one of this type."""
    if access is None or not access.hiding:
        return content
    if not (inside or type in access.hiding or type == "Bundle" or b'"contained"' in content):
        return content
    return json.dumps(without(json.loads(content), access))


def without(resource: Resource, access: Access) -> Resource:
    """A resource, and what it contains, without hidden elements and with masks; labelled where it had any."""
    type = resource["resourceType"]
    hidden = access.hidden(type)
    kept = {name: value for name, value in resource.items() if name.removeprefix("_") not in hidden}
    labels = [REDACTED] if len(kept) < len(resource) else []
    if masked := access.masked(type) & {name.removeprefix("_") for name in kept}:
        labels.append(MASKED)
        kept = {name: value for name, value in kept.items() if name.removeprefix("_") not in masked}
        masks = {name: mask(type, name, resource[name]) for name in sorted(masked) if name in resource}
        kept |= {name: value for name, value in masks.items() if value is not None}
    if inside := kept.get("contained"):
        kept["contained"] = [without(each, access) for each in inside]
    if type == "Bundle" and "entry" in kept:
        kept["entry"] = [
            {**each, "resource": without(each["resource"], access)} if "resource" in each else each
            for each in kept["entry"]
        ]
    if not labels:
        return kept
    meta = resource.get("meta") or {}
    return {**kept, "meta": {**meta, "security": [*meta.get("security", ()), *labels]}}
