"""The record of who did what and who saw what: entries that only grow, in seals that are chained by hash (ADR 23)."""

from xinglin.platform.audit.entries import Entry, Outcome, Recorder, record, write

__all__ = ["Entry", "Outcome", "Recorder", "record", "write"]
