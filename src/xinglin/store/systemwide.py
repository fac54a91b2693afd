"""Searches over several types at once (FHIR R4, Search, Searching Multiple Types)."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from heapq import merge
from itertools import islice
from typing import TypeAlias
from urllib.parse import parse_qsl

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, Issue
from xinglin.fhir.search.criteria import compartment_types
from xinglin.fhir.search.grammar import CURSOR
from xinglin.fhir.search.results import read_count
from xinglin.store.found import Found
from xinglin.store.repository import Repository, SearchPage

_FOREIGN = "The cursor is not one that this search gave; start again from the first page"

Search: TypeAlias = Callable[[str, list[tuple[str, str]]], Awaitable[SearchPage]]


async def search_types(
    repository: Repository,
    params: str | Iterable[tuple[str, str]],
    *,
    lenient: bool = False,
    compartment: tuple[str, str] | None = None,
) -> SearchPage:
    """A page of what matches among the types of `_type`, in the order of `_type`; within each, as they came. With
    `_sort` by what all types have, `_lastUpdated` or `_id`, they are put into one order.

    In a compartment, such as ("Patient", "1"), all types that belong to it are searched where `_type` names none. Every
    parameter must be one of each type. Raises `BadRequest` without `_type`, for an unknown type, and for another
    `_sort`.
    """
    pairs = parse_qsl(params, keep_blank_values=True) if isinstance(params, str) else list(params)
    types = _types([value for name, value in pairs if name == "_type"], compartment)
    search = partial(repository.search, lenient=lenient, compartment=compartment)
    sort = _sort([value for name, value in pairs if name == "_sort"])
    if dict(pairs).get("_contained", "false") != "false":
        text = "_contained is not supported over several types; accepted is a search on one type"
        raise BadRequest(text, code="not-supported")
    cursors = [value for name, value in pairs if name == CURSOR]
    wanted = [(name, value) for name, value in pairs if name not in ("_type", "_count", CURSOR)]
    room = read_count([value for name, value in pairs if name == "_count"])
    only_count = room == 0 or dict(wanted).get("_summary") == "count"
    page = SearchPage([], total=await _total(search, types, wanted, always=only_count))
    if only_count:
        return page
    if sort:
        part = partial(_part, search, wanted, types)
        return await _merged(part, sort, room, _read_places(cursors, types), page.total)
    start, cursor = _read_cursor(cursors, types)
    for index, type in enumerate(types[start:], start):
        found = await _part(search, wanted, types, type, room, cursor)
        matches = [*page.matches, *found.matches]
        warnings = tuple(dict.fromkeys([*page.warnings, *found.warnings]))
        room, cursor = room - len(found.matches), ""
        following = None
        if found.next:
            following = f"{type}.{found.next}"
        elif room <= 0 and index + 1 < len(types):
            following = f"{types[index + 1]}."
        page = SearchPage(matches, [*page.includes, *found.includes], page.total, following, warnings)
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
        raise BadRequest(_FOREIGN)
    return types.index(type), cursor


def _sort(values: Sequence[str]) -> str:
    """The key by which all types are ordered; empty without one."""
    keys = [key for value in values for key in value.split(",") if key]
    if len(keys) > 1 or any(key.removeprefix("-") not in _VALUES for key in keys):
        accepted = ", ".join(f"{name}, -{name}" for name in _VALUES)
        raise BadRequest(f"_sort={','.join(keys)}: over several types accepted is one of {accepted}")
    return keys[0] if keys else ""


async def _part(
    search: Search, wanted: Sequence[tuple[str, str]], types: Sequence[str], type: str, count: int, cursor: str
) -> SearchPage:
    """What one of the types has."""
    place = [(CURSOR, cursor)] if cursor else []
    return await search(type, [*_own(wanted, types, type), ("_count", str(count)), *place])


def _own(wanted: Sequence[tuple[str, str]], types: Sequence[str], type: str) -> list[tuple[str, str]]:
    """What is asked of one of the types: an `_include` from another of them is not for this one."""
    others = set(types) - {type}
    return [(name, value) for name, value in wanted if name != "_include" or value.partition(":")[0] not in others]


Part: TypeAlias = Callable[[str, int, str], Awaitable[SearchPage]]


async def _merged(part: Part, sort: str, room: int, places: dict[str, str], total: int | None) -> SearchPage:
    """A page in one order. `places`: where each type that may have more goes on, as its own search tells it."""

    def ordered(entry: tuple[str, Found]) -> str:
        return _VALUES[sort.removeprefix("-")](entry[1])

    parts = {type: await part(type, room, place) for type, place in places.items()}
    lists = [[(type, found) for found in each.matches] for type, each in parts.items()]
    taken = list(islice(merge(*lists, key=ordered, reverse=sort.startswith("-")), room))
    counts = Counter(type for type, _ in taken)
    following, includes, warnings = dict[str, str](), list[Found](), list[Issue]()
    for type, whole in parts.items():
        if not counts[type]:
            following |= {type: places[type]} if whole.matches else {}
            continue
        # What was not taken brings nothing along, and comes again on the next page.
        used = whole if counts[type] == len(whole.matches) else await part(type, counts[type], places[type])
        includes += used.includes
        warnings += used.warnings
        following |= {type: used.next} if used.next else {}
    cursor = urlsafe_b64encode(json.dumps(following)).decode() if following else None
    return SearchPage([found for _, found in taken], includes, total, cursor, tuple(dict.fromkeys(warnings)))


_VALUES: dict[str, Callable[[Found], str]] = {
    "_lastUpdated": lambda found: str(found.resource["meta"]["lastUpdated"]),
    "_id": lambda found: found.id,
}
"""What resources of all types can be ordered by."""


def _read_places(values: Sequence[str], types: Sequence[str]) -> dict[str, str]:
    if not values:
        return dict.fromkeys(types, "")
    try:
        places = json.loads(urlsafe_b64decode(values[-1]))
    except (binascii.Error, ValueError):
        places = None
    if isinstance(places, dict) and places.keys() <= set(types) and all(isinstance(c, str) for c in places.values()):
        return places
    raise BadRequest(_FOREIGN)


async def _total(
    search: Search, types: Sequence[str], wanted: Sequence[tuple[str, str]], *, always: bool
) -> int | None:
    """The sum over all types, where it is asked for."""
    if not always and dict(wanted).get("_total", "none") == "none":
        return None
    counted = [*((name, value) for name, value in wanted if name != "_summary"), ("_summary", "count")]
    pages = [await search(type, _own(counted, types, type)) for type in types]
    return sum(page.total or 0 for page in pages)
