"""The page for emergency access, of those who need it and of those who review it."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.privacy import views
from xinglin.capabilities.privacy.states import emergency_access
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

STATES = tuple(state.code for state in emergency_access.states)


@screen(
    "privacy.emergency",
    title=N_("Emergency access"),
    path="/emergency-access",
    permission="privacy.read",
    template="privacy/emergency.html",
    icon="alert",
    order=85,
)
async def emergency(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Emergency accesses with their reasons; below the chosen one, the visits of its patient.

    Query: `state` limits the list, `patient` is the chosen one.
    """
    state = query.get("state", "OPEN" if context.may("privacy.review") else "")
    chosen = query.get("patient", "")
    wanted = {"state": state} if state in STATES else {}
    newest = [("patient", chosen), ("_sort", "-date"), ("_count", "50")]
    visits = await context.search("Encounter", newest) if chosen else None
    return {
        "state": state if state in STATES else "",
        "states": STATES,
        "accesses": await run_view(context, views.emergencies, wanted),
        "patient": await context.read(chosen) if chosen else None,
        "visits": visits.resources if visits else [],
    }
