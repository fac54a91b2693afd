"""A Patient as far as it is compared with others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.fhir import build
from xinglin.fhir.search.text import normalised
from xinglin.fhir.types import Resource

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_DULL = re.compile(r"[\s,，.。·・-]+")


@dataclass(frozen=True)
class Person:
    """What is compared. Texts are normalised; what is not known is empty or None.

    `name` is empty for people whose name nobody knows yet; `birth_order` tells twins apart; `numbers` are all
    identifiers that are given out once, as (system, value).
    """

    reference: str
    name: str
    sex: str
    born: date | None
    identity: str
    phones: frozenset[str]
    address: str
    birth_order: int | None
    numbers: frozenset[tuple[str, str]]


def person(patient: Resource) -> Person:
    """A Patient as a `Person`. A birth date that is known in part only is left out."""
    provisional = any(each.get("use") == "temp" for each in patient.get("name") or ())
    numbers = frozenset(
        (str(each.get("system", "")), str(each["value"]).upper())
        for each in patient.get("identifier") or ()
        if each.get("value")
    )
    return Person(
        reference=f"Patient/{patient.get('id', '')}",
        name="" if provisional else written(build.person_name(patient)),
        sex=str(patient.get("gender", "unknown")),
        born=_born(patient.get("birthDate")),
        identity=next((value for system, value in numbers if system == SYSTEM), ""),
        phones=phones(each["value"] for each in patient.get("telecom") or () if _telephone(each)),
        address=address(patient),
        birth_order=patient.get("multipleBirthInteger"),
        numbers=numbers,
    )


def written(name: str) -> str:
    """A name without what people write differently: case, width, blanks and dots of Chinese ones."""
    text = normalised(name)
    return _DULL.sub("", text) if _HAN.search(text) else " ".join(_DULL.sub(" ", text).split())


def phones(numbers: Iterable[str]) -> frozenset[str]:
    """Telephone numbers as their last eleven digits, which is a Chinese mobile number without its prefix."""
    return frozenset(digits[-11:] for each in numbers if len(digits := re.sub(r"\D", "", each)) >= 7)


def address(patient: Resource) -> str:
    """The home address, else the first one, in one text without blanks."""
    held = patient.get("address") or []
    chosen = next((each for each in held if each.get("use") == "home"), held[0] if held else {})
    parts = [chosen.get(part, "") for part in ("state", "city", "district")]
    text = chosen.get("text") or "".join([*filter(None, parts), *(chosen.get("line") or ())])
    return _DULL.sub("", normalised(str(text)))


@lru_cache(maxsize=65536)
def syllables(name: str) -> tuple[str, ...]:
    """How a Chinese name sounds, syllable by syllable, so that what is often confused in speech is the same: zh and z,
    ch and c, sh and s, l and n at the beginning, ng and n at the end. Empty for other names."""
    if not _HAN.search(name):
        return ()
    from pypinyin import lazy_pinyin  # takes long to import

    return tuple(_confused(each) for each in lazy_pinyin(name))


def _confused(syllable: str) -> str:
    for precise, vague in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n")):
        if syllable.startswith(precise):
            syllable = vague + syllable[len(precise) :]
            break
    return syllable[:-1] if syllable.endswith("ng") else syllable


def _telephone(contact: Resource) -> bool:
    return contact.get("system") in ("phone", "sms") and bool(contact.get("value")) and contact.get("use") != "old"


def _born(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
