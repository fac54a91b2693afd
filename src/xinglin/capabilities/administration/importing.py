"""Accounts in bulk from CSV: looked at line by line before anything is done, then all of it or nothing."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from xinglin.capabilities.administration import organization, resources
from xinglin.capabilities.administration.accounts import CreateAccount, make_member, told
from xinglin.capabilities.administration.fields import ASSIGNABLE_ROLES, joined
from xinglin.capabilities.administration.posts import appoint
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, demand_reason, from_validation
from xinglin.kernel.roles import ROLES, role_name
from xinglin.kernel.text import N_
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext
from xinglin.platform.identity.posts import RESERVED

MOST = 300
"""Lines of one file: each new account costs the computation of a hash that is meant to be slow."""

COLUMNS = {
    "login": N_("Account"),
    "name": N_("Name"),
    "employee_number": N_("Employee number"),
    "roles": N_("Roles"),
    "department": N_("Department"),
    "campus": N_("Campus"),
}
NEEDED = ("login", "name", "roles")
SEPARATORS = str.maketrans(dict.fromkeys(";；,，、|/", " "))


class ImportAccounts(Input):
    """Lines with a heading: login, name, employee_number, roles, department, campus."""

    text: str = Field(
        title=N_("CSV"),
        min_length=1,
        max_length=200_000,
        json_schema_extra={
            **MULTILINE,
            "hint": N_(
                "The first line names the columns: login, name, employee_number, roles, department, campus, or what "
                "they are called on this page. Several roles are separated by ; and departments go by their names."
            ),
        },
    )
    reason: str | None = Field(None, title=N_("Reason"), max_length=200, json_schema_extra={"widget": "reason"})


@dataclass(frozen=True)
class Line:
    """A line that was understood: what it asks for, and the account with that login, if any."""

    number: int
    input: CreateAccount
    place: Resource | None
    campus: Resource | None
    account: identity.Account | None
    has_post: bool

    @property
    def done(self) -> bool:
        """Whether everything is there that it asks for."""
        return self.account is not None and (self.has_post or self.place is None)


@command(
    "administration.import_accounts",
    title=N_("Import accounts"),
    permission="administration.accounts",
    done=N_("Accounts imported"),
    secret=True,
)
async def import_accounts(context: Context, input: ImportAccounts) -> Resource:
    """Makes accounts and posts from CSV: first shows what each line would do, then does all of it or nothing.

    A line whose account and post are there already does nothing, so the same file may come again.
    """
    await context.lock("administration.import")
    lines = await _understood(context, _rows(input.text))
    wanted = [line for line in lines if not line.done]
    demand_reason(_preview(lines, wanted), input.reason)
    passwords = []
    for line in wanted:
        if line.account is None:
            passwords.append(await make_member(context, line.input, line.place, line.campus))
        elif line.place is not None:
            context.about(f"account/{line.account.account_id}")
            await appoint(context, line.account, line.place, line.campus, line.input.roles, context.today)
    return told(passwords)


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """The lines, with their numbers, by column. Raises `BadRequest` where it is no such file."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    try:
        table = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        text = _("Line {number}: {text}").format(number=reader.line_num, text=error)
        raise BadRequest(text, expression="text") from error
    heading = _heading(table[0][1] if table else [])
    if not 1 < len(table) <= MOST + 1:
        text = _("1 to {most} lines below the heading are taken at once").format(most=MOST)
        raise BadRequest(text, expression="text")
    odd = [number for number, row in table if len(row) > len(heading)]
    if odd:
        raise BadRequest(_("Line {number}: more fields than columns").format(number=odd[0]), expression="text")
    return [(number, dict(zip(heading, (cell.strip() for cell in row), strict=False))) for number, row in table[1:]]


def _heading(row: Sequence[str]) -> list[str]:
    """The columns that the first line names."""
    names = {_(title): name for name, title in COLUMNS.items()} | {name: name for name in COLUMNS}
    heading = [names.get(cell.strip(), cell.strip()) for cell in row]
    whole = all(cell in COLUMNS for cell in heading) and all(name in heading for name in NEEDED)
    if not whole or len(set(heading)) < len(heading):
        accepted = ", ".join(f"{name} ({_(title)})" for name, title in COLUMNS.items())
        text = _("The first line must name the columns, each once; {needed} are needed. Accepted are {accepted}")
        raise BadRequest(text.format(needed=", ".join(NEEDED), accepted=accepted), expression="text")
    return heading


async def _understood(context: Context, rows: Iterable[tuple[int, dict[str, str]]]) -> list[Line]:
    """Every line with what it asks for. Raises `Alerted`, which names each line that is wrong, and why."""
    departments = _by_name(await organization.departments(context))
    campuses = _by_name(await organization.campuses(context))
    lines, faults = [], []
    seen: dict[str, int] = {}
    for number, row in rows:
        try:
            place = _place(row, "department", departments)
            campus = _place(row, "campus", campuses)
            input = _input(row, place, campus)
            _once(seen, "login", identity.normal_login(input.login), number)
            if input.employee_number:
                _once(seen, "employee_number", input.employee_number, number)
            lines.append(await _line(context, number, input, place, campus))
        except FhirError as error:
            faults += [_fault(number, issue.diagnostics) for issue in error.issues]
    demand_reason(faults, None)
    return lines


