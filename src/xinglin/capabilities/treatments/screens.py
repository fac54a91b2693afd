"""The treatment room, and the doctor's section of the basket."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.treatments import views
from xinglin.capabilities.treatments.performing import READ_AFTER
from xinglin.kernel.application import run_view
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

basket = BasketSection(
    name="treatments.basket",
    title=N_("Treatments"),
    lines="treatments.lines",
    add=("treatments.order",),
    issue="treatments.issue",
    table="treatment",
    key="F8",
    icon="syringe",
    empty=N_("No treatment ordered yet"),
    hint=N_("Press F8 and type a name, its pinyin initials or a code."),
    void=frozenset({"CANCELLED"}),
    order=40,
)


@screen(
    "treatments.room",
    title=N_("Treatment room"),
    path="/treatments",
    permission="treatments.perform",
    template="treatments/room.html",
    icon="heart",
    badge="treatments.to_do",
    order=43,
)
async def room(context: Context, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG001  (the shape of every screen)
    """Treatments to be carried out, with skin tests that are on and how long."""
    return {
        "work": await run_view(context, views.to_do, {"limit": 200}),
        "read_after": int(READ_AFTER.total_seconds() // 60),
    }
