"""Decides bindings of profiles by the value sets that are known here (FHIR R4, Terminologies, Binding strength).

What was decided is kept for as long as the value set, all that it refers to, and its code systems stay the same
versions. One query tells that for all value sets of a batch.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from xinglin.fhir.outcome import FhirError, NotFound
from xinglin.fhir.types import Resource
from xinglin.store.bindings import Answers, Question
from xinglin.store.canonical import Source, Stamp, stamps
from xinglin.store.cursors import database_of
from xinglin.store.repository import Repository
from xinglin.terminology.expansion import validate_code
from xinglin.terminology.index import WHOLE, code_system
from xinglin.terminology.valuesets import value_set

MOST = 100_000
"""Codes of one value set whose answers are kept."""

_Code = tuple[str | None, str]


@dataclass(slots=True)
class _Kept:
    """What was decided on a value set, while what it depends on stays the same."""

    sources: frozenset[Source]
    stamp: frozenset[Stamp]
    answers: dict[_Code, bool | None] = field(default_factory=dict)


_kept: dict[tuple[str, int, str], dict[str, _Kept]] = {}


async def members(repository: Repository, questions: Collection[Question]) -> Answers:
    """Whether value sets have codes; None where a value set or its code system is not here, or can't be expanded.

    It does not depend on who asks: everybody is told whether a code is accepted, and is shown no value set by it.
    """
    repository = repository.unlimited()
    wanted: dict[str, list[_Code]] = {}
    for url, system, code in questions:
        wanted.setdefault(url, []).append((system, code))
    sets = _kept.setdefault(database_of(repository.connection), {})
    there = {url: sets[url] for url in wanted if url in sets}
    current = await stamps(repository.connection, {source for kept in there.values() for source in kept.sources})
    for url, kept in there.items():
        if _stamp(kept.sources, current) != kept.stamp:
            del sets[url]
    told: Answers = {}
    for url, codes in wanted.items():
        answers = await _answers(repository, url, codes, sets)
        told |= {(url, system, code): answers.get((system, code)) for system, code in codes}
    return told


async def _answers(
    repository: Repository, url: str, codes: Collection[_Code], sets: dict[str, _Kept]
) -> Mapping[_Code, bool | None]:
    kept = sets.get(url)
    if kept is not None and kept.answers.keys() >= set(codes):
        return kept.answers
    try:
        resource, sources = await _read(repository, url)
        while kept is None or kept.sources != sources:
            # What it depends on is noted before it is read, so that a change in between is told the next time.
            current = await stamps(repository.connection, sources)
            kept = sets[url] = _Kept(sources, _stamp(sources, current))
            resource, sources = await _read(repository, url)
    except NotFound:
        return {}
    if len(kept.answers) > MOST:
        kept.answers.clear()
    for code in codes:
        if code not in kept.answers:
            kept.answers[code] = await _decided(repository, resource, sources, *code)
    return kept.answers


async def _read(repository: Repository, url: str) -> tuple[Resource, frozenset[Source]]:
    """A value set, and what its codes depend on: itself, code systems, other value sets. Raises `NotFound`."""
    resource = await value_set(repository, url)
    sources: set[Source] = {("ValueSet", _base(url))}
    waiting = [resource]
    while waiting:
        for kind, canonical in _referred(waiting.pop()):
            source = kind, _base(canonical)
            if kind == "ValueSet" and source not in sources:
                waiting += await _known(repository, canonical)
            sources.add(source)
    return resource, frozenset(sources)


def _referred(resource: Resource) -> Iterator[Source]:
    compose = resource.get("compose") or {}
    for part in (*(compose.get("include") or ()), *(compose.get("exclude") or ())):
        if "system" in part and "concept" not in part:
            yield "CodeSystem", part["system"]
        for canonical in part.get("valueSet") or ():
            yield "ValueSet", canonical


async def _known(repository: Repository, canonical: str) -> list[Resource]:
    try:
        return [await value_set(repository, canonical)]
    except NotFound:
        return []


async def _decided(
    repository: Repository, resource: Resource, sources: Iterable[Source], system: str | None, code: str
) -> bool | None:
    try:
        async with repository.connection.transaction():  # a savepoint: a filter may fail in the database
            verdict = await validate_code(repository, resource, system, code)
            if verdict.result or verdict.ambiguous:  # an element of the type code has no place for a system
                return True
            for kind, url in sources:
                found = await code_system(repository, url) if kind == "CodeSystem" else None
                if found is not None and found.content not in WHOLE:
                    return None  # it has more codes than are here
            return False
    except FhirError:
        return None  # its code systems are not here, or its filters not supported: nobody's fault


def _base(canonical: str) -> str:
    return canonical.partition("|")[0]


def _stamp(sources: Iterable[Source], current: Mapping[Source, frozenset[Stamp]]) -> frozenset[Stamp]:
    return frozenset(stamp for source in sources for stamp in current[source])
