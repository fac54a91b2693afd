"""Lines of NDJSON made ready to be written, in a process that has no database: the half of an import that is computing.

What another process gets and gives can be pickled, and is little: bytes for COPY instead of objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import Issue
from xinglin.fhir.search import SearchParameters
from xinglin.fhir.search.known import Definition
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation import validate
from xinglin.store import defining, profiles, subscribing
from xinglin.store.copying import Copied, copied
from xinglin.store.rows import stamped

DEFINING = frozenset({defining.TYPE, subscribing.TYPE, *profiles.DECIDING})
"""Types that are written one by one: what follows is held against them, or is what they wait for."""


class Packed(NamedTuple):
    """One line: the issues that keep it out, or the resource as if it were new, with its type and id and the profiles
    that it claims.

    Neither is there for a resource that defines what others are held against, or for which there were no keys.
    """

    issues: tuple[Issue, ...] = ()
    copied: Copied | None = None
    claims: tuple[str, ...] = ()
    name: tuple[str, str] | None = None


@dataclass(frozen=True)
class Pack:
    """Lines in their order, and what they add to the dictionary of texts. `version`: of the search parameters."""

    lines: Sequence[Packed]
    texts: frozenset[tuple[int, str, int]]
    version: str


@dataclass(frozen=True)
class Surroundings:
    """What packing needs to know of the store: the search parameters in force, the time and the hospital's zone."""

    version: str
    definitions: tuple[Definition, ...]
    now: datetime
    zone: tzinfo


def pack(lines: Sequence[bytes], keys: Sequence[int], surroundings: Surroundings) -> Pack:
    """Validates and indexes resources. No other resource has these `keys`: one for each line, and further ones for what
    they contain; lines for which they do not suffice are left to be written one by one."""
    known = parameters(surroundings.version, surroundings.definitions)
    texts = set[tuple[int, str, int]]()
    packed = []
    further = iter(keys[len(lines) :])
    for key, line in zip(keys, lines, strict=False):
        document, issues = read(line)
        if issues or document["resourceType"] in DEFINING:
            packed.append(Packed(issues))
            continue
        name = document["resourceType"], document["id"]
        row = stamped(document, document["id"], 1, surroundings.now, surroundings.zone, known)
        try:
            lines_of = copied(key, row, further)
        except StopIteration:
            packed.append(Packed(name=name))
            continue
        texts.update(row.terms.texts, *(each.terms.texts for each in row.contained))
        packed.append(Packed(copied=lines_of, claims=tuple(profiles.claims(document)), name=name))
    return Pack(packed, frozenset(texts), surroundings.version)


@lru_cache(2)
def parameters(version: str, definitions: tuple[Definition, ...]) -> SearchParameters:
    """The search parameters in force, compiled once."""
    return SearchParameters(definitions, version)


def read(line: bytes) -> tuple[Json, tuple[Issue, ...]]:
    """The document in a line, and why it is no valid resource with an id; warnings keep nothing out."""
    try:
        document = json.loads(line)
    except json.JsonError:
        text = f"this is not JSON: {line[:60].decode(errors='replace')!r}"
        return None, (Issue("error", "structure", text),)
    return document, _issues(document)


def _issues(document: Json) -> tuple[Issue, ...]:
    kind = document.get("resourceType") if isinstance(document, dict) else None
    if kind not in resource_types():
        return (Issue("error", "structure", f"{kind!r} is not a resource type of FHIR R4"),)
    found = tuple(issue for issue in validate(document) if issue.severity in ("error", "fatal"))
    if not found and not document.get("id"):
        text = "Without an id, a repeated import would store the resource again; give it one"
        return (Issue("error", "required", text, f"{kind}.id"),)
    return found


def resource(line: bytes) -> Resource:
    """The resource in a line that has no issues."""
    document: Resource = json.loads(line)
    return document
