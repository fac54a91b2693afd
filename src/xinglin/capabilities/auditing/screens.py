"""The auditor's workstation."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from xinglin.capabilities.auditing import views
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page

DAYS = 30
"""Days that are looked at where nobody has chosen others."""
FOUND = 30


@screen(
    "auditing.record",
    title=N_("Audit"),
    path="/audit",
    permission="auditing.read",
    template="auditing/record.html",
    icon="shield",
    order=90,
    recorded=True,
)
async def record(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Find a patient or a member of staff, and read what the record says.

    Query: `by` patient or account, `text` to find one, `patient` or `account` the chosen one, `since` and `until`.
    """
    account, patient = query.get("account", ""), query.get("patient", "")
    by = "account" if account or query.get("by") == "account" else "patient"
    text = query.get("text", "")
    since = query["since"] if "since" in query else (context.today - timedelta(days=DAYS)).isoformat()
    days = {"since": since, "until": query.get("until", "")}
    period = {name: day for name, day in days.items() if day}
    shown: dict[str, Any] = {"by": by, "text": text, "chosen": account or patient, "days": days, "period": period}
    shown["page_rows"] = None
    if by == "account":
        shown["found"] = await run_view(context, views.people, {"text": text, "limit": FOUND})
        shown["view"] = views.what_did.name
        if account:
            shown["page_rows"] = await run_view(context, views.what_did, {"account": account, **period})
    else:
        find = context.registry.views["patients.find"]
        # Whoever is not looked for is not shown: that would leave an entry with each of them.
        shown["found"] = await run_view(context, find, {"text": text, "limit": FOUND}) if text else Page([])
        shown["view"] = views.who_saw.name
        if patient:
            shown["patient"] = await context.read(patient)
            shown["page_rows"] = await run_view(context, views.who_saw, {"patient": patient, **period})
    return shown
