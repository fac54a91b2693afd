"""Searching a code system the way that a hurried person types."""

from datetime import UTC, datetime

import psycopg
import pytest

from xinglin.store.repository import Repository
from xinglin.terminology import Catalogue, Concept, catalogue

SYSTEM = "urn:test"
HELD = Catalogue(
    [
        Concept(SYSTEM, "I10", "原发性高血压", ("高血压病",)),
        Concept(SYSTEM, "I11.9", "高血压性心脏病"),
        Concept(SYSTEM, "E11.9", "2 型糖尿病", ("T2DM",)),
        Concept(SYSTEM, "J06.9", "急性上呼吸道感染", ("上感",)),
    ]
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("i1", ["I10", "I11.9"]),
        ("高血压", ["I10", "I11.9"]),
        ("gxy", ["I10", "I11.9"]),
        ("yfxgxy", ["I10"]),
        ("yuanfaxing", ["I10"]),
        ("上感", ["J06.9"]),
        ("tnb", ["E11.9"]),
        ("t2dm", ["E11.9"]),
        ("２ 型", ["E11.9"]),
        ("zzz", []),
    ],
)
def test_codes_are_found(text: str, codes: list[str]) -> None:
    assert [concept.code for concept in HELD.find(text)] == codes


def test_the_limit_holds_and_blank_text_lists_all() -> None:
    assert len(HELD.find("", limit=2)) == 2
    assert HELD.get("I10") is not None
    assert HELD.get("I1") is None


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[object]) -> Repository:
    return Repository(connection, now=datetime(2026, 11, 22, 1, tzinfo=UTC))


async def test_a_new_version_of_the_code_system_is_seen(repository: Repository) -> None:
    system = {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "status": "active",
        "content": "complete",
        "concept": [{"code": "A", "display": "感冒", "concept": [{"code": "A1", "display": "重感冒"}]}],
    }
    stored = await repository.create(system, id="catalogue-test")
    assert [found.code for found in (await catalogue(repository, "catalogue-test")).find("gm")] == ["A", "A1"]
    stored["concept"].append({"code": "B", "display": "感帽"})
    await repository.update(stored)
    assert [found.code for found in (await catalogue(repository, "catalogue-test")).find("gm")] == ["A", "B", "A1"]
