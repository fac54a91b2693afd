"""Barcodes."""

import re

from xinglin.platform.barcodes import QUIET, code128


def test_digits_are_packed_in_pairs_and_framed_by_blank_modules() -> None:
    drawn = code128("26112300001")
    width = int(re.search(r'viewBox="0 0 (\d+) ', drawn)[1])  # type: ignore[index]
    # ISO/IEC 15417: start, five pairs, a switch of the set, a digit and the check of 11 modules each; a stop of 13.
    assert width == 2 * QUIET + 11 * 9 + 13
    first = re.search(r'd="M(\d+) 0h(\d+)v', drawn)
    assert first is not None
    assert (int(first[1]), int(first[2])) == (QUIET, 2)
    assert "style" not in drawn
