"""Parses the query of a search URL (FHIR R4, Search). What is not supported is refused, never ignored silently."""

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from urllib.parse import parse_qsl

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, Issue, NotFound
from xinglin.fhir.search import results
from xinglin.fhir.search.criteria import SPECIAL, UnknownParameter, criterion
from xinglin.fhir.search.known import R4, SearchParameters
from xinglin.fhir.search.query import Filter, Query, Sort
from xinglin.fhir.search.results import DEFAULT_COUNT, MAXIMAL_COUNT, RESULT_PARAMETERS
from xinglin.fhir.search.values import Context

__all__ = ["CURSOR", "DEFAULT_COUNT", "MAXIMAL_COUNT", "RESULT_PARAMETERS", "parse_query"]

CURSOR = "_cursor"
"""The parameter that carries `SearchPage.next` back."""

_INCLUDES = ("_include", "_revinclude")
_UNSEARCHABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def parse_query(
    type_name: str,
    query: str | Iterable[tuple[str, str]],
    *,
    now: datetime,
    zone: tzinfo,
    lenient: bool = False,
    within: Filter | None = None,
    known: SearchParameters = R4,
) -> Query:
    """The search that a query asks for; a text is what stands after the ? of a URL.

    `zone` tells which day a date without a zone means. With `lenient` (`Prefer: handling=lenient`) unknown parameters
    are left out, and named in `Query.warnings`. `within` must hold as well, such as a compartment; `known` are the
    parameters in force. Raises `NotFound` for an unknown type, else `BadRequest` that names the parameter, the reason
    and what is accepted.
    """
    if type_name not in resource_types():
        raise NotFound(f"{type_name} is not a resource type of FHIR R4", code="not-supported")
    context = Context(now, zone, known)
    result: dict[str, list[tuple[str, str]]] = {}
    filters: list[Filter] = [] if within is None else [within]
    warnings: list[Issue] = []
    for name, value in parse_qsl(query, keep_blank_values=True) if isinstance(query, str) else query:
        base, _, modifier = name.partition(":")
        if _UNSEARCHABLE.search(value):
            raise BadRequest(f"{base} has a value with control characters, which no FHIR text holds")
        if base in (*RESULT_PARAMETERS, CURSOR):
            if modifier and base not in _INCLUDES:
                raise BadRequest(f"{name} is not supported; {base} is accepted without a modifier")
            result.setdefault(base, []).append((modifier, value))
            continue
        try:
            filters.append(criterion(type_name, name, value, context))
        except UnknownParameter as error:
            if not lenient:
                plain = base not in (*known.of(type_name), *SPECIAL) and "." not in name
                raise UnknownParameter.of(type_name, base, known, *RESULT_PARAMETERS) if plain else error from error
            warnings.append(_left_out(name, error))
    found = _query(type_name, filters, result, warnings, lenient, known)
    if found.contained != "false":
        results.check_contained(found, within)
    return found


def _query(
    type_name: str,
    filters: list[Filter],
    result: dict[str, list[tuple[str, str]]],
    warnings: list[Issue],
    lenient: bool,
    known: SearchParameters,
) -> Query:
    plain = {name: [value for _, value in pairs] for name, pairs in result.items()}
    contained, contained_type = results.read_contained(plain.get("_contained", []), plain.get("_containedType", []))
    shape, counted = results.read_shape(type_name, plain.get("_summary", []), plain.get("_elements", []))
    includes = {
        name: tuple(results.read_include(value, type_name, name, m, known) for m, value in result.get(name, []))
        for name in _INCLUDES
    }
    return Query(
        type_name,
        tuple(filters),
        _sort(type_name, plain.get("_sort", []), warnings, lenient, known),
        0 if counted else results.read_count(plain.get("_count", [])),
        results.read_total(plain.get("_total", [])),
        includes["_include"],
        includes["_revinclude"],
        plain[CURSOR][-1] if CURSOR in plain else None,
        shape,
        contained,
        contained_type,
        tuple(warnings),
        known,
    )


def _sort(
    type_name: str, values: list[str], warnings: list[Issue], lenient: bool, known: SearchParameters
) -> tuple[Sort, ...]:
    try:
        return results.read_sort(type_name, values, known)
    except UnknownParameter as error:
        if not lenient:
            raise
        warnings.append(_left_out("_sort", error))
        return ()


def _left_out(name: str, error: BadRequest) -> Issue:
    return Issue("warning", "not-supported", f"{name} was left out: {error}")
