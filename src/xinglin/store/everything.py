"""All that the store holds about one resource: what refers to it, and what those refer to in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.search.registry import parameters
from xinglin.fhir.search.terms import reference_term
from xinglin.fhir.types import Json, Resource
from xinglin.store.conditions import literal
from xinglin.store.cursors import execute, queries
from xinglin.store.found import Found
from xinglin.store.including import read_many, visible_among
from xinglin.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Everything:
    """One page: what refers to the resource, and what is needed to understand it; `next` is the key to go on after."""

    matches: list[Resource]
    needed: list[Resource]
    next: int | None


async def everything(
    repository: Repository,
    resource: Resource,
    *,
    types: Sequence[str] = (),
    since: datetime | None = None,
    after: int = 0,
    count: int = 100,
) -> Everything:
    """A page of what refers to a resource by any search parameter, in the order in which it was created.

    `types` limits the resource types, `since` leaves out what was changed before. Pages are cut by a key that never
    changes, so none repeats or skips a match; what is needed may come with several of them.
    """
    type, id = resource["resourceType"], resource["id"]
    among = list(types) or sorted(resource_types())
    visible = await visible_among(repository, among)
    wanted = {
        "terms": literal([reference_term(source, code, f"{type}/{id}") for source, code in referring(type)]),
        "types": among,
        "since": since,
        "after": after,
        "limit": count + 1,
        **visible.parameters,
    }
    query = queries.everything.format(visible=visible.sql)
    rows = await (await execute(repository.connection, query, wanted, prepare=False)).fetchall()
    matches = [repository.shown(Found(kind, name, content)).resource for _, kind, name, content in rows[:count]]
    known = {f"{match['resourceType']}/{match['id']}" for match in matches} | {f"{type}/{id}"}
    told = matches if after else [resource, *matches]
    targets = {target for match in told for target in references(match) if "/".join(target) not in known}
    # Somebody else's record is not needed to understand this one.
    kept = sorted(target for target in targets if target[0] != type and (not types or target[0] in types))
    needed = [repository.shown(found).resource for found in await read_many(repository, kept)]
    others = [resource for resource in needed if not _about(resource, type)]
    return Everything(matches, others, rows[count - 1][0] if len(rows) > count else None)


@cache
def referring(type: str) -> tuple[tuple[str, str], ...]:
    """(type, search parameter) of all references that may point to a type."""
    return tuple(
        (source, parameter.code)
        for source in sorted(resource_types())
        for parameter in parameters(source).values()
        if parameter.type == "reference" and type in parameter.targets
    )


def references(value: Json) -> Iterator[tuple[str, str]]:
    """The resources of this store that a resource refers to anywhere."""
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and ":" not in reference and (target := target_of(reference)):
            yield target[0], target[1]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def _about(resource: Resource, type: str) -> bool:
    """Whether a resource is itself about somebody, and so belongs into that one's record."""
    return any(reference[0] == type for reference in references(resource))
