"""Bulk data: exports and imports as files of NDJSON, done by workers (HL7 FHIR Bulk Data Access 2.0)."""

from xinglin.exchange.fhir.bulk.house import House, provide

__all__ = ["House", "provide"]
