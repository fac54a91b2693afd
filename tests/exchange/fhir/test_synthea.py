"""The Synthea resources go into a store and come out equal, in JSON and in XML."""

import gzip
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.store.ingested import ingest
from xinglin.fhir import json, xml
from xinglin.platform.database import Database
from xinglin.store.references import replaced
from xinglin.store.repository import Repository

Json = dict[str, Any]
NOW = datetime(2026, 11, 25, tzinfo=UTC)
BY_HTTP = 40
"""Every how many resources one is also read over HTTP, in both formats."""


def without_version(resource: Json) -> Json:
    """Without what the store adds to a resource: version and time."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {**{name: value for name, value in resource.items() if name != "meta"}, **({"meta": meta} if meta else {})}


def synthea_resources(files: list[Path]) -> Iterator[Json]:
    """The resources of the bundles with ids of their own instead of temporary ones."""
    for number, file in enumerate(files):
        entries = json.loads(gzip.decompress(file.read_bytes()))["entry"]
        ids = {entry["fullUrl"]: f"s{number}-{place}" for place, entry in enumerate(entries)}
        names = {e["fullUrl"]: f"{e['resource']['resourceType']}/{ids[e['fullUrl']]}" for e in entries}
        for entry in entries:
            yield {**replaced(entry["resource"], names)[0], "id": ids[entry["fullUrl"]]}


async def stored(
    database: Database, documents: list[tuple[str, Json]]
) -> AsyncIterator[tuple[str, Json, bytes | None]]:
    """Puts documents into the store; name, document and what is read back: None where it was refused."""
    last = {(d["resourceType"], d["id"]): name for name, d in documents}
    refused = set()
    for start in range(0, len(documents), 500):
        batch = documents[start : start + 500]
        async with database.transaction() as connection:
            issues = await ingest(Repository(connection, now=NOW), [document for _, document in batch])
        refused |= {name for (name, _), own in zip(batch, issues, strict=True) if own}
    async with database.reading() as connection:
        repository = Repository(connection, now=NOW)
        for name, document in documents:
            if name in refused:
                yield name, document, None
            elif last[document["resourceType"], document["id"]] == name:  # a later one of the same id replaced others
                yield name, document, (await repository.read_raw(document["resourceType"], document["id"])).content


def check(document: Json, content: bytes) -> None:
    """What is stored is what was sent, and its XML form says the same."""
    back = json.loads(content)
    assert without_version(back) == without_version(document)
    assert xml.loads(xml.dumps(back)) == back


async def check_over_http(client: httpx.AsyncClient, document: Json) -> None:
    address = f"{document['resourceType']}/{document['id']}"
    as_json = await client.get(address)
    as_xml = await client.get(address, headers={"Accept": "application/fhir+xml"})
    assert (as_json.status_code, as_xml.status_code) == (200, 200), address
    assert without_version(json.loads(as_json.content)) == without_version(document)
    assert without_version(xml.loads(as_xml.content)) == without_version(document)


async def test_synthea(client: httpx.AsyncClient, database: Database, synthea: list[Path]) -> None:
    documents = [(f"{d['resourceType']}/{d['id']}", d) for d in synthea_resources(synthea)]
    read = 0
    async for name, document, content in stored(database, documents):
        assert content is not None, name
        check(document, content)
        read += 1
        if read % BY_HTTP == 0:
            await check_over_http(client, document)
    assert read == len(documents) == 8842
