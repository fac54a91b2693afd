"""SNOMED CT, from the snapshot of a release in RF2 (SNOMED CT Release File Specifications, 4.2)."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from xinglin.fhir.types import Resource
from xinglin.terminology.concepts import Definition
from xinglin.terminology.importers.files import opened, table

IS_A, FULLY_SPECIFIED = "116680003", "900000000000003001"
PREFERRED = "900000000000548007"
DEFINED = "900000000000073002"

_FILES = (
    "sct2_Concept_Snapshot_*.txt",
    "sct2_Description_Snapshot*.txt",
    "sct2_Relationship_Snapshot_*.txt",
    "der2_cRefset_LanguageSnapshot*.txt",
)


def read(path: Path) -> Iterator[Definition]:
    """All concepts, the inactive ones marked. The display is the preferred synonym. Raises `ImportFault`."""
    with opened(path, *_FILES) as (concepts, descriptions, relationships, languages):
        parents = _parents(relationships)
        preferred = _preferred(languages)
        names = _names(descriptions)
        for row in _rows(concepts, "id", "active", "moduleId", "definitionStatusId"):
            code = row["id"]
            properties = {
                "moduleId": [row["moduleId"]],
                "sufficientlyDefined": [str(row["definitionStatusId"] == DEFINED).lower()],
                "inactive": [str(row["active"] != "1").lower()],
            }
            terms = names.pop(code, [])
            display = _display(terms, preferred) or code
            designations = tuple(_designation(language, kind, term) for _, language, kind, term in terms)
            yield Definition(
                code, display, None, designations, properties, tuple(parents.get(code, ())), row["active"] == "1"
            )


_Term = tuple[str, str, str, str]
"""Description id, language, type, term."""


def _rows(file: BinaryIO, *columns: str) -> Iterator[dict[str, str]]:
    # Quotes are part of terms in RF2, not marks around them.
    return table(file, *columns, delimiter="\t", quoted=False)


def _parents(file: BinaryIO) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(file, "active", "sourceId", "destinationId", "typeId"):
        if row["active"] == "1" and row["typeId"] == IS_A:
            found[row["sourceId"]].append(row["destinationId"])
    return found


def _preferred(file: BinaryIO) -> set[str]:
    rows = _rows(file, "active", "referencedComponentId", "acceptabilityId")
    return {r["referencedComponentId"] for r in rows if r["active"] == "1" and r["acceptabilityId"] == PREFERRED}


def _names(file: BinaryIO) -> dict[str, list[_Term]]:
    found: dict[str, list[_Term]] = defaultdict(list)
    for row in _rows(file, "id", "active", "conceptId", "languageCode", "typeId", "term"):
        if row["active"] == "1":
            found[row["conceptId"]].append((row["id"], row["languageCode"], row["typeId"], row["term"]))
    return found


def _display(terms: list[_Term], preferred: set[str]) -> str | None:
    synonyms = [term for term in terms if term[2] != FULLY_SPECIFIED]
    chosen = next((term for term in synonyms if term[0] in preferred), None) or next(iter(synonyms or terms), None)
    return chosen[3] if chosen else None


def _designation(language: str, kind: str, term: str) -> Resource:
    return {"language": language, "use": {"system": "http://snomed.info/sct", "code": kind}, "value": term}
