"""Accounts of staff: made, changed, closed, and helped when a password or a phone is lost."""

from typing import Annotated

from pydantic import Field

from xinglin.capabilities.administration import organization, resources
from xinglin.capabilities.administration.fields import ASSIGNABLE, ROLES_FIELD, account_id, refusing
from xinglin.capabilities.administration.posts import appoint
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.passwords import given_password
from xinglin.platform.identity.posts import RESERVED

Login = Annotated[str, Field(title=N_("Account"), min_length=2, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")]
Name = Annotated[str, Field(title=N_("Name"), min_length=1, max_length=60)]
Number = Annotated[str | None, Field(title=N_("Employee number"), max_length=30, pattern=r"^[A-Za-z0-9-]+$")]
HIDDEN_ACCOUNT = Field(title=N_("Account"), pattern=r"^account/", json_schema_extra={"widget": "hidden"})


class CreateAccount(Input):
    """A member of staff with an account and, where a department is given, a post."""

    login: Login
    name: Name
    employee_number: Number = None
    roles: list[ASSIGNABLE] = Field(title=N_("Roles"), min_length=1, json_schema_extra=ROLES_FIELD)
    department: str | None = Field(
        None, title=N_("Department"), json_schema_extra={"widget": "select", "source": "administration.departments"}
    )
    campus: str | None = Field(
        None, title=N_("Campus"), json_schema_extra={"widget": "select", "source": "administration.campuses"}
    )


@command(
    "administration.create_account",
    title=N_("New account"),
    permission="administration.accounts",
    done=N_("Account created"),
    tone="primary",
    secret=True,
)
async def create_account(context: Context, input: CreateAccount) -> Resource:
    """Makes an account with a password that is shown once and must be changed at first sign-in."""
    if input.campus and not input.department:
        raise BadRequest(_("A post needs a department"), expression="department")
    place = await organization.department_of(context, input.department) if input.department else None
    campus = await organization.campus_of(context, input.campus) if input.campus else None
    return told([await make_member(context, input, place, campus)])


async def make_member(
    context: Context, input: CreateAccount, place: Resource | None, campus: Resource | None
) -> tuple[str, str]:
    """Makes practitioner, account and post; returns login and password. Raises `BadRequest` beside the field."""
    person = await _person(context, input.name, input.employee_number)
    password = given_password()
    # What a post may not give, and what there is without one, are the account's own.
    own = [role for role in input.roles if place is None or role in RESERVED]
    with refusing("login"):
        account = await identity.create_account(
            context.connection,
            login=input.login,
            name=input.name,
            password=password,
            roles=own,
            practitioner=reference(person),
            locale=context.actor.locale,
            now=context.now,
            must_change=True,
        )
    context.about(f"account/{account.account_id}")
    if place is not None:
        await appoint(context, account, place, campus, input.roles, context.today)
    return account.login, password


async def _person(context: Context, name: str, number: str | None) -> Resource:
    """The Practitioner with an employee number, or a new one."""
    if number:
        query = [("identifier", f"{resources.EMPLOYEE_NUMBER}|{number}"), ("_count", "1")]
        found = (await context.search("Practitioner", query)).resources
        if found and build.person_name(found[0]) != name:
            text = _("The employee number {number} is that of {name}")
            raise BadRequest(text.format(number=number, name=build.person_name(found[0])), expression="employee_number")
        if found:
            return found[0]
    return await context.create(resources.practitioner(name, number))


def told(passwords: list[tuple[str, str]]) -> Resource:
    """Logins with their passwords, to be told once."""
    return {
        "resourceType": "Parameters",
        **({"parameter": [{"name": login, "valueString": text} for login, text in passwords]} if passwords else {}),
    }


class ChangeAccount(Input):
    """An account with another name or other roles."""

    account: str = HIDDEN_ACCOUNT
    name: Name
    roles: list[ASSIGNABLE] = Field(
        default_factory=list,
        title=N_("Roles of the account itself"),
        json_schema_extra={
            **ROLES_FIELD,
            "hint": N_("They count where there is no post; those of a post are changed there"),
        },
    )


@command(
    "administration.change_account",
    title=N_("Change account"),
    permission="administration.accounts",
    done=N_("Account changed"),
)
async def change_account(context: Context, input: ChangeAccount) -> Resource:
    """Changes name and roles; what is open goes on with the new roles at once."""
    account = await found_account(context, input.account)
    if account.account_id == context.actor.account_id and "administrator" not in input.roles:
        raise Refused(_("Nobody takes their own administration away; another administrator can"))
    await identity.change_account(context.connection, account.account_id, name=input.name, roles=input.roles)
    context.about(input.account)
    if account.practitioner and input.name != account.name:
        person = await context.read(account.practitioner, lock=True)
        await context.update({**person, "name": [{"use": "official", "text": input.name}]})
    return _about(account)


class OneAccount(Input):
    """An account."""

    account: str = HIDDEN_ACCOUNT


@command(
    "administration.close_account",
    title=N_("Close account"),
    permission="administration.accounts",
    done=N_("Account closed"),
    tone="danger",
    confirm=N_("Close this account? Whoever uses it is signed out at once."),
)
async def close_account(context: Context, input: OneAccount) -> Resource:
    """Closes an account and ends its sessions; what it did stays on record."""
    account = await found_account(context, input.account)
    if account.account_id == context.actor.account_id:
        raise Refused(_("Nobody closes their own account; another administrator can"))
    await identity.set_active(context.connection, account.account_id, active=False)
    context.about(input.account)
    return _about(account)


@command(
    "administration.reopen_account",
    title=N_("Reopen account"),
    permission="administration.accounts",
    done=N_("Account reopened"),
)
async def reopen_account(context: Context, input: OneAccount) -> Resource:
    """Opens a closed account again, with the password that it had."""
    account = await found_account(context, input.account)
    await identity.set_active(context.connection, account.account_id, active=True)
    context.about(input.account)
    return _about(account)


@command(
    "administration.reset_password",
    title=N_("Reset password"),
    permission="administration.accounts",
    done=N_("Password reset"),
    confirm=N_("Reset the password? Whoever uses the account is signed out at once."),
    secret=True,
)
async def reset_password(context: Context, input: OneAccount) -> Resource:
    """Gives an account a new password, which is shown once and must be changed at the next sign-in."""
    account = await found_account(context, input.account)
    password = given_password()
    with refusing("account"):
        await identity.reset_password(context.connection, account.account_id, password, now=context.now)
    context.about(input.account)
    return told([(account.login, password)])


@command(
    "administration.reset_factor",
    title=N_("Remove second factor"),
    permission="administration.accounts",
    done=N_("Second factor removed"),
    tone="danger",
    confirm=N_("Remove the second factor? Make sure that it is really they who ask."),
)
async def reset_factor(context: Context, input: OneAccount) -> Resource:
    """Takes a second factor away, with its recovery codes, and ends the sessions; sign-in asks for a new one."""
    account = await found_account(context, input.account)
    if await identity.find_factor(context.connection, account.account_id) is None:
        raise Refused(_("This account has no second factor"))
    await identity.remove_factor(context.connection, account.account_id)
    await identity.close_sessions(context.connection, account.account_id)
    context.about(input.account)
    return _about(account)


async def found_account(context: Context, key: str) -> identity.Account:
    """The account of a row's key, such as `account/1`. Raises `BadRequest`."""
    account = await identity.read_account(context.connection, account_id(key))
    if account is None:
        raise BadRequest(_("There is no such account"), expression="account")
    return account


def _about(account: identity.Account) -> Resource:
    return {"resourceType": "Parameters", "parameter": [{"name": "account", "valueString": account.account_id}]}
