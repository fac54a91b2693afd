"""Profiles out of the store: the StructureDefinitions that a validation needs, with those that they name in turn."""

from collections.abc import Iterable, Iterator

from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository

MOST = 200
"""Profiles that one validation may draw in."""


async def gather_profiles(repository: Repository, urls: Iterable[str]) -> dict[str, Resource]:
    """Canonical URL, as it was written with or without |version, to the StructureDefinition; unknown ones are absent.

    Follows the profiles of datatypes and extensions that each one names, up to `MOST` in all.
    """
    wanted, held, seen = list(urls), dict[str, Resource](), set[str]()
    while wanted and len(held) < MOST:
        url = wanted.pop()
        if url in seen:
            continue
        seen.add(url)
        base, _bar, version = url.partition("|")
        query = [("url", base), ("_sort", "-_lastUpdated"), ("_count", "1")]
        found = await repository.search("StructureDefinition", [*query, *([("version", version)] if version else [])])
        if found.resources:
            held[url] = found.resources[0]
            wanted += _named(found.resources[0])
    return held


def _named(profile: Resource) -> Iterator[str]:
    """Profiles that the elements of a profile name."""
    for element in (profile.get("snapshot") or {}).get("element") or ():
        for type in element.get("type") or ():
            yield from type.get("profile") or ()
