"""Turns a resource into what is written to the database: validated, stamped with its version, with its terms."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from xinglin.fhir import json
from xinglin.fhir.search import Terms, extract
from xinglin.fhir.types import Resource


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a resource, ready to be written."""

    resource: Resource
    version: int
    updated: datetime
    terms: Terms

    @property
    def type(self) -> str:
        """The resource's type."""
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        """The resource's id."""
        return str(self.resource["id"])

    def content(self) -> str:
        """The JSON text that is stored and that a read returns."""
        return json.dumps(self.resource).decode()

    def array(self) -> str:
        """The terms as an array literal: as text it always has the same type, so one prepared statement serves."""
        return f"{{{','.join(map(str, self.terms.hashes))}}}"

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
            **_lists(self.terms),
        }


def stamped(resource: Resource, id: str, version: int, now: datetime, zone: tzinfo) -> Row:
    """The row for a valid resource: with this id, `meta.versionId` and `meta.lastUpdated`, and its terms.

    `now` is cut to milliseconds, the precision in which FHIR's instants are written.
    """
    updated = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
    meta = {
        **resource.get("meta", {}),
        "versionId": str(version),
        "lastUpdated": updated.isoformat("T", "milliseconds"),
    }
    whole = {"resourceType": resource["resourceType"], "id": id, "meta": meta}
    whole.update((key, value) for key, value in resource.items() if key not in whole)
    return Row(whole, version, updated, extract(whole, zone))


def tombstone(type: str, id: str, version: int, now: datetime) -> dict[str, Any]:
    """The parameters of the query `update` that leave only a tombstone."""
    updated = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
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


def _lists(terms: Terms) -> dict[str, Any]:
    return {
        "date_parameters": [number for number, _ in terms.dates],
        "date_lows": [span.low for _, span in terms.dates],
        "date_highs": [span.high for _, span in terms.dates],
        "string_parameters": [number for number, _ in terms.strings],
        "string_values": [text for _, text in terms.strings],
    }
