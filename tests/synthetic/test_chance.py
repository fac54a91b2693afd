"""Chance that is the same everywhere."""

from collections import Counter
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from xinglin.synthetic.chance import Chance


def test_the_sequence_never_changes() -> None:
    """A hospital of today must be that of tomorrow: these are the first draws of a source, written down."""
    chance = Chance(1, "person", 17)
    assert [chance.whole(0, 999) for _ in range(6)] == [988, 289, 218, 603, 990, 261]
    assert chance.between(0, 1) != Chance(2, "person", 17).between(0, 1)


@given(st.integers(0, 2**31), st.floats(-50, 50), st.floats(0.1, 50), st.floats(0.1, 50))
def test_what_is_drawn_stays_within_its_bounds(seed: int, low: float, first: float, second: float) -> None:
    chance = Chance(seed)
    assert low <= chance.between(low, low + first) <= low + first
    assert low <= chance.peaked(low, low + first, low + first + second) <= low + first + second + 1e-9
    assert 3 <= chance.whole(3, 9) <= 9
    assert abs(chance.bell(0, first)) <= 6 * first


def test_weights_count() -> None:
    chance = Chance(5)
    drawn = Counter(chance.weighted("abc", tuple(accumulate((1, 0, 3)))) for _ in range(4000))
    assert drawn["b"] == 0
    assert 2.5 < drawn["c"] / drawn["a"] < 3.5
    assert 0.27 < sum(chance.of(0.3) for _ in range(4000)) / 4000 < 0.33
    bells = [chance.bell(10, 2) for _ in range(4000)]
    assert 9.8 < sum(bells) / 4000 < 10.2
    assert 0.64 < sum(8 < each < 12 for each in bells) / 4000 < 0.73
