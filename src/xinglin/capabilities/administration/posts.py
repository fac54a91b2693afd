"""Posts: given, changed and ended."""

from collections.abc import Sequence
from datetime import date

from pydantic import Field

from xinglin.capabilities.administration import organization, resources
from xinglin.capabilities.administration.fields import ASSIGNABLE, ROLES_FIELD, account_id
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.posts import RESERVED

DEPARTMENT = {"widget": "select", "source": "administration.departments"}
CAMPUS = {"widget": "select", "source": "administration.campuses"}


class GivePost(Input):
    """A post for a member of staff."""

    account: str = Field(title=N_("Account"), pattern=r"^account/", json_schema_extra={"widget": "hidden"})
    department: str = Field(title=N_("Department"), json_schema_extra={**DEPARTMENT})
    campus: str | None = Field(None, title=N_("Campus"), json_schema_extra={**CAMPUS})
    roles: list[ASSIGNABLE] = Field(title=N_("Roles"), min_length=1, json_schema_extra=ROLES_FIELD)
    first_day: date | None = Field(None, title=N_("First day"))


@command(
    "administration.give_post",
    title=N_("New post"),
    permission="administration.posts",
    done=N_("Post given"),
)
async def give_post(context: Context, input: GivePost) -> Resource:
    """Gives a member of staff a post; whoever holds several chooses among them."""
    account = await identity.read_account(context.connection, account_id(input.account))
    if account is None or account.practitioner is None:
        raise Refused(_("Only members of staff hold posts"))
    place = await organization.department_of(context, input.department)
    campus = await organization.campus_of(context, input.campus) if input.campus else None
    context.about(input.account)
    return await appoint(context, account, place, campus, input.roles, input.first_day or context.today)


async def appoint(
    context: Context,
    account: identity.Account,
    place: Resource,
    campus: Resource | None,
    roles: Sequence[str],
    first: date,
) -> Resource:
    """Writes a post. Raises `BadRequest` for a reserved role that the account lacks: it would count for nothing."""
    _check(account, roles)
    person = build.reference(str(account.practitioner), account.name)
    there = named(campus) if campus else None
    return await context.create(resources.post(person, named(place), there, roles, first))


def named(place: Resource) -> Json:
    """The Reference to a department or campus, with its name."""
    return build.reference(place, str(place.get("name", "")))


def _check(account: identity.Account, roles: Sequence[str]) -> None:
    lacking = [role for role in roles if role in RESERVED and role not in account.roles]
    if lacking:
        text = _("Give the account itself the role first: {roles}")
        raise BadRequest(text.format(roles=", ".join(lacking)), expression="roles")


class ChangePost(Input):
    """A post with other roles or in another place."""

    post: str = Field(title=N_("Post"), pattern=r"^PractitionerRole/", json_schema_extra={"widget": "hidden"})
    department: str = Field(title=N_("Department"), json_schema_extra={**DEPARTMENT})
    campus: str | None = Field(None, title=N_("Campus"), json_schema_extra={**CAMPUS})
    roles: list[ASSIGNABLE] = Field(title=N_("Roles"), min_length=1, json_schema_extra=ROLES_FIELD)


@command(
    "administration.change_post",
    title=N_("Change post"),
    permission="administration.posts",
    done=N_("Post changed"),
)
async def change_post(context: Context, input: ChangePost) -> Resource:
    """Changes a post; who works in it goes on with the new roles at once."""
    held = await context.read(input.post, lock=True)
    place = await organization.department_of(context, input.department)
    campus = await organization.campus_of(context, input.campus) if input.campus else None
    for account in await identity.accounts_of(context.connection, held["practitioner"]["reference"]):
        _check(account, input.roles)
        context.about(f"account/{account.account_id}")
    fresh = resources.post(held["practitioner"], named(place), named(campus) if campus else None, input.roles)
    kept = {name: value for name, value in held.items() if name != "location"}
    return await context.update({**kept, **fresh, "active": held.get("active", True)})


class EndPost(Input):
    """A post that ends."""

    post: str = Field(title=N_("Post"), pattern=r"^PractitionerRole/", json_schema_extra={"widget": "hidden"})
    last_day: date = Field(title=N_("Last day"))
    at_once: bool = Field(False, title=N_("End it at once, with the sessions in it"))


@command(
    "administration.end_post",
    title=N_("End"),
    permission="administration.posts",
    done=N_("Post ended"),
    tone="danger",
)
async def end_post(context: Context, input: EndPost) -> Resource:
    """Ends a post with a day, or at once. Sessions in it end with it."""
    held = await context.read(input.post, lock=True)
    last = context.today if input.at_once else input.last_day
    if last < context.today:
        raise BadRequest(_("must not be past"), expression="last_day")
    first = str((held.get("period") or {}).get("start", ""))
    # A post that has not begun ends before its beginning, which a Period can't say.
    start = {"start": first} if first and first <= last.isoformat() else {}
    ended = {**held, "period": {**start, "end": last.isoformat()}}
    return await context.update({**ended, "active": False} if input.at_once else ended)
