"""Chance that is the same for the same seed, in every process, on every machine.

Each part of the hospital draws from a source of its own, named by what it is for, so that one more draw in one patient
changes no other one. Only `random()` is used below, whose sequence Python promises to keep.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import sqrt
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A source of chance for a seed and a name, such as `Chance(1, "person", 17)`."""

    def __init__(self, seed: int, *name: object) -> None:
        text = "/".join(map(str, (seed, *name)))
        self._next = Random(int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")).random  # noqa: S311

    def of(self, share: float) -> bool:
        """True in this share of all cases."""
        return self._next() < share

    def between(self, low: float, high: float) -> float:
        """A number between two, evenly."""
        return low + (high - low) * self._next()

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._next() * (high - low + 1))

    def peaked(self, low: float, peak: float, high: float) -> float:
        """A number between two with a most frequent one (triangular)."""
        share, place = self._next(), (peak - low) / (high - low)
        if share < place:
            return low + sqrt(share * (high - low) * (peak - low))
        return high - sqrt((1 - share) * (high - low) * (high - peak))

    def bell(self, middle: float, spread: float) -> float:
        """A number around another one, as good as normal: a sum of twelve even ones, since functions such as cosines
        may differ in their last digit from machine to machine."""
        return middle + spread * (sum(self._next() for _ in range(12)) - 6)

    def one(self, several: Sequence[T]) -> T:
        """One of several, all alike."""
        return several[int(self._next() * len(several))]

    def weighted(self, several: Sequence[T], sums: Sequence[float]) -> T:
        """One of several by their weights, given as running sums."""
        wanted = self._next() * sums[-1]
        low, high = 0, len(sums) - 1
        while low < high:
            middle = (low + high) // 2
            if sums[middle] > wanted:
                high = middle
            else:
                low = middle + 1
        return several[low]
