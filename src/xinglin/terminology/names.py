"""Names as they are searched: normalised, without spaces, with their sounds, and cut into grams for an index."""

from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from xinglin.fhir.search.text import normalised, sounds

LAST = "\U0010ffff"
"""Comes after every character that a name has: `text` up to `text + LAST` is all that starts with it."""


def plain(text: str) -> str:
    """The form in which names are compared: 2 型 becomes 2型, Ａ becomes a."""
    return "".join(normalised(text).split())


def spoken(name: str) -> tuple[str | None, str | None]:
    """Pinyin and initials of a plain name; None where it has no Han characters."""
    found = sounds(name)
    return (found[0], found[-1]) if found else (None, None)


def index_grams(number: int, texts: Iterable[str | None]) -> set[int]:
    """What texts are found by: characters beyond ASCII, pairs, and triples in ASCII, since pinyin has few pairs."""
    parts: set[str] = set()
    for text in texts:
        if text:
            parts.update(character for character in text if not character.isascii())
            parts.update(text[i : i + 2] for i in range(len(text) - 1))
            parts.update(part for i in range(len(text) - 2) if (part := text[i : i + 3]).isascii())
    return {_gram(number, part) for part in parts}


def query_grams(number: int, text: str) -> list[int]:
    """What everything that contains `text` has among its grams; empty for a single ASCII character, which says
    nothing."""
    if len(text) == 1:
        parts = [] if text.isascii() else [text]
    else:
        size = 3 if text.isascii() and len(text) > 2 else 2
        parts = [text[i : i + size] for i in range(len(text) - size + 1)]
    return sorted({_gram(number, part) for part in parts})


def like(text: str) -> str:
    """The pattern of LIKE for what contains `text`."""
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


@lru_cache(maxsize=200_000)
def _gram(number: int, part: str) -> int:
    return crc32(f"{number}:{part}".encode()) - 2**31
