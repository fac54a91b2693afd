"""Parses the query of a search URL (FHIR R4, Search). What is not supported is refused, never ignored."""

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from urllib.parse import parse_qsl

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.search.query import Filter, IdFilter, Include, Query, Sort
from xinglin.fhir.search.registry import Parameter, parameters
from xinglin.fhir.search.terms import parameter_number
from xinglin.fhir.search.values import alternatives, date_filter, filter_for, unescaped

DEFAULT_COUNT = 50
MAXIMAL_COUNT = 1000
RESULT_PARAMETERS = ("_count", "_include", "_revinclude", "_sort", "_total")
"""Parameters that shape the result instead of filtering it."""

CURSOR = "_cursor"
"""The parameter that carries `SearchPage.next` back."""

_UNSEARCHABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def parse_query(type_name: str, query: str | Iterable[tuple[str, str]], *, now: datetime, zone: tzinfo) -> Query:
    """The search that a query asks for; a text is what stands after the ? of a URL.

    `zone` tells which day a date without a zone means. Raises `NotFound` for an unknown type, else `BadRequest` that
    names the parameter, the reason and what is accepted.
    """
    if type_name not in resource_types():
        raise NotFound(f"{type_name} is not a resource type of FHIR R4", code="not-supported")
    pairs = parse_qsl(query, keep_blank_values=True) if isinstance(query, str) else list(query)
    result: dict[str, list[str]] = {}
    filters: list[Filter] = []
    for name, value in pairs:
        base, _, modifier = name.partition(":")
        if _UNSEARCHABLE.search(value):
            raise BadRequest(f"{base} has a value with control characters, which no FHIR text holds")
        if base in (*RESULT_PARAMETERS, CURSOR):
            if modifier:
                raise BadRequest(f"{name} is not supported; {base} is accepted without a modifier")
            result.setdefault(base, []).append(value)
        else:
            filters.append(_filter(type_name, base, modifier, value, now, zone))
    return Query(
        type_name,
        tuple(filters),
        _sort(type_name, result.get("_sort", [])),
        _count(result.get("_count", [])),
        _total(result.get("_total", [])),
        tuple(_include(v, type_name, "_include") for v in result.get("_include", [])),
        tuple(_include(v, type_name, "_revinclude") for v in result.get("_revinclude", [])),
        _last(result.get(CURSOR, [])),
    )


def _filter(type_name: str, name: str, modifier: str, value: str, now: datetime, zone: tzinfo) -> Filter:
    if name in ("_id", "_lastUpdated"):
        values = alternatives(value)
        if modifier or not values:
            raise BadRequest(f"{name} is accepted without a modifier, and with a value")
        if name == "_id":
            return IdFilter(tuple(dict.fromkeys(map(unescaped, values))))
        return date_filter(name, None, values, now, zone)
    known = parameters(type_name)
    parameter = known.get(name)
    if parameter is None or "." in modifier:
        raise _unknown(type_name, name, modifier, known)
    return filter_for(type_name, parameter, modifier, value, now, zone)


def _unknown(type_name: str, name: str, modifier: str, known: dict[str, Parameter]) -> BadRequest:
    if name == "_has" or "." in name or "." in modifier:
        return BadRequest(f"{name} chains through another resource, which is not supported", code="not-supported")
    accepted = ", ".join(sorted([*known, "_id", "_lastUpdated", *RESULT_PARAMETERS]))
    return BadRequest(f"{type_name} has no search parameter {name}; accepted are: {accepted}", code="not-supported")


def _last(values: list[str]) -> str | None:
    return values[-1] if values else None


def _count(values: list[str]) -> int:
    if not values:
        return DEFAULT_COUNT
    if not (values[-1].isascii() and values[-1].isdigit()):
        raise BadRequest(f"_count={values[-1]} is not a number from 0 to {MAXIMAL_COUNT}")
    return min(int(values[-1][:9]), MAXIMAL_COUNT)


def _total(values: list[str]) -> bool:
    if values and values[-1] not in ("none", "estimate", "accurate"):
        raise BadRequest(f"_total={values[-1]} is not supported; accepted are none, estimate and accurate")
    return bool(values) and values[-1] != "none"


def _sort(type_name: str, values: list[str]) -> tuple[Sort, ...]:
    keys = [key for value in values for key in value.split(",") if key]
    known = parameters(type_name)
    found = []
    for key in keys:
        name, descending = key.removeprefix("-"), key.startswith("-")
        parameter = known.get(name)
        if name in ("_id", "_lastUpdated"):
            found.append(Sort("id" if name == "_id" else "updated", descending))
        elif parameter is not None and parameter.type in ("date", "string"):
            found.append(Sort(parameter.type, descending, parameter_number(type_name, name)))
        else:
            accepted = sorted(p.code for p in known.values() if p.type in ("date", "string"))
            raise BadRequest(
                f"_sort={key} is not supported; accepted are: {', '.join(['_id', '_lastUpdated', *accepted])}"
            )
    return tuple(found)


def _include(value: str, type_name: str, name: str) -> Include:
    source, _, rest = value.partition(":")
    code, _, target = rest.partition(":")
    parameter = parameters(source).get(code)
    if parameter is None or parameter.type != "reference":
        accepted = sorted(p.code for p in parameters(source).values() if p.type == "reference")
        listed = ", ".join(f"{source}:{known}" for known in accepted) or f"{type_name}:parameter"
        raise BadRequest(f"{name}={value} is not supported; accepted are: {listed}", code="not-supported")
    if target and target not in resource_types():
        raise BadRequest(f"{name}={value}: {target} is not a resource type of FHIR R4")
    if name == "_include" and source != type_name:
        raise BadRequest(f"{name}={value}: a search on {type_name} includes by parameters of {type_name}")
    return Include(source, code, target)
