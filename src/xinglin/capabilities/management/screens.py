"""The manager's workstation: a day in figures."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from xinglin.capabilities.management import views
from xinglin.fhir import build
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page

WARNINGS = ("pharmacy.reorder", "pharmacy.expiring")
"""Lists that warn of stock, where they are installed."""
PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"


@screen(
    "management.day",
    title=N_("Today"),
    path="/management",
    permission="management.read",
    template="management/day.html",
    icon="activity",
    order=20,
)
async def day(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """A day in figures and charts, beside the same day of the week before; a figure leads to the list behind it.

    Query: `day`, `campus`; `by` clinic, payer or method of the income; `clinic` and `hour` of the visits, `list` visits
    or noshows for the list that is open.
    """
    about = {name: query[name] for name in ("day", "campus") if query.get(name)}
    by = query.get("by") if query.get("by") in ("payer", "method") else "clinic"
    clinics = await run_view(context, views.clinics, {**about, "limit": 500})
    opened = query.get("list") in ("visits", "noshows") or bool(query.get("clinic") or query.get("hour"))
    chosen = {name: query[name] for name in ("clinic", "hour") if query.get(name)}
    shown = None
    if opened and query.get("list") != "noshows":
        shown = await run_view(context, views.visits, {**about, **chosen, "limit": 200})
    return {
        "day": query.get("day") or context.today.isoformat(),
        "before": (context.today - timedelta(days=7)).isoformat(),
        "campus": query.get("campus", ""),
        "campuses": await _campuses(context),
        "about": about,
        "by": by,
        "clinics": clinics,
        "hours": await run_view(context, views.hours, about),
        "income": await run_view(context, views.income, {**about, "by": by}),
        "no_shows": await run_view(context, views.no_shows, {**about, "limit": 200}),
        "visits": shown,
        "list": query.get("list", ""),
        "behind": {**about, **chosen},
        "chosen": chosen,
        "warnings": await _warnings(context),
    }


async def _campuses(context: Context) -> list[tuple[str, str]]:
    found = await context.search("Location", [("status", "active"), ("_count", "500")])
    sites = [one for one in found.resources if build.first_code(one.get("physicalType"), PHYSICAL_TYPE) == "si"]
    return [(f"Location/{one['id']}", str(one.get("name", ""))) for one in sites]


async def _warnings(context: Context) -> list[tuple[str, Page[Any]]]:
    """What runs out or expires. The lists are the pharmacy's; the manager sees them here, and changes nothing."""
    held = [(name, context.registry.views[name]) for name in WARNINGS if name in context.registry.views]
    return [(name, await view.run(context, view.filter.model_validate({"limit": 50}))) for name, view in held]
