"""Relationships of care, as filters on patients: whoever treats somebody needs their record.

- The treating team: Encounters that go on, or ended within `RECENT`, with the caller among their participants;
  CareTeams of which the caller, or the caller's department, is a member.
- Referrals: ServiceRequests that are active, to the caller or to the caller's department.
- Shared by consent: Consents that are active, of the category `SHARED`, whose actor is the caller or the department.
- Breaking the glass: a Task with the code `BROKEN`, in progress, owned by the caller, as long as its period lasts.
"""

from collections.abc import Sequence
from datetime import timedelta

from xinglin.fhir.search.criteria import criterion
from xinglin.fhir.search.query import AllOf, AnyOf, Filter, HasFilter
from xinglin.fhir.search.terms import parameter_term
from xinglin.fhir.search.values import Context

RECENT = timedelta(days=90)
"""How long a treatment that has ended is still a reason to look into the record."""

SHARED = "urn:xinglin:cs:consent|share"
"""`Consent.category` of a record that a patient shares with somebody."""

ACCESS = "urn:xinglin:cs:access"
BROKEN = f"{ACCESS}|break-glass"
"""`Task.code` of access in an emergency."""


def treated(practitioner: str | None, department: str | None, context: Context) -> Filter:
    """Patients with whom somebody has a relationship of care."""
    ways: list[Filter] = []
    team = [name for name in (practitioner, department) if name]
    if practitioner:
        since = (context.now - RECENT).isoformat()
        ways.append(_has("Encounter", [("practitioner", practitioner), ("date", f"ge{since}")], context))
        ways.append(
            _has(
                "Task",
                [
                    ("code", BROKEN),
                    ("status", "in-progress"),
                    ("owner", practitioner),
                    ("period", f"ge{context.now.isoformat()}"),
                ],
                context,
            )
        )
    if team:
        either = ",".join(team)
        ways.append(_has("CareTeam", [("participant", either), ("status", "active")], context))
        ways.append(_has("ServiceRequest", [("performer", either), ("status", "active")], context))
        ways.append(_has("Consent", [("actor", either), ("status", "active"), ("category", SHARED)], context))
    return AnyOf(tuple(ways))


def _has(source: str, criteria: Sequence[tuple[str, str]], context: Context) -> Filter:
    wanted = AllOf(tuple(criterion(source, name, value, context) for name, value in criteria))
    return HasFilter(parameter_term(source, "patient"), source, wanted)
