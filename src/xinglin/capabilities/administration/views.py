"""Lists of administration."""

from collections.abc import Iterable
from datetime import timedelta

from pydantic import Field

from xinglin.capabilities.administration import organization, resources
from xinglin.capabilities.administration.fields import account_id, joined
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.roles import FHIR_PERMISSIONS, ROLES, role_name
from xinglin.kernel.screen import Screen
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, View, view
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _

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


class AccountRow(Row):
    """The account of a person."""

    name: str = Field(title=N_("Name"))
    login: str = Field(title=N_("Account"))
    roles: str = Field(title=N_("Roles"))
    posts: str = Field(title=N_("Posts"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})
    factor: str = Field(title=N_("Second factor"), json_schema_extra={"kind": "code"})
    password: str = Field(title=N_("Password"), json_schema_extra={"kind": "code"})


@view(
    "administration.accounts",
    title=N_("Accounts"),
    permission="administration.read",
    row=AccountRow,
    empty=N_("Nobody found"),
)
async def accounts(context: Context, filter: FindAccount) -> Page[AccountRow]:
    """Accounts of people by login, with the posts that they hold."""
    listed = await identity.list_accounts(
        context.connection,
        kinds=["staff", "patient"],
        text=filter.text,
        after=filter.cursor or "",
        limit=filter.limit + 1,
    )
    shown = listed[: filter.limit]
    held = await _posts_by_person(context, [item.account.practitioner for item in shown])
    return Page(
        [account_row(item, held.get(item.account.practitioner or "", [])) for item in shown],
        next=shown[-1].account.login if len(listed) > filter.limit else None,
    )


def account_row(item: identity.ListedAccount, posts: list[identity.Post]) -> AccountRow:
    """An account as a row; the roles are those that it has somewhere."""
    account = item.account
    roles = dict.fromkeys([*account.roles, *(role for post in posts for role in account.at(post).roles)])
    return AccountRow(
        key=f"account/{account.account_id}",
        name=account.name,
        login=account.login,
        roles=role_names(roles),
        posts=joined(post.title for post in posts),
        state="active" if account.active else "closed",
        factor="yes" if item.has_factor else "",
        password="due" if item.must_change else "",
    )


async def _posts_by_person(context: Context, people: Iterable[str | None]) -> dict[str, list[identity.Post]]:
    wanted = ",".join(sorted({person for person in people if person}))
    if not wanted:
        return {}
    query = [("practitioner", wanted), ("_count", "1000")]
    found: dict[str, list[identity.Post]] = {}
    for resource in (await context.search("PractitionerRole", query)).resources:
        post = identity.post_of(resource, context.now)
        if post is not None:
            found.setdefault(resource["practitioner"]["reference"], []).append(post)
    return found


class OfAccount(Filter):
    """Whose posts."""

    account: str = Field(title=N_("Account"), json_schema_extra={"hidden": True})


class PostRow(Row):
    """A post, in force or not."""

    department: str = Field(title=N_("Department"))
    campus: str = Field(title=N_("Campus"))
    roles: str = Field(title=N_("Roles"))
    period: str = Field(title=N_("Period"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})
    place: str = Field(title=N_("Department"), json_schema_extra={"hidden": True})
    site: str = Field(title=N_("Campus"), json_schema_extra={"hidden": True})
    codes: tuple[str, ...] = Field(title=N_("Roles"), json_schema_extra={"hidden": True})


@view(
    "administration.posts",
    title=N_("Posts"),
    permission="administration.read",
    row=PostRow,
    actions=(
        RowAction(
            "administration.change_post",
            {"post": "key", "department": "place", "campus": "site", "roles": "codes"},
            frozenset({"active"}),
        ),
        RowAction("administration.end_post", {"post": "key"}, frozenset({"active"})),
    ),
    empty=N_("No post: the roles of the account count"),
)
async def posts(context: Context, filter: OfAccount) -> Page[PostRow]:
    """Posts of one account, those of former times too."""
    account = await identity.read_account(context.connection, account_id(filter.account))
    if account is None or account.practitioner is None:
        return Page([])
    query = [("practitioner", account.practitioner), ("_count", str(filter.limit))]
    found = (await context.search("PractitionerRole", query)).resources
    return Page([_post_row(context, resource) for resource in found])


