"""What came holds against what was committed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Told(NamedTuple):
    """A request that came: the way by which, the resource that orders it among others, the number that grows within
    it, and its body."""

    way: str
    key: str
    number: int
    body: bytes


class Change(NamedTuple):
    """A change of which a way must tell."""

    way: str
    key: str
    number: int


@dataclass(frozen=True)
class Verdict:
    """What a trial has found: each of the lists names changes."""

    kills: int
    committed: int
    delivered: int
    repeated: int
    lost: list[Change]
    invented: list[Change]
    disordered: list[Change]

    @property
    def faults(self) -> list[str]:
        """Everything that should not be, in words."""
        named = {"lost": self.lost, "invented": self.invented, "disordered": self.disordered}
        return [f"{name}: {each.key} {each.number} by {each.way}" for name, found in named.items() for each in found]


def judged(
    kills: int, committed: Collection[Change], acknowledged: Collection[Change], told: Sequence[Told]
) -> Verdict:
    """Holds what came, in the order in which it came, against what is there and what clients were told is done.

    Lost is what is committed and did not come, and what was acknowledged and is not committed. Invented is what came
    and is not committed, or came again with another content. Disordered is what first came after a later one of its
    key.
    """
    there = set(committed)
    first: dict[Change, bytes] = {}
    latest: dict[tuple[str, str], int] = {}
    invented, disordered = [], []
    for each in told:
        change = Change(each.way, each.key, each.number)
        if change not in there or first.get(change, each.body) != each.body:
            invented.append(change)
        if change not in first:
            first[change] = each.body
            if latest.get((each.way, each.key), each.number) > each.number:
                disordered.append(change)
            latest[each.way, each.key] = each.number
    lost = sorted((there - first.keys()) | (set(acknowledged) - there))
    return Verdict(kills, len(there), len(first.keys() & there), len(told) - len(first), lost, invented, disordered)
