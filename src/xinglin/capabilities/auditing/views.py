"""Lists of the record."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from pydantic import Field

from xinglin.capabilities.auditing.words import detail_of, title_of
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.roles import role_name
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, SearchText, view
from xinglin.platform.audit import EVERYBODY
from xinglin.platform.audit.reading import Kept, Span, about_patient, by_account, find_people
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext

ACCOUNT = "account:"
NAMED = 3
"""Patients of an entry who are named; the others are counted."""


class PersonRow(Row):
    """Somebody with an account."""

    name: str = Field(title=N_("Name"))
    login: str = Field(title=N_("Account"))
    roles: str = Field(title=N_("Roles"))
    active: bool = Field(title=N_("Active"), json_schema_extra={"hidden": True})


@view("auditing.people", title=N_("Staff"), permission="auditing.read", row=PersonRow, empty=N_("Nobody of that name"))
async def people(context: Context, filter: SearchText) -> Page[PersonRow]:
    """Everybody who has or had an account, by name."""
    found = await find_people(context.connection, filter.text.strip(), filter.limit)
    return Page([
        PersonRow(
            key=f"{ACCOUNT}{person.id}",
            name=person.name,
            login=person.login,
            roles=_roles(person.roles),
            active=person.active,
        )
        for person in found
    ])  # fmt: skip


class Period(Filter):
    """Days of the hospital, both among them."""

    since: date | None = Field(None, title=N_("From day"))
    until: date | None = Field(None, title=N_("To day"))

    def span(self, context: Context) -> Span:
        """The span of time, and where the page begins."""
        before = _read_cursor(self.cursor) if self.cursor else None
        return Span(_midnight(context, self.since), _midnight(context, self.until, days=1), before)


class OfPatient(Period):
    """A patient, and days."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/[A-Za-z0-9.-]{1,64}$")


class OfAccount(Period):
    """An account, and days."""

    account: str = Field(title=N_("Account"), pattern=r"^account:[A-Za-z0-9-]{1,64}$")


class SightRow(Row):
    """An entry about a patient."""

    at: str = Field(title=N_("Time"))
    person: str = Field(title=N_("Who"))
    roles: str = Field(title=N_("Roles"))
    what: str = Field(title=N_("What"))
    action: str = Field(title=N_("Kind"), json_schema_extra={"kind": "code"})
    outcome: str = Field(title=N_("Outcome"), json_schema_extra={"kind": "code"})
    client: str = Field(title=N_("Network address"))
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "auditing.who_saw",
    title=N_("Who saw this patient"),
    permission="auditing.read",
    row=SightRow,
    empty=N_("No entry in this period"),
    recorded=True,
)
async def who_saw(context: Context, filter: OfPatient) -> Page[SightRow]:
    """Everything that was done or shown about a patient, the newest first; exports of everybody among it, and what
    belongs to records that were merged into this one."""
    records = await _records(context, filter.patient)
    found = await about_patient(context.connection, records, filter.span(context), filter.limit + 1)
    rows = [
        SightRow(
            key=str(entry.id),
            at=_local(context, entry.at),
            person=entry.name or _("unknown"),
            roles=_roles(entry.roles),
            what=_what(context, entry),
            action=entry.action,
            outcome=entry.outcome,
            client=entry.client or "",
            patient=filter.patient,
        )
        for entry in found[: filter.limit]
    ]
    return Page(rows, _cursor(found, filter.limit))


async def _records(context: Context, patient: str) -> list[str]:
    found = [patient]
    for name in found:
        held = (await context.read_many([name])).get(name, {})
        found += [each for each in build.replaces(held) if each not in found]
    return found


class DeedRow(Row):
    """An entry of somebody."""

    at: str = Field(title=N_("Time"))
    what: str = Field(title=N_("What"))
    action: str = Field(title=N_("Kind"), json_schema_extra={"kind": "code"})
    patients: str = Field(title=N_("Patients"))
    outcome: str = Field(title=N_("Outcome"), json_schema_extra={"kind": "code"})
    client: str = Field(title=N_("Network address"))
    shown: list[str] = Field(title=N_("Patients"), json_schema_extra={"hidden": True})


@view(
    "auditing.what_did",
    title=N_("What this person did"),
    permission="auditing.read",
    row=DeedRow,
    empty=N_("No entry in this period"),
    recorded=True,
)
async def what_did(context: Context, filter: OfAccount) -> Page[DeedRow]:
    """Everything that an account did, saw, or was refused, the newest first."""
    account = filter.account.removeprefix(ACCOUNT)
    found = await by_account(context.connection, account, filter.span(context), filter.limit + 1)
    page = found[: filter.limit]
    named = {entry.id: _named(entry) for entry in page}
    held = await context.read_many({name for names in named.values() for name in names[:NAMED]})
    rows = [
        DeedRow(
            key=str(entry.id),
            at=_local(context, entry.at),
            what=_what(context, entry),
            action=entry.action,
            patients=_patients([_name(held, name) for name in named[entry.id][:NAMED]], len(named[entry.id])),
            outcome=entry.outcome,
            client=entry.client or "",
            shown=named[entry.id][:NAMED],
        )
        for entry in page
    ]
    return Page(rows, _cursor(found, filter.limit))


def _what(context: Context, entry: Kept) -> str:
    """What was done, with what an entry says of it besides."""
    title = title_of(context.registry, entry.command)
    parts = [title]
    if entry.command.startswith("fhir."):
        parts += [name for name in entry.entities[:1] if name != EVERYBODY]
    if EVERYBODY in entry.entities:
        parts.append(_("all patients"))
    return " · ".join([*parts, *([detail_of(entry.detail)] if entry.detail and entry.outcome == "success" else [])])


def _named(entry: Kept) -> list[str]:
    return [name for name in entry.entities if name.startswith("Patient/") and name != EVERYBODY]


def _name(held: Mapping[str, Resource], reference: str) -> str:
    return build.person_name(held[reference]) if reference in held else reference


def _patients(names: Sequence[str], count: int) -> str:
    more = count - len(names)
    text = "、".join(names)
    if not more:
        return text
    return ngettext("{names} and {count} more", "{names} and {count} more", more).format(names=text, count=more)


def _roles(codes: Sequence[str]) -> str:
    return "、".join(role_name(code) for code in codes)


def _local(context: Context, at: datetime) -> str:
    return f"{at.astimezone(context.zone):%Y-%m-%d %H:%M:%S}"


def _midnight(context: Context, day: date | None, days: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=days), time(), context.zone)


def _cursor(found: Sequence[Kept], limit: int) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    return f"{last.at.isoformat()}~{last.id}"


def _read_cursor(text: str) -> tuple[datetime, int]:
    at, _tilde, id = text.partition("~")
    with suppress(ValueError):
        moment, number = datetime.fromisoformat(at), int(id)
        if moment.tzinfo is not None and 0 < number < 2**63:
            return moment, number
    raise BadRequest(_("{text} is not the cursor of a page").format(text=text), expression="cursor")
