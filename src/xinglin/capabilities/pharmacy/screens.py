"""The pharmacy's workstation."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.pharmacy import views
from xinglin.kernel.application import run_view
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

LISTS = {"review": views.to_review, "dispense": views.to_dispense, "dispensed": views.dispensed}

basket = BasketSection(
    name="pharmacy.basket",
    title=N_("Medicines"),
    lines="pharmacy.lines",
    add=("pharmacy.prescribe",),
    issue="pharmacy.issue",
    table="prescription",
    key="F2",
    icon="pill",
    empty=N_("No medicine prescribed yet"),
    hint=N_("Press F2 and type a name, its pinyin initials or a code."),
    void=frozenset({"CANCELLED", "RETURNED"}),
    repeat="pharmacy.repeat",
    order=10,
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
        "patient": None,
    }
    if chosen == "stock":
        shown["stock"] = await run_view(context, views.formulary_search, {"text": query.get("text", ""), "limit": 200})
    if query.get("prescription"):
        held = await views.prescription_detail(context, query["prescription"])
        shown.update(prescription=held, patient=held["patient"] if held else None)
    return shown
