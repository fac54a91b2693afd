"""Ingests documents as an import does, in this process."""

from collections.abc import Sequence

from xinglin.fhir import json
from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Json
from xinglin.store.copying import reserve
from xinglin.store.ingesting import surroundings, write
from xinglin.store.packing import pack
from xinglin.store.repository import Repository


async def ingest(repository: Repository, documents: Sequence[Json]) -> list[tuple[Issue, ...]]:
    """For each document, what kept it out."""
    lines = [json.dumps(document) for document in documents]
    keys = await reserve(repository.connection, 2 * len(lines))
    return await write(repository, lines, pack(lines, keys, await surroundings(repository)))
