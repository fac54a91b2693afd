"""The whole Chinese lists of diagnoses and procedures: they load, and are found."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.shared_data import shared_folder
from xinglin.platform.database import Database
from xinglin.store.repository import Repository
from xinglin.terminology.finding import find
from xinglin.terminology.importers import KINDS
from xinglin.terminology.importing import import_code_system
from xinglin.terminology.index import CodeSystem, code_system

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def lists() -> Path:
    folder = shared_folder("terminology")
    if folder is None:
        pytest.skip("no terminology lists: put them beside the checkout or set XINGLIN_SHARED_DATA")
    return folder


@pytest.fixture(scope="module")
async def loaded(database: Database, lists: Path) -> dict[str, CodeSystem]:
    counts = {}
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        for kind, file in (("icd10-clinical", "icd10-cn.txt"), ("icd9cm3-clinical", "icd9cm3-cn.txt")):
            counts[kind] = (await import_code_system(repository, KINDS[kind], lists / file))[1]
        assert counts == {"icd10-clinical": 33_304, "icd9cm3-clinical": 13_686}
        found = {kind: await code_system(repository, KINDS[kind].url) for kind in counts}
    return {kind: system for kind, system in found.items() if system}


SEARCHES = [
    ("I10", "I10.x00"),
    ("gxy", "高血压"),
    ("高血压", "高血压"),
    ("yuanfaxinggaoxueya", "原发性高血压"),
    ("tnb", "糖尿病"),
    ("骨折", "骨折"),
    ("liangxing", "良性"),
    ("ang", ""),
    ("an", ""),
    ("a", ""),
    ("x", ""),
    ("性", "性"),
    ("ngan", ""),
    ("急性阑尾炎", "急性阑尾炎"),
    ("jxlwy", "急性阑尾炎"),
    ("elevator", None),
]


async def test_every_search_finds(database: Database, loaded: dict[str, CodeSystem]) -> None:
    system = loaded["icd10-clinical"]
    async with database.transaction() as connection:
        for text, expected in SEARCHES:
            found = await find(connection, system, text, 20)
            if expected is None:
                assert found == []
            else:
                assert any(expected in concept.display + concept.code for concept in found), (text, found)


async def test_codes_know_their_parents(database: Database, loaded: dict[str, CodeSystem]) -> None:
    system = loaded["icd10-clinical"]
    async with database.transaction() as connection:
        query = "SELECT parent FROM concept_parent WHERE system = %s AND child = %s"
        row = await (await connection.execute(query, (system.number, "A00.100x001"))).fetchone()
    assert row == ("A00.100",)


async def test_a_second_import_replaces_the_first(
    database: Database, loaded: dict[str, CodeSystem], tmp_path: Path
) -> None:
    short = tmp_path / "short.txt"
    short.write_text("00.01 头颈部血管治疗性超声\n", encoding="gb18030")
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        resource, count = await import_code_system(repository, KINDS["icd9cm3-clinical"], short, version="9")
        system = await code_system(repository, KINDS["icd9cm3-clinical"].url, "9")
        assert (count, resource["count"]) == (1, 1)
        assert system is not None
        assert [c.code for c in await find(connection, system, "tjb")] == ["00.01"]
        assert await code_system(repository, KINDS["icd9cm3-clinical"].url, "8") is None
