"""Searches over several types at once, one type after the other (FHIR R4, Search, Searching Multiple Types)."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias
from urllib.parse import parse_qsl

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.criteria import compartment_types
from xinglin.fhir.search.grammar import CURSOR
from xinglin.fhir.search.results import read_count
from xinglin.store.repository import Repository, SearchPage

Search: TypeAlias = Callable[[str, list[tuple[str, str]]], Awaitable[SearchPage]]


async def search_types(
    repository: Repository,
    params: str | Iterable[tuple[str, str]],
    *,
    lenient: bool = False,
    compartment: tuple[str, str] | None = None,
) -> SearchPage:
    """A page of what matches among the types of `_type`, in the order of `_type`; within each, as they came.

    In a compartment, such as ("Patient", "1"), all types that belong to it are searched where `_type` names none. Every
    parameter must be one of each type. Raises `BadRequest` without `_type`, for an unknown type, and for `_sort`, since
    what is of different types has no common order.
    """
    pairs = parse_qsl(params, keep_blank_values=True) if isinstance(params, str) else list(params)
    types = _types([value for name, value in pairs if name == "_type"], compartment)
    search = partial(repository.search, lenient=lenient, compartment=compartment)
    if any(name == "_sort" for name, _ in pairs):
        raise BadRequest("_sort is not supported over several types; accepted is a search on one type")
    if dict(pairs).get("_contained", "false") != "false":
        text = "_contained is not supported over several types; accepted is a search on one type"
        raise BadRequest(text, code="not-supported")
    start, cursor = _read_cursor([value for name, value in pairs if name == CURSOR], types)
    wanted = [(name, value) for name, value in pairs if name not in ("_type", "_count", CURSOR)]
    room = read_count([value for name, value in pairs if name == "_count"])
    only_count = room == 0 or dict(wanted).get("_summary") == "count"
    page = SearchPage([], total=await _total(search, types, wanted, always=only_count))
    if only_count:
        return page
    for index, type in enumerate(types[start:], start):
        asked = [*wanted, ("_count", str(room)), *([(CURSOR, cursor)] if cursor else [])]
        part = await search(type, asked)
        matches = [*page.matches, *part.matches]
        warnings = tuple(dict.fromkeys([*page.warnings, *part.warnings]))
        room, cursor = room - len(part.matches), ""
        following = None
        if part.next:
            following = f"{type}.{part.next}"
        elif room <= 0 and index + 1 < len(types):
            following = f"{types[index + 1]}."
        page = SearchPage(matches, [*page.includes, *part.includes], page.total, following, warnings)
        if room <= 0:
            break
    return page


def _types(values: Sequence[str], compartment: tuple[str, str] | None) -> list[str]:
    types = list(dict.fromkeys(name for value in values for name in value.split(",") if name))
    if not types and compartment is not None:
        return compartment_types(compartment[0])
    if not types:
        raise BadRequest("A search over several types needs _type, such as _type=Patient,Practitioner", code="required")
    for name in types:
        if name not in resource_types():
            raise BadRequest(f"_type={name}: {name} is not a resource type of FHIR R4", code="not-supported")
    return types


def _read_cursor(values: Sequence[str], types: Sequence[str]) -> tuple[int, str]:
    if not values:
        return 0, ""
    type, dot, cursor = values[-1].partition(".")
    if not dot or type not in types:
        raise BadRequest("The cursor is not one that this search gave; start again from the first page")
    return types.index(type), cursor


async def _total(
    search: Search, types: Sequence[str], wanted: Sequence[tuple[str, str]], *, always: bool
) -> int | None:
    """The sum over all types, where it is asked for."""
    if not always and dict(wanted).get("_total", "none") == "none":
        return None
    counted = [*((name, value) for name, value in wanted if name != "_summary"), ("_summary", "count")]
    pages = [await search(type, counted) for type in types]
    return sum(page.total or 0 for page in pages)
