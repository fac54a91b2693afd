"""The workstations of billing: cashier, refunds, shifts, and the price list."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.billing import desk_views, price_views, resources, shifts, views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page


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

    Query: `text` finds by name, or opens by the number of a visit, record or invoice; `visit` the open bill, or
    `invoice` the open invoice.
    """
    query = {**query, **await views.found(context, query.get("text", ""))}
    bill = await views.bill(context, query["visit"]) if query.get("visit") else None
    receipt = await views.receipt(context, query["invoice"]) if query.get("invoice") else None
    bills, text = await run_view(context, views.open_bills, {"limit": 200}), query.get("text", "").strip()
    return {
        "text": text,
        "bills": Page([row for row in bills.rows if bill or receipt or text in row.patient_name]),
        "invoices": await run_view(context, views.invoices, {"limit": 100}),
        "methods": resources.METHODS,
        "bill": bill,
        "receipt": receipt,
        "patient": (bill or receipt or {}).get("patient"),
    }


@screen(
    "billing.refund_desk",
    title=N_("Refunds"),
    path="/refunds",
    permission="billing.read",
    template="billing/refunds.html",
    icon="undo",
    badge="billing.refund_requests",
    order=32,
)
async def refund_desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Refunds that wait for an approval or for the cashier, money on its way back, and what was decided lately.

    Query: `after` where the decided ones go on.
    """
    decided = {"limit": 50, "cursor": query.get("after") or None}
    return {
        "requests": await run_view(context, desk_views.refund_requests, {"limit": 200}),
        "payouts": await run_view(context, desk_views.payouts, {"limit": 200}),
        "decided": await run_view(context, desk_views.refunds_decided, decided),
    }


@screen(
    "billing.shift_desk",
    title=N_("Shifts"),
    path="/shifts",
    permission="billing.read",
    template="billing/shifts.html",
    icon="clock",
    order=34,
)
async def shift_desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """The cashier's own shift or the one that is open, all shifts, and the day in figures.

    Query: `shift` the one that is open, `day` the day of the report, `after` where the list goes on.
    """
    mine = await shifts.current(context) if context.may("billing.settle") and context.actor.practitioner else None
    chosen = await context.read(query["shift"]) if query.get("shift", "").startswith("Account/") else mine
    rows = await run_view(context, desk_views.shift_rows, {"limit": 50, "cursor": query.get("after") or None})
    day = {"day": query["day"]} if query.get("day") else {}
    return {
        "mine": f"Account/{mine['id']}" if mine else None,
        "chosen": f"Account/{chosen['id']}" if chosen else None,
        "report": await desk_views.shift_report(context, chosen) if chosen else None,
        "shifts": rows,
        "day": query.get("day") or context.today.isoformat(),
        "takings": await run_view(context, desk_views.day_report, day),
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
