"""The record of who did what and who saw what: entries that only grow, in seals that are chained by hash (ADR 23)."""

from xinglin.platform.audit.entries import (
    EVERYBODY,
    Entry,
    Outcome,
    Recorder,
    disclosing,
    forget_journals,
    record,
    write,
)
from xinglin.platform.audit.signin import sign_in_refused

__all__ = [
    "EVERYBODY",
    "Entry",
    "Outcome",
    "Recorder",
    "disclosing",
    "forget_journals",
    "record",
    "sign_in_refused",
    "write",
]
