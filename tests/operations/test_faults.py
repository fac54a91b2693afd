"""A short trial of faults, and whether its verdict would find them."""

from pathlib import Path

import pytest

from bench.faults.judging import Change, Told, judged
from bench.faults.trial import trial

KILLS = 6
SEED = 20261125


def told(*numbers: int, key: str = "Patient/1", body: bytes = b"") -> list[Told]:
    return [Told("hook", key, number, body or str(number).encode()) for number in numbers]


def changes(*numbers: int) -> list[Change]:
    return [Change("hook", "Patient/1", number) for number in numbers]


def test_what_comes_twice_is_no_fault() -> None:
    verdict = judged(1, changes(1, 2, 3), changes(1, 3), told(1, 2, 1, 2, 3))
    assert verdict.faults == []
    assert (verdict.committed, verdict.delivered, verdict.repeated) == (3, 3, 2)


@pytest.mark.parametrize(
    ("committed", "acknowledged", "came", "fault"),
    [
        (changes(1, 2), [], told(1), "lost: Patient/1 2 by hook"),
        (changes(1), changes(1, 2), told(1), "lost: Patient/1 2 by hook"),
        (changes(1), [], told(1, 2), "invented: Patient/1 2 by hook"),
        (changes(1, 2), [], told(2, 1), "disordered: Patient/1 1 by hook"),
        (changes(1), [], [*told(1), *told(1, body=b"other")], "invented: Patient/1 1 by hook"),
    ],
)
def test_faults_are_found(committed: list[Change], acknowledged: list[Change], came: list[Told], fault: str) -> None:
    assert judged(1, committed, acknowledged, came).faults == [fault]


async def test_nothing_is_lost_or_invented_while_everything_is_killed(home: Path) -> None:
    said: list[str] = []
    verdict = await trial(home, kills=KILLS, seed=SEED, say=said.append)
    assert verdict.faults == [], said
    assert verdict.kills == KILLS
    assert verdict.delivered == verdict.committed > 50
