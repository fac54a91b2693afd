"""What is known of single codes: `$lookup`, `$subsumes` and the membership in a code system (FHIR R4, CodeSystem)."""

from dataclasses import dataclass, field

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.terminology.index import CodeSystem, Connection, code_system, queries

MOST_RELATED = 10_000
"""Codes above or below another one that a search takes at most."""


@dataclass(frozen=True, slots=True)
class Details:
    """All that the index holds of a concept."""

    system: CodeSystem
    code: str
    display: str
    active: bool
    abstract: bool
    definition: str | None
    designations: list[Resource]
    properties: dict[str, list[str]]
    parents: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)

    def display_in(self, language: str | None) -> str:
        """The name in a language such as zh-CN or zh; the usual display where there is none."""
        return in_language(self.display, self.designations, language)


def in_language(display: str, designations: list[Resource], language: str | None) -> str:
    """The designation in a language (BCP 47, by prefix), or else the display."""
    wanted = (language or "").partition(",")[0].partition(";")[0].strip().lower()
    for item in designations if wanted else ():
        named = str(item.get("language", "")).lower()
        if named == wanted or named.startswith(f"{wanted}-"):
            return str(item["value"])
    return display


async def known_system(repository: Repository, url: str, version: str | None = None) -> CodeSystem:
    """The code system with this canonical URL. Raises `NotFound`."""
    found = await code_system(repository, url, version)
    if found is None:
        which = f"{url}|{version}" if version else url
        raise NotFound(f"The code system {which} is not known here; create it as CodeSystem or import it")
    return found


async def find_code(connection: Connection, system: CodeSystem, code: str) -> Details | None:
    """A concept without its relatives, or None."""
    row = await (await execute(connection, queries.concept, {"system": system.number, "code": code})).fetchone()
    if row is None:
        return None
    code, display, active, abstract, definition, designations, properties = row
    listed = json.loads(designations) if designations else []
    return Details(system, code, display, active, abstract, definition, listed, properties or {})


async def lookup(connection: Connection, system: CodeSystem, code: str) -> Details:
    """A concept with its parents and children. Raises `NotFound`."""
    found = await find_code(connection, system, code)
    if found is None:
        raise NotFound(f"{system.url} has no code {code}")
    wanted = {"system": system.number, "code": code}
    for query, relatives in ((queries.parents, found.parents), (queries.children, found.children)):
        relatives += [code for (code,) in await (await execute(connection, query, wanted)).fetchall()]
    return found


async def subsumes(connection: Connection, system: CodeSystem, one: str, other: str) -> str:
    """How two codes stand to each other: equivalent, subsumes, subsumed-by or not-subsumed (value set
    concept-subsumption-outcome). Raises `NotFound` where one is unknown."""
    for code in (one, other):
        if await find_code(connection, system, code) is None:
            raise NotFound(f"{system.url} has no code {code}")
    if one == other:
        return "equivalent"
    if await _is_below(connection, system, other, one):
        return "subsumes"
    return "subsumed-by" if await _is_below(connection, system, one, other) else "not-subsumed"


async def related_codes(repository: Repository, url: str, code: str, above: bool) -> list[str]:
    """The codes of a system that subsume a code (`above`), or that it subsumes, itself among them: for a search by
    `:above` and `:below`.

    Raises `NotFound` where the system or the code is not known, `BadRequest` where there are too many.
    """
    system = await known_system(repository, url)
    if await find_code(repository.connection, system, code) is None:
        raise NotFound(f"{system.url} has no code {code}")
    query = queries.codes_above if above else queries.codes_below
    wanted = {"system": system.number, "code": code, "limit": MOST_RELATED + 1}
    found = [each for (each,) in await (await execute(repository.connection, query, wanted)).fetchall()]
    if len(found) > MOST_RELATED:
        text = f"{url}|{code} subsumes more than {MOST_RELATED:,} codes, the most that a search takes"
        raise BadRequest(text, code="too-costly")
    return found


async def _is_below(connection: Connection, system: CodeSystem, below: str, above: str) -> bool:
    wanted = {"system": system.number, "below": below, "above": above}
    row = await (await execute(connection, queries.is_below, wanted)).fetchone()
    return bool(row and row[0])
