"""The cashier's workstation."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.billing import resources, views
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
