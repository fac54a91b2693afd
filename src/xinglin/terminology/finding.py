"""Finds concepts the way that a hurried person types: by code, characters, pinyin, initials of pinyin, synonyms."""

from typing import Any

from xinglin.store.cursors import execute
from xinglin.terminology.concepts import Concept
from xinglin.terminology.index import CodeSystem, Connection, queries
from xinglin.terminology.names import LAST, like, plain, query_grams

CANDIDATES = 2000
"""Names that contain a text and are looked at, in the order of the code system, to choose the best among them."""


async def find(connection: Connection, system: CodeSystem, text: str, limit: int = 20) -> list[Concept]:
    """At most `limit` concepts that fit `text`, the best first; the first ones of the system for a blank text.

    First come codes that start with the text, then names, then sounds; after them names that contain it, then sounds.
    Among equals the one with the shorter name comes first.
    """
    wanted = plain(text)
    if not wanted:
        rows = await _rows(connection, queries.concept_first, {"system": system.number, "limit": limit})
        return [Concept(system.url, code, display) for code, display in rows]
    values: dict[str, Any] = {"system": system.number, "low": wanted, "high": wanted + LAST, "limit": limit}
    rows = await _rows(connection, queries.starting, values)
    grams = query_grams(system.number, wanted)
    if len(rows) < limit and grams:
        values |= {
            "limit": limit - len(rows),
            "like": like(wanted),
            "grams": grams,
            "known": [code for code, _ in rows],
            "candidates": CANDIDATES,
        }
        rows += await _rows(connection, queries.containing, values)
    return [Concept(system.url, code, display) for code, display in rows]


async def _rows(connection: Connection, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    # Planned for its values: how frequent a gram is decides whether the index is the shorter way.
    return await (await execute(connection, query, values, prepare=False)).fetchall()
