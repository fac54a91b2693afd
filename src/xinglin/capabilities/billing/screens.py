"""The cashier's workstation and the price list."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.billing import price_views, resources, views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_


@screen(
    "billing.cashier",
    title=N_("Cashier"),
    path="/cashier",
    permission="billing.settle",
    template="billing/cashier.html",
    icon="banknote",
    badge="billing.open_bills",
    order=30,
)
async def cashier(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Visits with open charges, the bill of the one that is open, and the invoices of today.

    Query: `visit` the open bill, or `invoice` the open invoice.
    """
    bill = await views.bill(context, query["visit"]) if query.get("visit") else None
    receipt = await views.receipt(context, query["invoice"]) if query.get("invoice") else None
    return {
        "bills": await run_view(context, views.open_bills, {"limit": 200}),
        "invoices": await run_view(context, views.invoices, {"limit": 100}),
        "methods": resources.METHODS,
        "bill": bill,
        "receipt": receipt,
        "patient": (bill or receipt or {}).get("patient"),
    }


ROWS = 100


@screen(
    "billing.price_list",
    title=N_("Prices"),
    path="/prices",
    permission="billing.prices",
    template="billing/prices.html",
    icon="wallet",
    badge="billing.price_changes",
    order=60,
)
async def price_list(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """What holds today, the history of the item that is open, and sheets of changes with the one that is open.

    Query: `tab` list or changes; `text` to find an item, `after` where the list goes on, `item` or `batch` what is
    open.
    """
    tab = "changes" if query.get("tab") == "changes" or query.get("batch") else "list"
    shown: dict[str, Any] = {"tab": tab, "text": query.get("text", ""), "found": [], "next": None}
    shown["changes"] = await run_view(context, price_views.price_changes, {"limit": 200})
    shown["decided"] = await price_views.decided_changes(context) if tab == "changes" else []
    if tab == "list":
        values = {"text": query.get("text", ""), "cursor": query.get("after") or None, "limit": ROWS}
        page = await run_view(context, price_views.price_rows, values)
        shown["found"] = [row for row in page.rows if row.usual]
        shown["counts"] = Counter(row.item for row in page.rows if not row.usual)
        shown["next"] = page.next
    shown["chosen"] = await price_views.history(context, query["item"]) if query.get("item") else None
    shown["sheet"] = await price_views.sheet(context, query["batch"]) if query.get("batch") else None
    return shown
