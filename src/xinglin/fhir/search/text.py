"""Text as it is searched: without case, accents and width (FHIR R4, Search, string), Chinese also by its sound."""

import re
import unicodedata
from functools import lru_cache

LONGEST = 256
"""Characters of a value that are searched. An index entry of PostgreSQL has room for 2,700 bytes."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def normalised(text: str) -> str:
    """The form in which text is stored and looked for: NFKC, casefolded, without accents, single spaces."""
    if text.isascii():
        folded = text.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", text).casefold()
        stripped = "".join(c for c in decomposed if not unicodedata.combining(c))
        folded = unicodedata.normalize("NFKC", stripped)
    return " ".join(folded.split())[:LONGEST]


@lru_cache(maxsize=8192)
def sounds(text: str) -> tuple[str, ...]:
    """How a Chinese text is typed by its sound: full pinyin, and initials. Empty for text without Han characters.

    张三丰 gives zhangsanfeng and zsf. A character with several readings counts with its usual one.
    """
    if not _HAN.search(text):
        return ()
    from pypinyin import Style, lazy_pinyin  # takes long to import, and most names of the world don't need it

    full = "".join(lazy_pinyin(text))
    initials = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))
    return tuple(dict.fromkeys((normalised(full), normalised(initials))))
