"""Searching a code system the way that a hurried person types."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from xinglin.store.repository import Repository
from xinglin.terminology import Catalogue, catalogue

SYSTEM = "urn:test"


def concept(code: str, display: str, *names: str) -> dict[str, Any]:
    return {"code": code, "display": display, **({"designation": [{"value": n} for n in names]} if names else {})}


HELD = [
    concept("I10", "原发性高血压", "高血压病"),
    concept("I11.9", "高血压性心脏病"),
    concept("E11.9", "2 型糖尿病", "T2DM"),
    concept("J06.9", "急性上呼吸道感染", "上感"),
    concept("x_1%", "100% \\ done_"),
]


def code_system(*concepts: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "status": "active",
        "content": "complete",
        "concept": list(concepts),
    }


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[object]) -> Repository:
    return Repository(connection, now=datetime(2026, 11, 22, 1, tzinfo=UTC))


@pytest.fixture
async def held(repository: Repository) -> Catalogue:
    await repository.create(code_system(*HELD), id="held")
    return await catalogue(repository, "held")


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
        ("心", ["I11.9"]),
        ("xzb", ["I11.9"]),
        ("X_1%", ["x_1%"]),
        ("_", []),
        ("0%", ["x_1%"]),
        ("\\d", ["x_1%"]),
        ("zzz", []),
    ],
)
async def test_codes_are_found(held: Catalogue, text: str, codes: list[str]) -> None:
    assert [concept.code for concept in await held.find(text)] == codes


async def test_the_limit_holds_and_blank_text_lists_all(held: Catalogue) -> None:
    assert [concept.code for concept in await held.find(" ", limit=2)] == ["I10", "I11.9"]
    assert len(await held.find("高血压", limit=1)) == 1
    assert await held.get("I10") is not None
    assert await held.get("I1") is None


async def test_a_new_version_of_the_code_system_is_seen(repository: Repository) -> None:
    system = code_system({"code": "A", "display": "感冒", "concept": [{"code": "A1", "display": "重感冒"}]})
    stored = await repository.create(system, id="catalogue-test")
    assert [found.code for found in await (await catalogue(repository, "catalogue-test")).find("gm")] == ["A", "A1"]
    stored["concept"].append({"code": "B", "display": "感帽"})
    await repository.update(stored)
    found = await (await catalogue(repository, "catalogue-test")).find("gm")
    assert [concept.code for concept in found] == ["A", "B", "A1"]
