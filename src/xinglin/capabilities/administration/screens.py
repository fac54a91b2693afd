"""The workstation of administrators."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from xinglin.capabilities.administration import organization, policies, views
from xinglin.capabilities.administration.fields import account_id
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Page
from xinglin.platform import identity

ROWS = 100
TABS = {
    "accounts": N_("Accounts and posts"),
    "organization": N_("Departments and campuses"),
    "roles": N_("Roles"),
    "access": N_("Access rules"),
    "services": N_("Services and keys"),
}


@screen(
    "administration.desk",
    title=N_("Admin"),
    path="/administration",
    permission="administration.read",
    template="administration/desk.html",
    icon="shield",
    order=90,
)
async def desk(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Accounts with their posts, departments and campuses, what roles may do, services and their keys.

    Query: `tab` the list; `text` to find an account, `after` the login behind which the list goes on, `account` the
    one that is open.
    """
    tab = query.get("tab") if query.get("tab") in TABS else "accounts"
    shown: dict[str, Any] = {"tab": tab, "tabs": TABS, "text": query.get("text", "")}
    if tab == "accounts":
        found = {"text": query.get("text", ""), "cursor": query.get("after") or None, "limit": ROWS}
        shown["accounts"] = await run_view(context, views.accounts, found)
        return {**shown, **await _chosen(context, query.get("account"))}
    if tab == "organization":
        everything = {"closed": True}
        shown["hospital"] = await organization.hospital_of(context)
        shown["departments"] = await run_view(context, views.departments, everything)
        shown["campuses"] = await run_view(context, views.campuses, everything)
    if tab == "roles":
        rows = (await run_view(context, views.roles, {})).rows
        shown["roles"] = [(role, Page(list(held))) for role, held in groupby(rows, lambda row: row.role)]
    if tab == "access":
        shown["policies"] = await run_view(context, policies.policies, {})
    if tab == "services":
        shown["services"] = await run_view(context, views.services, {"limit": ROWS})
        shown["keys"] = await run_view(context, views.keys, {"limit": ROWS})
    return shown


async def _chosen(context: Context, key: str | None) -> dict[str, Any]:
    """The account that is open, with its posts; nothing where none is."""
    account = await identity.read_account(context.connection, account_id(key)) if key else None
    if account is None or key is None:
        return {"chosen": None}
    return {
        "chosen": account,
        "key": key,
        "factor": await identity.find_factor(context.connection, account.account_id),
        "posts": await run_view(context, views.posts, {"account": key}),
    }
