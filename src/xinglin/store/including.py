"""What `_include` and `_revinclude` add to a page of matches (FHIR R4, Search, Including other resources)."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.outcome import Issue
from xinglin.fhir.search.query import Include
from xinglin.fhir.search.registry import parameters
from xinglin.fhir.search.terms import term
from xinglin.fhir.types import Resource
from xinglin.store.cursors import execute, queries
from xinglin.store.searching import literal

LIMIT = 1000
"""Resources that one `_revinclude` adds at most; beyond it, the page carries a warning."""


async def read_many(connection: AsyncConnection[Any], references: Sequence[tuple[str, str]]) -> dict[str, Resource]:
    """`Type/id` → resource for those that exist, in one round trip."""
    if not references:
        return {}
    wanted = {"types": [type for type, _ in references], "ids": [id for _, id in references]}
    cursor = await execute(connection, queries.read_many, wanted)
    return {f"{type}/{id}": json.loads(content) async for type, id, content in cursor}


async def included(
    connection: AsyncConnection[Any], matches: Sequence[Resource], includes: Sequence[Include]
) -> list[Resource]:
    """What the matches refer to by the parameters of `includes`, without the matches themselves."""
    own = {(resource["resourceType"], resource["id"]) for resource in matches}
    wanted = {
        target: None
        for include in includes
        for resource in matches
        for target in _targets(resource, include)
        if target not in own
    }
    return list((await read_many(connection, list(wanted))).values())


def _targets(resource: Resource, include: Include) -> list[tuple[str, str]]:
    found = []
    for branch in parameters(include.source)[include.parameter].branches:
        if branch.type == "Reference":
            for value in branch.values(resource):
                literal_reference = value.get("reference") or ""
                target = None if ":" in literal_reference else target_of(literal_reference)
                if target and include.target in ("", target[0]):
                    found.append(target)
    return found


async def referring(
    connection: AsyncConnection[Any], matches: Sequence[Resource], include: Include
) -> tuple[list[Resource], Issue | None]:
    """Resources of `include.source` that refer to any match, and a warning where there are more than `LIMIT`."""
    targets = [f"{r['resourceType']}/{r['id']}" for r in matches if include.target in ("", r["resourceType"])]
    if not targets:
        return [], None
    terms = literal([term(include.source, include.parameter, target) for target in targets])
    wanted = {"type": include.source, "terms": terms, "limit": LIMIT + 1}
    rows = await (await execute(connection, queries.referring, wanted, prepare=False)).fetchall()
    warning = None
    if len(rows) > LIMIT:
        named = f"{include.source}:{include.parameter}"
        text = f"More than {LIMIT} resources refer to these matches by {named}; only the first {LIMIT} are included"
        warning = Issue("warning", "incomplete", text)
    return [json.loads(row[1]) for row in rows[:LIMIT]], warning
