"""Reading the resources of a day, page by page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xinglin.capabilities.management import figures
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.platform.access.grants import CAMPUS

PAGE = "1000"


@dataclass(frozen=True)
class Day:
    """A day's visits, with what patients waited."""

    visits: list[Resource]
    waited: dict[str, int]


async def everything(context: Context, type: str, query: list[tuple[str, str]]) -> list[Resource]:
    """All resources that a search finds."""
    found: list[Resource] = []
    cursor: str | None = None
    while True:
        page = await context.search(
            type, [*query, ("_sort", "_id"), ("_count", PAGE), *([("_cursor", cursor)] if cursor else [])]
        )
        found += page.resources
        cursor = page.next
        if cursor is None:
            return found


def at_campus(campus: str | None) -> list[tuple[str, str]]:
    """Search parameters for what was made at a campus, `Location/…`; none for all of them."""
    return [("_tag", f"{CAMPUS}|{campus.partition('/')[2]}")] if campus else []


async def visits_of(context: Context, day: date, campus: str | None) -> Day:
    """The visits of a day, and how long those who have been seen waited."""
    query = [*context.touching_day("date", day), ("class", "AMB"), *at_campus(campus)]
    begun = [
        visit
        for visit in await everything(context, "Encounter", query)
        if (begin := figures.begin_of(visit, context.zone)) is not None and begin.date() == day
    ]
    places = await everything(context, "Task", [*context.on_day("authored-on", day), *at_campus(campus)])
    return Day(begun, figures.waits(begun, places))


async def invoices_of(context: Context, day: date, campus: str | None) -> tuple[list[Resource], dict[str, Resource]]:
    """The invoices of a day with their charges."""
    invoices = await everything(context, "Invoice", [*context.on_day("date", day), *at_campus(campus)])
    wanted = {line["chargeItemReference"]["reference"] for one in invoices for line in one.get("lineItem") or ()}
    return invoices, await context.read_many(wanted)


async def clinics_of(context: Context, charges: Iterable[Resource]) -> dict[str, str]:
    """The clinic of each visit that charges belong to."""
    visits = await context.read_many({charge["context"]["reference"] for charge in charges})
    return {reference: figures.clinic_of(visit) for reference, visit in visits.items()}


async def payers_of(context: Context, charges: Iterable[Resource], alone: str) -> dict[str, str]:
    """Who pays for each visit that charges belong to: the name of an insurance, or `alone`."""
    visits = {charge["context"]["reference"] for charge in charges}
    accounts = await context.read_many(f"Account/{visit.partition('/')[2]}" for visit in visits)
    chosen = {
        f"Encounter/{account['id']}": entry["coverage"]["reference"]
        for account in accounts.values()
        for entry in (account.get("coverage") or ())[:1]
    }
    held = await context.read_many(chosen.values())
    names = {visit: str(held.get(one, {}).get("type", {}).get("text", "")) for visit, one in chosen.items()}
    return {visit: names.get(visit) or alone for visit in visits}
