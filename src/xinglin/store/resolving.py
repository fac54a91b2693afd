"""Replaces the filters that depend on terminology or on a hierarchy of resources by terms, before they become SQL."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from psycopg import AsyncConnection

from xinglin.fhir.outcome import BadRequest, Forbidden
from xinglin.fhir.search.numbers import UCUM, converted
from xinglin.fhir.search.query import (
    AllOf,
    AnyOf,
    ChainFilter,
    Filter,
    HasFilter,
    HierarchyFilter,
    Not,
    NumberFilter,
    NumberRange,
    SubsumptionFilter,
    TermFilter,
    ValueSetFilter,
)
from xinglin.fhir.search.terms import name_number, reference_term, term, token, unit_number
from xinglin.store.access import Access, guard
from xinglin.store.cursors import execute, queries

Expand: TypeAlias = Callable[[str], Awaitable[Iterable[tuple[str, str]]]]
"""From the URL of a value set to its (system, code) pairs; raises a `FhirError` where it can't be expanded."""

Related: TypeAlias = Callable[[str, str, bool], Awaitable[Iterable[str]]]
"""From a system and a code to the codes of this system that subsume it (True), or that it subsumes, itself among them;
raises a `FhirError` where one of the two is not known."""

MOST = 10_000
"""Resources above or below another one at most."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """What is needed to resolve filters; without `expand` and `related`, those on terminology are refused."""

    connection: AsyncConnection[Any]
    expand: Expand | None = None
    related: Related | None = None
    access: Access | None = None

    async def resolved(self, wanted: Filter) -> Filter:
        """The filter with terms in place of what depends on something else. Raises `BadRequest`, and as they do."""
        match wanted:
            case ValueSetFilter():
                return await self._value_set(wanted)
            case SubsumptionFilter():
                return await self._subsumption(wanted)
            case HierarchyFilter():
                return await self._hierarchy(wanted)
            case NumberFilter(units=units) if units:
                return await self._in_every_unit(wanted)
            case AllOf(filters):
                return AllOf(tuple([await self.resolved(inner) for inner in filters]))
            case AnyOf(filters):
                return AnyOf(tuple([await self.resolved(inner) for inner in filters]))
            case Not(inner) | ChainFilter(filter=inner) | HasFilter(filter=inner):
                return replace(wanted, filter=await self.resolved(inner))
        return wanted

    async def _value_set(self, wanted: ValueSetFilter) -> Filter:
        if self.expand is None:
            text = f"{wanted.parameter}:in={wanted.url}: the codes of this value set are not known here"
            raise BadRequest(text, code="not-supported")
        codes = dict.fromkeys([token(system, code) for system, code in await self.expand(wanted.url)])
        return TermFilter(tuple(term(wanted.type, wanted.parameter, text) for text in codes), wanted.negated)

    async def _subsumption(self, wanted: SubsumptionFilter) -> Filter:
        if self.related is None:
            text = f"{wanted.parameter}: what {wanted.system}|{wanted.code} subsumes is not known here"
            raise BadRequest(text, code="not-supported")
        codes = await self.related(wanted.system, wanted.code, wanted.above)
        return TermFilter(tuple(term(wanted.type, wanted.parameter, token(wanted.system, code)) for code in codes))

    async def _hierarchy(self, wanted: HierarchyFilter) -> Filter:
        if guard(self.access, wanted.target, "search"):
            text = f"{wanted.parameter}: only those who may see every {wanted.target} may ask what lies below one"
            raise Forbidden(text)
        query = (queries.ids_above if wanted.above else queries.ids_below).format(number=wanted.parent_term)
        name = f"{wanted.target}/{wanted.id}"
        values = {"type": wanted.target, "id": wanted.id, "name": name_number(name), "limit": MOST + 1}
        rows = await (await execute(self.connection, query, values)).fetchall()
        if len(rows) > MOST:
            raise BadRequest(f"More than {MOST:,} resources lie below {name}", code="too-costly")
        names = (f"{wanted.target}/{id}" for (id,) in rows)
        return TermFilter(tuple(reference_term(wanted.type, wanted.parameter, text) for text in names))

    async def _in_every_unit(self, wanted: NumberFilter) -> Filter:
        """A quantity in all units that resources of the type have, as far as they measure the same."""
        cursor = await execute(self.connection, queries.units.format(number=wanted.units), {})
        codes = [code for (code,) in await cursor.fetchall()]
        more = [
            NumberRange(each.prefix, interval, unit=unit_number(UCUM, code))
            for each in wanted.ranges
            for code in codes
            if each.ucum and code != each.ucum and (interval := converted(each.interval, each.ucum, code))
        ]
        return NumberFilter(wanted.parameter, (*wanted.ranges, *more))
