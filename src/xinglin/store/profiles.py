"""Profiles out of the store: what resources claim in `meta.profile` is held against them on every write.

The profiles of a database are kept under the version that also tells the search parameters in force, which every write
gets back with its key (`docs/adr/0053`): whoever writes a StructureDefinition makes another version. So a write asks
the database only for profiles that this process has not met since, and one that claims none costs nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.definitions import is_type
from xinglin.fhir.fhirpath import FhirPathError
from xinglin.fhir.fhirpath.environment import MemberOf
from xinglin.fhir.outcome import Invalid, Issue
from xinglin.fhir.search.terms import term
from xinglin.fhir.types import Resource
from xinglin.fhir.validation.profiles import Profiles
from xinglin.fhir.validation.snapshot import CORE
from xinglin.store import parameters
from xinglin.store.bindings import Answers, Members, decided
from xinglin.store.conditions import literal
from xinglin.store.cursors import database_of, execute, queries

Connection = AsyncConnection[Any]

TYPE = "StructureDefinition"
DECIDING = frozenset({TYPE, "CodeSystem", "ValueSet"})
"""Types by whose resources others are judged."""

MOST = 200
"""Profiles that one validation may draw in."""


class _Held:
    """Profiles of one version, by canonical URL as it was written; None: there is none, or one without elements."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.by_url: dict[str, Resource | None] = {}
        self.profiles = Profiles(self.by_url.get)
        self.guesses: Answers = {}

    async def meet(self, connection: Connection, urls: Iterable[str]) -> bool:
        """Whether any of these is known; looks for those that were not met before."""
        listed = list(urls)
        if new := [url for url in listed if url not in self.by_url]:
            found = await gather_profiles(connection, new)
            self.by_url |= dict.fromkeys(new)
            self.by_url |= {
                url: found[url] for url in found if found[url].get("snapshot") or "differential" in found[url]
            }
            self.profiles = Profiles(self.by_url.get)
        return any(self.by_url[url] is not None for url in listed)


_held: dict[tuple[str, int, str], _Held] = {}


async def breaches(
    connection: Connection, resources: Sequence[Resource], version: str, members: Members | None
) -> list[list[Issue]]:
    """For each valid resource, the errors by those profiles that it claims and that the store has.

    `members` decides their bindings, which are not looked at without it. `version` is that of the definitions in force,
    as `store.parameters` knows it. Where there are errors, it is compared with the one in the database: nobody is
    refused for a profile that somebody else has changed since.
    """
    claimed = {url for resource in resources for url in claims(resource)}
    if not claimed:
        return [[] for _ in resources]
    held = _held_of(connection, version)
    if not await held.meet(connection, claimed):
        return [[] for _ in resources]
    if members is None:
        found = [_breaches(held, held.profiles, resource) for resource in resources]
    else:
        check = partial(_bound_breaches, held)
        found = await decided(resources, check, members, held.guesses)
    if any(found) and (current := await parameters.version_of(connection)) != version:
        await parameters.refreshed(connection)
        return await breaches(connection, resources, current, members)
    return found


async def known(connection: Connection, urls: Collection[str], version: str) -> frozenset[str]:
    """Those of the canonical URLs for which the store has a profile; `version` as for `breaches`."""
    held = _held_of(connection, version)
    await held.meet(connection, urls)
    return frozenset(url for url in urls if held.by_url[url] is not None)


def _held_of(connection: Connection, version: str) -> _Held:
    database = database_of(connection)
    held = _held.get(database)
    if held is None or held.version != version:
        held = _held[database] = _Held(version)
    return held


async def ensure_conforming(
    connection: Connection, resources: Sequence[Resource], version: str, members: Members | None
) -> None:
    """Raises `Invalid` with what `breaches` finds."""
    if issues := [issue for found in await breaches(connection, resources, version, members) for issue in found]:
        raise Invalid(issues=issues)


async def changed(connection: Connection) -> None:
    """To be called in the transaction that wrote a StructureDefinition: from now on its claims are held against it."""
    await execute(connection, queries.parameters_change, {})
    await parameters.refreshed_for_itself(connection)


def claims(resource: Resource) -> Sequence[str]:
    """The profiles that a resource claims."""
    meta = resource.get("meta")
    return meta.get("profile") or () if meta.__class__ is dict else ()


def _bound_breaches(held: _Held, resource: Resource, member_of: MemberOf) -> list[Issue]:
    return _breaches(held, held.profiles.asking(member_of), resource)


def _breaches(held: _Held, profiles: Profiles, resource: Resource) -> list[Issue]:
    urls = [url for url in claims(resource) if held.by_url[url] is not None]
    try:
        return [issue for issue in profiles.validate(resource, urls) if issue.severity == "error"]
    except (FhirPathError, Invalid) as error:
        path = f"{resource['resourceType']}.meta.profile"
        return [Issue("error", "not-supported", f"One of the profiles {', '.join(urls)} can't be used: {error}", path)]


async def gather_profiles(connection: Connection, urls: Iterable[str]) -> dict[str, Resource]:
    """Canonical URL, as it was written with or without |version, to the StructureDefinition; unknown ones are absent.

    Follows the profiles of datatypes and extensions that each one names, up to `MOST` in all.
    """
    wanted, held = set(urls), dict[str, Resource]()
    seen: set[str] = set()
    while wanted and len(held) < MOST:
        found = await _named(connection, wanted)
        held |= found
        seen |= wanted
        wanted = {url for profile in found.values() for url in _mentioned(profile)} - seen
    return held


async def _named(connection: Connection, urls: Iterable[str]) -> dict[str, Resource]:
    """The StructureDefinitions with these canonical URLs: of several, the last that was changed."""
    asked = {url: url.partition("|") for url in urls}
    terms = [term(TYPE, "url", base) for base, _, _ in asked.values()]
    rows = await (await execute(connection, queries.profiles, {"terms": literal(terms)})).fetchall()
    stored: list[Resource] = [json.loads(content) for (content,) in rows]
    found = {}
    for url, (base, _, version) in asked.items():
        fitting = (p for p in stored if p.get("url") == base and (not version or p.get("version") == version))
        if profile := next(fitting, None):
            found[url] = profile
    return found


def _mentioned(profile: Resource) -> Iterator[str]:
    """Profiles that the elements of a profile name, and its base where that is needed to expand it."""
    elements = (profile.get("snapshot") or {}).get("element")
    if not elements and profile.get("baseDefinition"):
        yield profile["baseDefinition"]
    for element in elements or (profile.get("differential") or {}).get("element") or ():
        for type in element.get("type") or ():
            yield from type.get("profile") or ()
            targets = type.get("targetProfile") or ()
            yield from (url for url in targets if not is_type(url.removeprefix(CORE)))
