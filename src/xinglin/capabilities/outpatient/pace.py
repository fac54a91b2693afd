"""How long those who wait will wait, by the doctor's recent pace."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

from xinglin.capabilities.outpatient import queueing
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference

RECENT = 10
"""Consultations of today that the pace is taken from."""

ENOUGH = 3
"""As many are needed; before that the usual pace counts."""

USUAL, QUICKEST, SLOWEST = 8.0, 2.0, 40.0
"""Minutes of a consultation where nothing is known, and between which a pace lies."""


async def paces(context: Context, owners: Iterable[str]) -> dict[str, float]:
    """Minutes that a consultation of each of these doctors takes today: the median of the last ones."""
    wanted = sorted(set(owners))
    if not wanted:
        return {}
    tag = context.registry.tables["queue"].tag("SERVED")
    query = [("owner", ",".join(wanted)), ("_tag", tag), *context.on_day("modified", context.today)]
    found = (await context.search("Task", [*query, ("_sort", "-modified"), ("_count", "500")])).resources
    lengths: dict[str, list[float]] = {}
    for place in found:
        held = lengths.setdefault(place["owner"]["reference"], [])
        if len(held) < RECENT and (begun := (place.get("executionPeriod") or {}).get("start")):
            spent = datetime.fromisoformat(place["lastModified"]) - datetime.fromisoformat(begun)
            held.append(spent / timedelta(minutes=1))
    return {owner: _pace(lengths.get(owner, [])) for owner in wanted}


def _pace(lengths: list[float]) -> float:
    """The pace of some consultations in minutes."""
    return min(SLOWEST, max(QUICKEST, median(lengths))) if len(lengths) >= ENOUGH else USUAL


def expected(context: Context, places: list[Resource], pace: float) -> dict[str, int]:
    """Minutes until each of those who wait for one doctor is called, by the reference of the place.

    `places` are all of the doctor's in order. Whoever is with the doctor has the rest of the pace, whoever is called a
    whole one, and so has everybody who goes before.
    """
    table = context.registry.tables["queue"]
    ahead, found = 0.0, {}
    for place in places:
        state = table.of(place)
        code = state.code if state else ""
        if code == "SERVING":
            begun = (place.get("executionPeriod") or {}).get("start") or place["lastModified"]
            spent = (context.now - datetime.fromisoformat(begun)) / timedelta(minutes=1)
            ahead += max(1.0, pace - spent)
        elif code == "CALLED":
            ahead += pace
        elif code == "WAITING":
            found[reference(place)] = round(ahead)
            ahead += pace
    return found


async def estimates(context: Context, places: list[Resource]) -> dict[str, int]:
    """Minutes until each of those who wait is called, for the places of any number of doctors."""
    by_owner: dict[str, list[Resource]] = {}
    for place in places:
        by_owner.setdefault(place["owner"]["reference"], []).append(place)
    known = await paces(context, by_owner)
    found: dict[str, int] = {}
    for owner, held in by_owner.items():
        found.update(expected(context, queueing.in_order(context, held), known[owner]))
    return found
