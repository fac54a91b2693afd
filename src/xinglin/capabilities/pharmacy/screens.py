"""The pharmacy's workstation."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.pharmacy import rights, views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

LISTS = {"review": views.to_review, "dispense": views.to_dispense, "dispensed": views.dispensed}


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

    Query: `list` one of review, dispense, dispensed and stock; `prescription` the number of the open one; `text` to
    search the stock.
    """
    chosen = query.get("list") if query.get("list") in {*LISTS, "stock"} else "review"
    shown: dict[str, Any] = {
        "list": chosen,
        "pages": {name: await run_view(context, view, {"limit": 100}) for name, view in LISTS.items()},
        "text": query.get("text", ""),
        "stock": None,
        "prescription": None,
    }
    if chosen == "stock":
        shown["stock"] = await run_view(context, views.formulary_search, {"text": query.get("text", ""), "limit": 200})
    if query.get("prescription"):
        shown["prescription"] = await views.prescription_detail(context, query["prescription"])
    return shown


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
