"""Texts of courses, filled in."""

import re
from collections.abc import Mapping

from xinglin.synthetic.chance import Chance

_HOLE = re.compile(r"\{([^{}]+)\}")
_SPAN = re.compile(r"(\d+)-(\d+)")


def filled(text: str, chance: Chance, values: Mapping[str, object]) -> str:
    """`text` with its holes filled: `{name}` by a value, `{3-7}` by a whole number, `{a|b}` by one of them.

    Raises `KeyError` for a name that there is not.
    """

    def fill(hole: re.Match[str]) -> str:
        inside: str = hole[1]
        if "|" in inside:
            return chance.one(inside.split("|"))
        if span := _SPAN.fullmatch(inside):
            return str(chance.whole(int(span[1]), int(span[2])))
        return str(values[inside])

    return _HOLE.sub(fill, text)