def _post_row(context: Context, resource: Resource) -> PostRow:
    places = resource.get("location") or [{}]
    period = resource.get("period") or {}
    span = f"{period.get('start', '')} – {period.get('end', '')}" if period else ""
    return PostRow(
        key=f"PractitionerRole/{resource['id']}",
        department=str((resource.get("organization") or {}).get("display", "")),
        campus=str(places[0].get("display", "")),
        roles=role_names(resources.roles_of(resource)),
        period=span,
        state="active" if identity.post_of(resource, context.now) else "ended",
        place=str((resource.get("organization") or {}).get("reference", "")),
        site=str(places[0].get("reference", "")),
        codes=resources.roles_of(resource),
    )


class PlaceRow(Row):
    """A department or a campus."""

    name: str = Field(title=N_("Name of the place"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "code"})


class Places(Filter):
    """Whether those that are closed are wanted too."""

    closed: bool = Field(False, title=N_("Closed ones too"))


@view(
    "administration.departments",
    title=N_("Departments"),
    permission="administration.read",
    row=PlaceRow,
    actions=(
        RowAction("administration.change_department", {"department": "key", "name": "name"}, frozenset({"active"})),
        RowAction("administration.close_department", {"department": "key"}, frozenset({"active"})),
    ),
    empty=N_("No departments yet"),
)
async def departments(context: Context, filter: Places) -> Page[PlaceRow]:
    """The departments of the hospital by name."""
    found = await organization.departments(context, closed=filter.closed)
    return Page([_place_row(one, one.get("active", True)) for one in found])


@view(
    "administration.campuses",
    title=N_("Campuses"),
    permission="administration.read",
    row=PlaceRow,
    actions=(
        RowAction("administration.change_campus", {"campus": "key", "name": "name"}, frozenset({"active"})),
        RowAction("administration.close_campus", {"campus": "key"}, frozenset({"active"})),
    ),
    empty=N_("No campuses yet"),
)
async def campuses(context: Context, filter: Places) -> Page[PlaceRow]:
    """The campuses of the hospital by name."""
    found = await organization.campuses(context, closed=filter.closed)
    return Page([_place_row(one, one.get("status") == "active") for one in found])


def _place_row(place: Resource, open: bool) -> PlaceRow:
    return PlaceRow(key=reference(place), name=str(place.get("name", "")), state="active" if open else "closed")


class PermissionRow(Row):
    """A permission that a role gives, and what it lets people do."""

    role: str = Field(title=N_("Role"))
    permission: str = Field(title=N_("Permission"))
    lets: str = Field(title=N_("What it is for"))


@view(
    "administration.roles",
    title=N_("Roles"),
    permission="administration.read",
    row=PermissionRow,
)
async def roles(context: Context, _filter: Filter) -> Page[PermissionRow]:
    """What each role may do. Roles are given their permissions by the capabilities that are installed."""
    registry = context.registry
    offered: list[Screen | View | Command] = [
        *registry.screens.values(),
        *registry.views.values(),
        *registry.commands.values(),
    ]
    titles: dict[str, dict[str, None]] = {}
    for item in offered:
        titles.setdefault(item.permission, {})[_(item.title)] = None
    return Page(
        [
            PermissionRow(
                key=f"{role}/{permission}",
                role=role_name(role),
                permission=permission,
                lets=joined(titles.get(permission, ())),
            )
            for role in ROLES
            for permission in sorted(registry.permissions([role]) | FHIR_PERMISSIONS.get(role, frozenset()))
        ]
    )


def role_names(codes: Iterable[str]) -> str:
    """Roles as people call them."""
    return joined(role_name(code) for code in codes)


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
