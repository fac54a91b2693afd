"""The official examples of R4 in the store, and back over HTTP in both formats."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.fhir.examples import examples
from tests.fhir.validation.test_examples import REFUSED
from xinglin.fhir import json, xml
from xinglin.platform.database import Database
from xinglin.store.ingesting import ingest
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, tzinfo=UTC)
Stored = dict[str, dict[str, Any]]


async def test_every_official_example_is_stored_and_comes_back_equal(
    client: httpx.AsyncClient, database: Database
) -> None:
    named = [(name, json.loads(text)) for name, text in examples()]
    async with database.transaction() as connection:
        told = await ingest(Repository(connection, now=NOW), [document for _, document in named])
    refused = {name: issues for (name, _), issues in zip(named, told, strict=True) if issues}
    assert len(named) == 5306
    assert refused.keys() == REFUSED.keys()
    for name, (expression, reason) in REFUSED.items():
        assert expression in {issue.expression for issue in refused[name]}, reason
    sent: Stored = {f"{d['resourceType']}/{d['id']}": d for name, d in named if name not in REFUSED}
    assert await differences(client, sent, "json", 500, None) == []
    assert await differences(client, sent, "xml", 15, 2) == []


async def differences(client: httpx.AsyncClient, sent: Stored, format: str, count: int, pages: int | None) -> list[str]:
    """The names of what doesn't come back as it was sent, in so many `pages` of each type; None for all of them."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for name in sent:
        kinds[name.partition("/")[0]].add(name)
    different: list[str] = []
    for kind, expected in kinds.items():
        seen: set[str] = set()
        async for resource in some(client, kind, format, count, pages):
            name = f"{kind}/{resource['id']}"
            seen.add(name)
            if text(resource) != text(sent[name]):
                different.append(name)
        different += sorted(seen - expected if pages else seen ^ expected)
        assert len(seen) >= min(len(expected), count * (pages or 1))
    return different


async def some(
    client: httpx.AsyncClient, kind: str, format: str, count: int, pages: int | None
) -> AsyncIterator[dict[str, Any]]:
    """The resources of a type, page by page, each page by the link of the one before."""
    url: str | None = f"{kind}?_count={count}&_format={format}"
    while url and pages != 0:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        page = json.loads(answer.content) if format == "json" else xml.loads(answer.content)
        for entry in page.get("entry", ()):
            yield entry["resource"]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
        pages = None if pages is None else pages - 1


def text(resource: dict[str, Any]) -> bytes:
    """A resource without its version and time, with its keys in order and its numbers as they were written."""
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    rest = {k: v for k, v in resource.items() if k != "meta"}
    return json.dumps(ordered({**rest, **({"meta": meta} if meta else {})}))


def ordered(value: Any) -> Any:
    """A value with the keys of every object in order."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(item) for item in value] if isinstance(value, list) else value
