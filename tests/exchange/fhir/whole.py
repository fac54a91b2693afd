"""Whether what is stored is whole, of which requests that failed, or were undone, must leave nothing else."""

from collections import defaultdict
from datetime import tzinfo
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.search import Terms, extract_all
from xinglin.store.parameters import in_force
from xinglin.store.rows import dates_of

_BESIDE = {
    "dates": "SELECT key, parameter, low, high, patient FROM search_date",
    "strings": "SELECT key, parameter, value FROM search_string",
    "numbers": "SELECT key, parameter, low, high, unit, code FROM search_number",
}
_CONTAINED = "SELECT container, type, id, name, key, content::text, terms FROM search_contained"
_VERSIONS = """
    SELECT r.type || '/' || r.id FROM resource r WHERE version <> 1 +
    (SELECT count(*) FROM resource_history h WHERE h.type = r.type AND h.id = r.id AND h.version < r.version)
    UNION ALL SELECT h.type || '/' || h.id FROM resource_history h
    WHERE NOT EXISTS (SELECT FROM resource r WHERE r.type = h.type AND r.id = h.id)
"""


async def half_written(connection: AsyncConnection[Any], zone: tzinfo) -> list[str]:
    """What is wrong, as `kind Type/id`: content, id and version must agree, all versions must be there, and a resource
    must be found by exactly what it holds."""
    found = [f"versions {name}" for (name,) in await (await connection.execute(_VERSIONS)).fetchall()]
    beside: dict[str, dict[int, Any]] = {kind: defaultdict(set) for kind in _BESIDE}
    for kind, query in _BESIDE.items():
        async for key, *row in await connection.execute(query):
            beside[kind][key].add(tuple(row))
    inside: dict[int, dict[str, tuple[int, Any]]] = defaultdict(dict)
    async for container, type, id, name, key, content, hashes in await connection.execute(_CONTAINED):
        inside[container][id] = key, (type, name, json.loads(content), set(hashes), _there(key, beside))
    known = await in_force(connection)
    rows = await connection.execute("SELECT key, type, id, version, deleted, content::text, terms FROM resource")
    for key, type, id, version, deleted, content, hashes in await rows.fetchall():
        terms, contained = Terms(), ()
        if not deleted:
            resource = json.loads(content)
            if (resource["resourceType"], resource["id"], resource["meta"]["versionId"]) != (type, id, str(version)):
                found.append(f"content {type}/{id}")
            terms, contained = extract_all(resource, zone, known)
        expected = {"terms": set(terms.hashes), **_expected(terms)}
        there = {"terms": set(hashes), **_there(key, beside)}
        found += [f"{kind} {type}/{id}" for kind in expected if expected[kind] != there[kind]]
        held = {
            each.resource["id"]: (
                each.resource["resourceType"], each.name, each.resource, each.terms.hashes, _expected(each.terms)
            )
            for each in contained
        }  # fmt: skip
        if held != {id: row for id, (key, row) in inside.pop(key, {}).items() if key < 0}:
            found.append(f"contained {type}/{id}")
    beside["contained"] = dict(inside)
    return found + [f"{kind} of no resource" for kind, rows in beside.items() if rows]


def _expected(terms: Terms) -> dict[str, set[Any]]:
    numbers = {(parameter, *interval, unit, code) for parameter, interval, unit, code in terms.numbers}
    return {"dates": set(dates_of(terms)), "strings": set(terms.strings), "numbers": numbers}


def _there(key: int, beside: dict[str, dict[int, Any]]) -> dict[str, set[Any]]:
    return {kind: beside[kind].pop(key, set()) for kind in _BESIDE}
