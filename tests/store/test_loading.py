"""Loading a folder of files."""

import gzip
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from xinglin.fhir import json
from xinglin.platform.database import Database
from xinglin.store import loading
from xinglin.store.loading import LoadedFile, load_directory
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def without_identity(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without what the store gives: id, version and time."""
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return {**{k: v for k, v in resource.items() if k not in ("id", "meta")}, **({"meta": meta} if meta else {})}


async def test_all_synthea_bundles_load_and_read_back_equal(synthea: list[Path], database: Database) -> None:
    told: list[tuple[LoadedFile, int, int]] = []
    report = await load_directory(
        synthea[0].parent, database.transaction, now=NOW, progress=lambda *news: told.append(news)
    )
    assert report.refused == []
    assert (report.accepted.total(), report.accepted["Patient"], report.accepted["Observation"]) == (8842, 24, 4237)
    assert [(number, of) for _, number, of in told] == [(n, 24) for n in range(1, 25)]
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        total = 0
        for path in synthea:
            bundle = json.loads(gzip.decompress(path.read_bytes()))
            total += await compare(repository, bundle)
        assert total == 8842


async def compare(repository: Repository, bundle: dict[str, Any]) -> int:
    """Compares all resources of a bundle with what is stored, and gives their number."""
    sent = [entry["resource"] for entry in bundle["entry"]]
    patient = next(r for r in sent if r["resourceType"] == "Patient")
    identifier = patient["identifier"][0]
    query = f"identifier={identifier['system']}|{identifier['value']}"
    page = await repository.search("Patient", query)
    keys = [r["id"] for r in page.resources]
    assert len(keys) == 1
    stored: list[dict[str, Any]] = []
    first, last = await key_range(repository, keys[0], len(sent))
    cursor = repository.connection.cursor()
    await cursor.execute("SELECT content::text FROM resource WHERE key BETWEEN %s AND %s ORDER BY key", (first, last))
    stored = [json.loads(text) for (text,) in await cursor.fetchall()]
    names = {e["fullUrl"]: f"{s['resourceType']}/{s['id']}" for e, s in zip(bundle["entry"], stored, strict=True)}
    for before, after in zip(sent, stored, strict=True):
        text = json.dumps(without_identity(before)).decode()
        for temporary, name in names.items():
            if temporary in text:
                text = text.replace(f'"{temporary}"', f'"{name}"')
        assert json.loads(text) == without_identity(after)
    return len(stored)


async def key_range(repository: Repository, patient: str, count: int) -> tuple[int, int]:
    """The keys of a bundle's resources: the patient comes first in a Synthea bundle."""
    cursor = repository.connection.cursor()
    await cursor.execute("SELECT key FROM resource WHERE type = 'Patient' AND id = %s", (patient,))
    ((key,),) = await cursor.fetchall()
    return key, key + count - 1


async def test_good_files_are_loaded_and_bad_ones_refused_with_reasons(tmp_path: Path, database: Database) -> None:
    files: dict[str, bytes] = {
        "a.json": b'{"resourceType":"Group","id":"g","type":"person","actual":true}',
        "b.json.gz": gzip.compress(
            b'{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Group","type":"person",'
            b'"actual":true},"request":{"method":"POST","url":"Group"}}]}'
        ),
        "c.json": b'{"resourceType":"Group","type":"crowd","actual":true}',
        "d.json": b"{",
        "e.json.gz": b"not gzip",
        "f.json": b"[]",
        "sub/g.json": b'{"resourceType":"Group","type":"person","actual":true}',
        "notes.txt": b"not looked at",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    report = await load_directory(tmp_path, database.transaction, now=NOW)
    assert report.accepted == Counter(Group=3)
    refused = {file.path.name: file.issues[0].diagnostics for file in report.refused}
    assert list(refused) == ["c.json", "d.json", "e.json.gz", "f.json"]
    assert "accepted here" in refused["c.json"]
    assert "can't be read" in refused["d.json"]
    assert "can't be read" in refused["e.json.gz"]
    assert "a JSON object" in refused["f.json"]


async def test_a_folder_without_files_is_told(tmp_path: Path, database: Database) -> None:
    with pytest.raises(FileNotFoundError, match=r"no \.json"):
        await load_directory(tmp_path, database.transaction, now=NOW)
    with pytest.raises(FileNotFoundError, match="not a folder"):
        await load_directory(tmp_path / "none", database.transaction, now=NOW)


async def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MOST", 1_000_000)
    bomb = gzip.compress(b" " * 300_000_000)
    assert len(bomb) < 300_000
    (tmp_path / "bomb.json.gz").write_bytes(bomb)
    tracemalloc.start()
    report = await load_directory(tmp_path, database.transaction, now=NOW)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (refused,) = report.refused
    assert refused.issues[0].diagnostics.startswith("bomb.json.gz has more than 1,000,000 bytes")
    assert most < 20_000_000
