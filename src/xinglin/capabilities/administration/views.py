"""Lists of administration."""

from collections.abc import Iterable
from datetime import timedelta

from pydantic import Field

from xinglin.kernel.context import Context
from xinglin.kernel.roles import role_name
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform import identity

DAY = "%Y-%m-%d"
MOMENT = "%Y-%m-%d %H:%M"
SHORTLY = timedelta(seconds=1)
"""Before the end of a key, which is the midnight after its last day."""


class FindAccount(Filter):
    """Part of a login or of a name."""

    text: str = Field("", title=N_("Account or name"), max_length=60)


class ServiceRow(Row):
    """The account of a service."""

    name: str = Field(title=N_("Service"))
    login: str = Field(title=N_("Account"))
    roles: str = Field(title=N_("Roles"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})


@view(
    "administration.services",
    title=N_("Services"),
    permission="administration.read",
    row=ServiceRow,
    empty=N_("No services yet"),
)
async def services(context: Context, filter: FindAccount) -> Page[ServiceRow]:
    """Systems that come in with keys, by account."""
    listed = await identity.list_accounts(
        context.connection, kinds=["service"], text=filter.text, after=filter.cursor or "", limit=filter.limit + 1
    )
    accounts = [item.account for item in listed]
    return Page(
        [
            ServiceRow(
                key=f"account/{one.account_id}",
                name=one.name,
                login=one.login,
                roles=role_names(one.roles),
                state="active" if one.active else "closed",
            )
            for one in accounts[: filter.limit]
        ],
        next=accounts[filter.limit - 1].login if len(accounts) > filter.limit else None,
    )


def role_names(codes: Iterable[str]) -> str:
    """Roles as people call them."""
    return "、".join(role_name(code) for code in codes)


class KeyRow(Row):
    """A key of a service."""

    service: str = Field(title=N_("Service"))
    name: str = Field(title=N_("What for"))
    scopes: str = Field(title=N_("Scopes"))
    last_day: str = Field(title=N_("Last day"))
    last_used: str = Field(title=N_("Last used"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})


@view(
    "administration.keys",
    title=N_("Keys"),
    permission="administration.read",
    row=KeyRow,
    actions=(RowAction("administration.revoke_key", {"api_key": "key"}, frozenset({"active"})),),
    empty=N_("No keys yet"),
)
async def keys(context: Context, filter: Filter) -> Page[KeyRow]:
    """Keys of services, those in force first."""
    listed = await identity.list_api_keys(context.connection, filter.limit)
    return Page(
        [
            KeyRow(
                key=f"key/{key.id}",
                service=key.service,
                name=key.name,
                scopes=" ".join(key.scopes),
                last_day=(key.expires.astimezone(context.zone) - SHORTLY).strftime(DAY),
                last_used=key.last_used.astimezone(context.zone).strftime(MOMENT) if key.last_used else "",
                state="revoked" if key.revoked else "expired" if key.expires <= context.now else "active",
            )
            for key in listed
        ]
    )
