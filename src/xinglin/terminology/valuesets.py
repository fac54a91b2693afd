"""Where value sets come from: the store, a code system's own, R4's definitions, or what a URL implies by itself."""

from urllib.parse import parse_qs

from xinglin.fhir.definitions import value_set as enumerated
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.store.canonical import by_url
from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.terminology.index import code_system, code_system_by_id, queries

SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"


async def value_set(repository: Repository, canonical: str, version: str | None = None) -> Resource:
    """The value set with a canonical URL (`url` or `url|version`). Raises `NotFound`."""
    url, _, written = canonical.partition("|")
    version = version or written or None
    for id, _current in await by_url(repository.connection, "ValueSet", url):
        found = await repository.read("ValueSet", id)
        if version is None or found.get("version") == version:
            return found
    made = await _of_code_system(repository, url) or _implied(url) or _defined(url)
    if made is None or (version and made.get("version", version) != version):
        raise NotFound(f"The value set {canonical} is not known here; create it as ValueSet")
    return made


async def _of_code_system(repository: Repository, url: str) -> Resource | None:
    """All codes of the code system that names this value set as its own (CodeSystem.valueSet)."""
    row = await (await execute(repository.connection, queries.code_system_of_value_set, {"url": url})).fetchone()
    if row is None:
        found = await code_system(repository, LOINC) if url == f"{LOINC}/vs" else None
    else:
        found = await code_system_by_id(repository, row[0])
    if found is None or (row is not None and found.value_set != url):
        return None
    return _made(url, {"system": found.url})


def _implied(url: str) -> Resource | None:
    """SNOMED CT's implicit value sets: all concepts, or a concept with all below it (FHIR R4, Using SNOMED CT)."""
    base, mark, query = url.partition("?")
    wanted = parse_qs(query, keep_blank_values=True).get("fhir_vs") if mark and base == SNOMED else None
    if wanted == [""]:
        return _made(url, {"system": SNOMED})
    if wanted and wanted[0].startswith("isa/"):
        filter = {"property": "concept", "op": "is-a", "value": wanted[0].removeprefix("isa/")}
        return _made(url, {"system": SNOMED, "filter": [filter]})
    return None


def _defined(url: str) -> Resource | None:
    """A value set of R4 that a required binding needs."""
    systems = enumerated(url)
    if systems is None:
        return None
    includes = [
        {"system": system, "concept": [{"code": code} for code in sorted(codes)]} for system, codes in systems.items()
    ]
    return {**_made(url, *includes), "version": "4.0.1"}


def _made(url: str, *includes: Resource) -> Resource:
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": list(includes)}}
