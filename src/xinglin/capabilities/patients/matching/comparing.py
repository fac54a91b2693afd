"""How far two values of one element agree: a level for each element, from `same` to `different`.

None where either is not known, which tells nothing for or against.
"""

from datetime import date, timedelta

from xinglin.capabilities.patients.identity_number import parse_identity_number
from xinglin.capabilities.patients.matching.persons import syllables

COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "司徒",
        "夏侯",
        "端木",
        "南宫",
        "西门",
        "独孤",
        "轩辕",
    ]
)
ALIKE = (
    *("己已巳", "未末", "土士", "干千于", "人入", "侯候", "晴睛", "密蜜", "冶治", "戌戍戊", "毋母", "崇祟"),
    *("冼洗", "佘余", "昊吴", "怡恰", "析折", "祎袆", "天夭", "王壬", "菜莱", "钧钓", "沐沭"),
)
"""Characters that look alike and are taken for one another, in handwriting and on the screen of a reader."""

_LOOKS = str.maketrans({each: group[0] for group in ALIKE for each in group})
SHORT_NAME = 2
"""Characters of a name of which so many people have the same that one character alone tells little."""
_PLACE = 6
"""Characters of an address that two people of one town share."""


def names(one: str, other: str) -> str | None:
    """`same`, `sound` and `look` (other characters that sound or look alike), `order` (characters the wrong way round),
    `character` (one is missing or another), `surname`, `different`."""
    if not one or not other:
        return None
    if one == other:
        return "same"
    if (sounds := syllables(one)) and sounds == syllables(other):
        return "sound"
    if one.translate(_LOOKS) == other.translate(_LOOKS):
        return "look"
    if sorted(one.split()) == sorted(other.split()) or (not one.isascii() and sorted(one) == sorted(other)):
        return "order"
    alike = surname(one) == surname(other)
    if min(len(one), len(other)) >= SHORT_NAME and max(len(one), len(other)) > SHORT_NAME and slip(one, other):
        return "character"
    return "surname" if alike else "different"


def surname(name: str) -> str:
    """The surname of a Chinese name; of other names the last word."""
    if name.isascii():
        return name.rsplit(maxsplit=1)[-1] if name else ""
    return name[:2] if name[:2] in COMPOUND_SURNAMES else name[:1]


def births(one: date | None, other: date | None) -> str | None:
    """`same`, `placeholder` (both the first of January, which desks write where they don't know), `swapped` (day and
    month), `near` (the next day, or one digit), `month` (year, and month or day), `year`, `different`."""
    if one is None or other is None:
        return None
    if one == other:
        return "placeholder" if (one.month, one.day) == (1, 1) else "same"
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return "swapped"
    if abs(one - other) == timedelta(days=1) or slip(one.isoformat(), other.isoformat()):
        return "near"
    if one.year != other.year:
        return "different"
    return "month" if one.month == other.month or one.day == other.day else "year"


def sexes(one: str, other: str) -> str | None:
    """`same` or `different`; other and unknown tell nothing."""
    if {one, other} - {"male", "female"}:
        return None
    return "same" if one == other else "different"


def identities(one: str, other: str) -> str | None:
    """`same`, `slip` (one digit, or two neighbours, and not both can be right), `different`, and `proven` where both
    check characters fit: no slip of the keyboard leads from one such number to another."""
    if not one or not other:
        return None
    if one == other:
        return "same"
    if _valid(one) and _valid(other):
        return "proven"
    return "slip" if slip(one, other) else "different"


def telephones(one: frozenset[str], other: frozenset[str]) -> str | None:
    """`same` where any number is in both, `slip`, `different`."""
    if not one or not other:
        return None
    if one & other:
        return "same"
    return "slip" if any(len(a) == len(b) and slip(a, b) for a in one for b in other) else "different"


def addresses(one: str, other: str) -> str | None:
    """`same`, `part` (one is the beginning of the other, down to the street), `town`, `different`."""
    if not one or not other:
        return None
    if one == other:
        return "same"
    short, long = sorted((one, other), key=len)
    if len(short) > _PLACE and long.startswith(short):
        return "part"
    return "town" if short[:_PLACE] == long[:_PLACE] else "different"


def slip(one: str, other: str) -> bool:
    """Whether one slip of the keyboard leads from one text to the other: a character more, less or another, or two
    neighbours the wrong way round (Damerau)."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        rest, there = one[start:], other[start:]
        return rest[1:] == there[1:] or (rest[:2] == there[:2][::-1] and rest[2:] == there[2:])
    short, long = sorted((one, other), key=len)
    return short[start:] == long[start + 1 :]


def _valid(number: str) -> bool:
    try:
        parse_identity_number(number)
    except ValueError:
        return False
    return True
