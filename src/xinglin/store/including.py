"""What `_include` and `_revinclude` add to a page of matches (FHIR R4, Search, Including other resources)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.outcome import BadRequest, Issue
from xinglin.fhir.search import Query, SearchParameters
from xinglin.fhir.search.query import Include
from xinglin.fhir.search.registry import Parameter
from xinglin.fhir.search.terms import reference_term
from xinglin.store.access import Condition, visible
from xinglin.store.conditions import literal
from xinglin.store.cursors import execute, queries
from xinglin.store.found import Found
from xinglin.store.searching import SearchPage
from xinglin.store.statistics import statistics

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

LIMIT = 1000
"""Resources that are added to a page at most; beyond it, the page carries a warning."""

ROUNDS = 8
"""How often `:iterate` goes on from what was included before."""

_MOST_TERMS = 20000

Name = tuple[str, str]


async def read_many(repository: "Repository", references: Sequence[Name]) -> list[Found]:
    """Those that exist and may be read, in one round trip."""
    if not references:
        return []
    types = [type for type, _ in references]
    allowed = await visible_among(repository, sorted(set(types)))
    wanted = {"types": types, "ids": [id for _, id in references], **allowed.parameters}
    cursor = await execute(repository.connection, queries.read_many.format(visible=allowed.sql), wanted)
    return [Found(type, id, content) for type, id, content in await cursor.fetchall()]


async def visible_among(repository: "Repository", types: Sequence[str]) -> Condition:
    """The condition on the row `r` of one of these types that the caller may read."""
    if repository.access is None:
        return Condition()
    known = await statistics(repository.connection, repository.now)
    return visible(repository.access, types, "read", known)


async def including(repository: "Repository", page: SearchPage, query: Query) -> SearchPage:
    """The page with what its query includes, and with a warning where that is not all."""
    if not page.matches or not (query.includes or query.revincludes):
        return page
    seen = {(found.type, found.id) for found in page.matches}
    included: list[Found] = []
    warnings: dict[str, Issue] = {}
    last = page.matches
    for number in range(ROUNDS + 1):
        found, missed = await _round(repository, last, query, seen, first=number == 0, room=LIMIT - len(included))
        warnings |= {issue.diagnostics: issue for issue in missed}
        included += found
        last = found
        if not found or missed or not any(i.iterate for i in (*query.includes, *query.revincludes)):
            break
    else:
        text = f"Included resources were followed {ROUNDS} times; what lies further is not included"
        warnings[text] = Issue("warning", "incomplete", text)
    return replace(page, includes=included, warnings=(*page.warnings, *warnings.values()))


async def _round(
    repository: "Repository",
    origins: Sequence[Found],
    query: Query,
    seen: set[Name],
    *,
    first: bool,
    room: int,
) -> tuple[list[Found], list[Issue]]:
    """What one step adds to `seen`: from the matches, or with `:iterate` from what was included before."""
    found: list[Found] = []
    missed: list[Issue] = []
    targets = {
        target: include
        for include in query.includes
        if first or include.iterate
        for origin in origins
        for target in _targets(origin, include, query.known)
        if target not in seen
    }
    if len(targets) > room:
        missed.append(_too_many(next(iter(targets.values()))))
    found += await read_many(repository, list(targets)[: max(room, 0)])
    seen |= {(one.type, one.id) for one in found}
    for include in query.revincludes:
        if first or include.iterate:
            more, complete = await _referring(repository, origins, include, query.known, seen, room - len(found))
            missed += [] if complete else [_too_many(include)]
            found += more
            seen |= {(one.type, one.id) for one in more}
    return found, missed


def _too_many(include: Include) -> Issue:
    named = f"{include.source}:{include.parameter}"
    text = f"More than {LIMIT} resources would be included, by {named}; only the first {LIMIT} are included"
    return Issue("warning", "incomplete", text)


def _targets(origin: Found, include: Include, known: SearchParameters) -> list[Name]:
    """What a resource refers to by the parameter of an include, or by any."""
    if origin.type != include.source:
        return []
    resource = json.skimmed(origin.content)
    there = known.of(include.source)
    chosen: Iterable[Parameter] = there.values() if include.parameter == "*" else (there[include.parameter],)
    found = []
    for branch in (branch for parameter in chosen for branch in parameter.branches):
        if branch.type == "Reference":
            for value in branch.values(resource):
                literal_reference = value.get("reference") or ""
                target = None if ":" in literal_reference else target_of(literal_reference)
                if target and include.target in ("", target[0]):
                    found.append(target)
    return found


def _referring_parameters(known: SearchParameters, source: str, code: str, target: str) -> tuple[Name, ...]:
    """(type, parameter) of the references that may point to a type; "*" is any type, any parameter."""
    name = f"{source}:{code}:{target}"
    found: tuple[Name, ...] | None = known.derived.get(name)
    if found is None:
        found = known.derived[name] = tuple(
            (type, parameter.code)
            for type in (sorted(resource_types()) if source == "*" else [source])
            for parameter in known.of(type).values()
            if parameter.type == "reference" and code in ("*", parameter.code) and parameter.ready
            if code != "*" or not parameter.targets or target in parameter.targets
        )
    return found


async def _referring(
    repository: "Repository",
    origins: Sequence[Found],
    include: Include,
    known: SearchParameters,
    seen: set[Name],
    room: int,
) -> tuple[list[Found], bool]:
    """Resources that refer to any of the origins, without those seen, and whether these are all."""
    terms = [
        reference_term(type, code, f"{origin.type}/{origin.id}")
        for origin in origins
        if include.target in ("", origin.type)
        for type, code in _referring_parameters(known, include.source, include.parameter, origin.type)
    ]
    if not terms:
        return [], True
    if len(terms) > _MOST_TERMS:
        text = f"_revinclude={include.source}:{include.parameter} is too much for {len(origins)} matches"
        raise BadRequest(f"{text}; name a type and a parameter, or ask for fewer with _count", code="too-costly")
    types = sorted(resource_types()) if include.source == "*" else [include.source]
    most = max(room, 0) + 1 + len(seen)
    allowed = await visible_among(repository, types)
    wanted = {"types": types, "terms": literal(terms), "limit": most, **allowed.parameters}
    query = queries.referring.format(visible=allowed.sql)
    rows = await (await execute(repository.connection, query, wanted, prepare=False)).fetchall()
    found = [Found(*row) for row in rows if row[:2] not in seen]
    return found[: max(room, 0)], len(found) <= room and len(rows) < most
