"""The pharmacy's workstation."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.pharmacy import rights, views_window
from xinglin.capabilities.pharmacy.batches import PLACES
from xinglin.kernel.application import run_view
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

MOST_WINDOWS = 30
EXPIRY_DAYS = ("0", "30", "90", "180")
LISTS = {
    "review": views_window.to_review,
    "dispense": views_window.to_dispense,
    "dispensed": views_window.dispensed,
    "returned": views_window.returned,
}

basket = BasketSection(
    name="pharmacy.basket",
    title=N_("Medicines"),
    lines="pharmacy.medicine_lines",
    add=("pharmacy.prescribe",),
    issue="pharmacy.issue",
    table="prescription",
    key="F2",
    icon="pill",
    empty=N_("No medicine prescribed yet"),
    hint=N_("Press F2 and type a name, its pinyin initials or a code."),
    void=frozenset({"CANCELLED", "RETURNED"}),
    always=frozenset({"pharmacy.uphold"}),
    repeat="pharmacy.repeat",
    order=10,
)
herbs = BasketSection(
    name="pharmacy.herbs",
    title=N_("Herbs"),
    lines="pharmacy.herb_lines",
    add=("pharmacy.prescribe_herbs",),
    issue="pharmacy.issue",
    table="prescription",
    key="F7",
    icon="pill",
    empty=N_("No formula prescribed yet"),
    hint=N_("Press F7 and type the herbs with their grams."),
    void=frozenset({"CANCELLED", "RETURNED"}),
    always=frozenset({"pharmacy.uphold"}),
    order=15,
)


@screen(
    "pharmacy.window",
    title=N_("Pharmacy"),
    path="/pharmacy",
    permission="pharmacy.dispense",
    template="pharmacy/window.html",
    icon="pill",
    badge="pharmacy.to_dispense",
    order=40,
)
async def window(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Prescriptions to review and to dispense, and the one that is open.

    Query: `list` one of review, dispense, dispensed and returned; `prescription` the number of the open one; `window`
    the number of the window that this workstation stands at.
    """
    chosen = query.get("list") if query.get("list") in LISTS else "review"
    number = query.get("window", "")
    shown: dict[str, Any] = {
        "list": chosen,
        "pages": {name: await run_view(context, view, {"limit": 100}) for name, view in LISTS.items()},
        "window": int(number) if number.isdecimal() and 1 <= int(number) <= MOST_WINDOWS else 1,
        "prescription": None,
        "patient": None,
    }
    if query.get("prescription"):
        held = await views_window.prescription_detail(context, query["prescription"])
        shown.update(prescription=held, patient=held["patient"] if held else None)
    return shown


@screen(
    "pharmacy.display",
    title=N_("Display of the pharmacy"),
    path="/pharmacy/display",
    permission="pharmacy.dispense",
    template="pharmacy/display.html",
)
async def display(context: Context, _query: Mapping[str, str]) -> dict[str, Any]:
    """What the waiting hall sees: numbers in preparation, numbers that are called, names but for one character."""
    page = await run_view(context, views_window.to_dispense, {"limit": 200})
    rows = {row.ticket: row for row in page.rows if row.ticket}
    return {
        "called": [row for row in rows.values() if row.window is not None],
        "waiting": [row for row in rows.values() if row.window is None],
    }


@screen(
    "pharmacy.register",
    title=N_("Register of narcotics"),
    path="/pharmacy/register",
    permission="pharmacy.dispense",
    template="pharmacy/register.html",
    recorded=True,
)
async def register(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Narcotics that were handed over. Query: `day`, one day only."""
    values = {"limit": 200, **({"day": query["day"]} if query.get("day") else {})}
    return {"rows": await run_view(context, views_window.register, values), "day": query.get("day", "")}


@screen(
    "pharmacy.rights",
    title=N_("Prescribing rights"),
    path="/pharmacy/rights",
    permission="pharmacy.rights",
    template="pharmacy/rights.html",
    icon="shield",
    order=45,
)
async def rights_page(context: Context, _query: Mapping[str, str]) -> dict[str, Any]:
    """Doctors with their titles and rights."""
    return {"prescribers": await run_view(context, rights.prescribers, {"limit": 200})}


TABS = ("stock", "expiring", "reorder", "orders", "transfers", "count", "adjustments", "card")


@screen(
    "pharmacy.stock",
    title=N_("Stock"),
    path="/stock",
    permission="pharmacy.stock",
    template="pharmacy/stock.html",
    icon="box",
    order=42,
)
async def stock(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """What lies where, what expires and runs out, what is ordered and on the way, what was counted.

    Query: `tab` one of `TABS`; `place` store, window or ward; `text` a medicine's name, pinyin or code; `within` days;
    `medicine` the one whose card is shown.
    """
    tab = next((each for each in TABS if each == query.get("tab")), TABS[0])
    place = next((each for each in PLACES if each == query.get("place")), "window")
    text, within = query.get("text", ""), query.get("within", "90")
    within = within if within in EXPIRY_DAYS else "90"
    values: dict[str, Any] = {"place": place, "text": text, "limit": 500}
    asked: dict[str, dict[str, Any]] = {
        "expiring": {**values, "within": within},
        "card": {**values, "medicine": query.get("medicine", ""), "limit": 200},
        **{name: {"limit": 200} for name in ("orders", "transfers", "adjustments")},
    }
    name = "stock" if tab == "count" else tab
    view = context.registry.views[f"pharmacy.{name}"]
    filters = asked.get(name, values)
    return {
        "tab": tab,
        "place": place,
        "places": PLACES,
        "text": text,
        "within": within,
        "days": EXPIRY_DAYS,
        "medicine": query.get("medicine", ""),
        "view_name": f"pharmacy.{name}",
        "filters": filters,
        "rows": await run_view(context, view, filters) if tab != "card" or query.get("medicine") else None,
    }