def _fault(number: int, text: str) -> Alert:
    return Alert("block", "line", _("Line {number}: {text}").format(number=number, text=text), element="text")


def _input(row: dict[str, str], place: Resource | None, campus: Resource | None) -> CreateAccount:
    known = {code: code for code in ROLES} | {role_name(code): code for code in ROLES}
    words = row.get("roles", "").translate(SEPARATORS).split()
    strangers = [word for word in words if known.get(word) not in ASSIGNABLE_ROLES]
    if strangers:
        accepted = ", ".join(f"{code} ({role_name(code)})" for code in ASSIGNABLE_ROLES)
        text = _("{word} is no role; accepted are {accepted}").format(word=strangers[0], accepted=accepted)
        raise BadRequest(text, expression="roles")
    if campus is not None and place is None:
        raise BadRequest(_("A post needs a department"), expression="department")
    values: dict[str, Any] = {
        "login": row.get("login", ""),
        "name": row.get("name", ""),
        "employee_number": row.get("employee_number") or None,
        "roles": list(dict.fromkeys(known[word] for word in words)),
    }
    try:
        return CreateAccount.model_validate(values)
    except ValidationError as error:
        raise from_validation(error, dict(COLUMNS)) from None


def _by_name(places: Iterable[Resource]) -> dict[str, Resource]:
    return {str(place.get("name", "")): place for place in places}


def _place(row: dict[str, str], column: str, places: dict[str, Resource]) -> Resource | None:
    name = row.get(column, "")
    if name and name not in places:
        text = _("{column}: there is no {name}; there are {accepted}")
        accepted = joined(places) or "—"
        raise BadRequest(text.format(column=_(COLUMNS[column]), name=name, accepted=accepted), expression=column)
    return places.get(name)


def _once(seen: dict[str, int], column: str, value: str, number: int) -> None:
    first = seen.setdefault(f"{column} {value}", number)
    if first != number:
        text = _("{column}: {value} is in line {number} already")
        raise BadRequest(text.format(column=_(COLUMNS[column]), value=value, number=first), expression=column)


async def _line(
    context: Context, number: int, input: CreateAccount, place: Resource | None, campus: Resource | None
) -> Line:
    account = await identity.find_account(context.connection, input.login)
    if account is None:
        await _number_free(context, input)
        return Line(number, input, place, campus, None, has_post=False)
    if account.name != input.name or account.kind != "staff" or account.practitioner is None:
        text = _("The account {login} is that of {name}").format(login=account.login, name=account.name)
        raise BadRequest(text, expression="login")
    lacking = [role for role in input.roles if role in RESERVED and role not in account.roles]
    if place is not None and lacking:
        text = _("Give the account itself the role first: {roles}").format(roles=", ".join(lacking))
        raise BadRequest(text, expression="roles")
    posts, _ever = await identity.posts_of(context.connection, account.practitioner, context.now)
    there = any(
        place is not None
        and post.department == reference(place)
        and post.campus == (reference(campus) if campus else None)
        and set(post.roles) == set(input.roles)
        for post in posts
    )
    return Line(number, input, place, campus, account, has_post=there)


async def _number_free(context: Context, input: CreateAccount) -> None:
    if not input.employee_number:
        return
    query = [("identifier", f"{resources.EMPLOYEE_NUMBER}|{input.employee_number}"), ("_count", "1")]
    found = (await context.search("Practitioner", query)).resources
    holders = [one for person in found for one in await identity.accounts_of(context.connection, reference(person))]
    if holders:
        text = _("The employee number {number} is that of {name}")
        text = text.format(number=input.employee_number, name=holders[0].name)
        raise BadRequest(text, expression="employee_number")


def _preview(lines: Sequence[Line], wanted: Sequence[Line]) -> list[Alert]:
    """What would be done, line by line; nothing to confirm where all of it is there."""
    if not wanted:
        return []
    new = sum(line.account is None for line in wanted)
    summary = [
        ngettext("{count} new account", "{count} new accounts", new).format(count=new),
        ngettext("{count} new post", "{count} new posts", len(wanted) - new).format(count=len(wanted) - new),
        ngettext("{count} line is done already", "{count} lines are done already", len(lines) - len(wanted)).format(
            count=len(lines) - len(wanted)
        ),
    ]
    return [Alert("warning", "import", joined(summary)), *(_shown(line) for line in wanted)]


def _shown(line: Line) -> Alert:
    parts = [line.input.login, line.input.name, joined(role_name(role) for role in line.input.roles)]
    parts += [str(place.get("name", "")) for place in (line.place, line.campus) if place]
    return _told_of(line.number, " · ".join(parts))


def _told_of(number: int, text: str) -> Alert:
    return Alert("information", "line", _("Line {number}: {text}").format(number=number, text=text))
