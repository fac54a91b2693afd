"""Where doctors keep what they write again and again."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.outpatient import phrases
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

SHELVES = ("phrases",)
ROWS = 500


@screen(
    "outpatient.library",
    title=N_("Templates"),
    path="/library",
    permission="outpatient.treat",
    template="outpatient/library.html",
    icon="list",
    order=25,
)
async def library(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """What the signed-in doctor and the department keep. Query: `shelf` one of phrases; `text` to search."""
    shelf = query.get("shelf") if query.get("shelf") in SHELVES else SHELVES[0]
    text = query.get("text", "")
    shown: dict[str, Any] = {"shelf": shelf, "text": text}
    if shelf == "phrases":
        shown["phrases"] = await run_view(context, phrases.phrases, {"text": text, "limit": ROWS})
    return shown
