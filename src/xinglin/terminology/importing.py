"""Brings a publisher's code system into the store: a CodeSystem resource for what it is, and its concepts in the index.

The resource says `content: not-present`, R4's word for a code system whose concepts are kept elsewhere: hundreds of
thousands of them in one JSON document would serve nobody.
"""

from pathlib import Path

from xinglin.fhir.outcome import Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository
from xinglin.terminology import index
from xinglin.terminology.importers import Kind


async def import_code_system(
    repository: Repository, kind: Kind, path: Path, *, version: str | None = None, url: str | None = None
) -> tuple[Resource, int]:
    """Replaces a code system by what the file holds; gives its resource and the number of its concepts.

    Raises `ImportFault`; the caller then rolls back, and what was there before stays.
    """
    try:
        before = await repository.read("CodeSystem", kind.id, lock=True)
    except (NotFound, Gone):
        before = {}
    resource: Resource = {
        **before,
        "resourceType": "CodeSystem",
        "id": kind.id,
        "url": url or kind.url,
        "title": kind.title,
        "name": kind.id.replace("-", "_").upper(),
        "status": "active",
        "content": "not-present",
        "caseSensitive": True,
        **({"valueSet": kind.value_set} if kind.value_set else {}),
    }
    if version:
        resource["version"] = version
    stored = await repository.update(resource)
    system = await index.write(repository.connection, stored, kind.read(path))
    count = await index.count(repository.connection, system)
    counted = await repository.update({**stored, "count": count})
    await index.describe(repository.connection, counted)
    return counted, count
