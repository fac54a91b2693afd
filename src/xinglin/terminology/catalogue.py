"""A CodeSystem of the store, made searchable for somebody who types three letters and presses Enter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.search.text import normalised, sounds
from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository

MATCH_CODE, MATCH_NAME_START, MATCH_SOUND_START, MATCH_NAME, MATCH_SOUND = range(5)


@dataclass(frozen=True)
class Concept:
    """One concept: its code system, code, name and further names."""

    system: str
    code: str
    display: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Entry:
    concept: Concept
    code: str
    names: tuple[str, ...]
    sounds: tuple[str, ...]

    def rank(self, text: str) -> int | None:
        """How well `text` (casefolded, without spaces) fits; less is better, None is not at all."""
        if self.code.startswith(text):
            return MATCH_CODE
        if any(name.startswith(text) for name in self.names):
            return MATCH_NAME_START
        if text.isascii() and any(sound.startswith(text) for sound in self.sounds):
            return MATCH_SOUND_START
        if any(text in name for name in self.names):
            return MATCH_NAME
        if text.isascii() and any(text in sound for sound in self.sounds):
            return MATCH_SOUND
        return None


class Catalogue:
    """The concepts of one code system in memory, about 1 KB each, found in order of how well they fit."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._entries = [_entry(concept) for concept in concepts]
        self._by_code = {entry.concept.code: entry.concept for entry in self._entries}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, code: str) -> Concept | None:
        """The concept with exactly this code."""
        return self._by_code.get(code)

    def find(self, text: str, limit: int = 20) -> list[Concept]:
        """At most `limit` concepts whose code, name, pinyin or initials fit `text`, best first; all for blank text."""
        wanted = _plain(text)
        if not wanted:
            return [entry.concept for entry in self._entries[:limit]]
        ranked = [
            (rank, len(entry.concept.display), entry.code, entry.concept)
            for entry in self._entries
            if (rank := entry.rank(wanted)) is not None
        ]
        return [concept for *_order, concept in sorted(ranked, key=lambda item: item[:3])[:limit]]


def _plain(text: str) -> str:
    return "".join(normalised(text).split())


def _entry(concept: Concept) -> _Entry:
    names = tuple(_plain(name) for name in (concept.display, *concept.names))
    return _Entry(concept, concept.code.casefold(), names, tuple(sound for name in names for sound in sounds(name)))


def _concepts(system: str, nodes: Iterable[dict[str, Any]]) -> Iterable[Concept]:
    for node in nodes:
        names = tuple(item["value"] for item in node.get("designation") or ())
        yield Concept(system, node["code"], node.get("display", node["code"]), names)
        yield from _concepts(system, node.get("concept") or ())


_CACHE: dict[str, tuple[str, Catalogue]] = {}


async def catalogue(repository: Repository, id: str) -> Catalogue:
    """The catalogue of the stored `CodeSystem/id`; made again when the resource has a new version.

    Raises:
        NotFound: the store holds no such code system.
    """
    resource: Resource = await repository.read("CodeSystem", id)
    stamp = f"{resource['url']}|{resource['meta']['versionId']}|{resource['meta'].get('lastUpdated')}"
    held = _CACHE.get(id)
    if held is None or held[0] != stamp:
        held = (stamp, Catalogue(_concepts(resource["url"], resource.get("concept") or ())))
        _CACHE[id] = held
    return held[1]
