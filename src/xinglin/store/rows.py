"""Turns a resource into what is written to the database: validated, stamped with its version, with its terms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from xinglin.fhir import json
from xinglin.fhir.search import R4, Contained, SearchParameters, Terms, extract_all
from xinglin.fhir.search.terms import name_number
from xinglin.fhir.types import Resource


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a resource, ready to be written; `stored` is how it is written where values of it are hidden."""

    resource: Resource
    version: int
    updated: datetime
    terms: Terms
    contained: tuple[Contained, ...] = ()
    stored: Resource | None = None

    @property
    def type(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        """The resource's id."""
        return str(self.resource["id"])

    @property
    def name(self) -> int:
        """The number of `Type/id`, by which the terms of references to it are made."""
        return name_number(f"{self.type}/{self.id}")

    def content(self) -> str:
        """The JSON text that is stored and that a read returns."""
        return self.text().decode()

    def text(self) -> bytes:
        """The same, in UTF-8."""
        return json.dumps(self.resource if self.stored is None else self.stored)

    def array(self) -> str:
        """The terms as an array literal: as text it always has the same type, so one prepared statement serves."""
        return array(self.terms.hashes)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the queries `create` and `update`."""
        return {
            "type": self.type,
            "id": self.id,
            "version": self.version,
            "updated": self.updated,
            "deleted": False,
            "content": self.content(),
            "terms": self.array(),
            "name": self.name,
            **_lists(self.terms),
        }


def stamped(
    resource: Resource, id: str, version: int, now: datetime, zone: tzinfo, known: SearchParameters = R4
) -> Row:
    """The row for a valid resource: with this id, `meta.versionId` and `meta.lastUpdated`, and its terms by the
    search parameters in force.

    `now` is cut to milliseconds, the precision in which FHIR's instants are written.
    """
    updated, written = _instant(now)
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": written}
    first = {"resourceType": resource["resourceType"], "id": id, "meta": meta}
    whole = {**first, **resource, **first}  # what is named twice keeps its first place
    return row_of(whole, version, updated, zone, known)


def row_of(whole: Resource, version: int, updated: datetime, zone: tzinfo, known: SearchParameters) -> Row:
    """The row for a version of a resource that has its id and meta."""
    forms = known.blinding.forms(whole) if known.blinding else None
    if forms is None:
        return Row(whole, version, updated, *extract_all(whole, zone, known))
    stored, indexed = forms
    terms, inside = extract_all(indexed, zone, known)
    hidden = zip(inside, stored.get("contained") or (), strict=True)
    return Row(whole, version, updated, terms, tuple(replace(each, resource=one) for each, one in hidden), stored)


@lru_cache(maxsize=64)
def _instant(now: datetime) -> tuple[datetime, str]:
    """A moment in UTC, cut to milliseconds, and as it is written."""
    cut = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
    return cut, cut.isoformat("T", "milliseconds")


def tombstone(type: str, id: str, version: int, now: datetime) -> dict[str, Any]:
    """The parameters of the query `update` that leave only a tombstone."""
    updated, _ = _instant(now)
    return {
        "type": type,
        "id": id,
        "version": version,
        "updated": updated,
        "deleted": True,
        "content": None,
        "terms": "{}",
        **_lists(Terms()),
    }


def array(numbers: Iterable[int]) -> str:
    """Numbers as an array literal of PostgreSQL."""
    return f"{{{json.dumps([*numbers])[1:-1].decode()}}}"


def _lists(terms: Terms) -> dict[str, Any]:
    """What goes into the tables beside the resource, column by column."""
    dates, strings, numbers = dates_of(terms), list(terms.strings), list(terms.numbers)
    return {
        "date_parameters": [parameter for parameter, _, _, _ in dates],
        "date_lows": [low for _, low, _, _ in dates],
        "date_highs": [high for _, _, high, _ in dates],
        "date_patients": [patient for _, _, _, patient in dates],
        "string_parameters": [parameter for parameter, _ in strings],
        "string_values": [text for _, text in strings],
        "number_parameters": [parameter for parameter, _, _, _ in numbers],
        "number_lows": [interval.low for _, interval, _, _ in numbers],
        "number_highs": [interval.high for _, interval, _, _ in numbers],
        "number_units": [unit for _, _, unit, _ in numbers],
        "number_codes": [code for _, _, _, code in numbers],
        **texts_of(terms.texts),
    }


def texts_of(texts: Iterable[tuple[int, str, int]]) -> dict[str, Any]:
    """Entries of the dictionary of texts, column by column."""
    listed = list(texts)
    return {
        "text_parameters": [parameter for parameter, _, _ in listed],
        "text_values": [text for _, text, _ in listed],
        "text_terms": [term for _, _, term in listed],
    }


def dates_of(terms: Terms) -> list[tuple[int, datetime, datetime, int]]:
    """Spans of time as (parameter, low, high, patient): one for each patient whom the resource is about."""
    patients = terms.patients or {0}
    return [(parameter, low, high, patient) for parameter, (low, high) in terms.dates for patient in patients]
