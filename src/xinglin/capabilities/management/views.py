"""The lists behind the figures."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.capabilities.management import day as days
from xinglin.capabilities.management import figures
from xinglin.fhir import build
from xinglin.kernel.application import run_view
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _

WEEK = timedelta(days=7)
NUMBER: JsonDict = {"kind": "number"}
MONEY: JsonDict = {"kind": "money"}


class OfDay(Filter):
    """A day, today where none is named, at one campus or all."""

    day: date | None = Field(None, title=N_("Day"))
    campus: str | None = Field(None, title=N_("Campus"), pattern=r"^Location/")


class ClinicRow(Row):
    """A clinic's day."""

    clinic: str = Field(title=N_("Clinic"))
    visits: int = Field(title=N_("Visits"), json_schema_extra=NUMBER)
    before: int = Field(title=N_("A week ago"), json_schema_extra=NUMBER)
    waiting: int = Field(title=N_("Waiting"), json_schema_extra=NUMBER)
    consulting: int = Field(title=N_("Under way"), json_schema_extra=NUMBER)
    done: int = Field(title=N_("Finished"), json_schema_extra=NUMBER)
    cancelled: int = Field(title=N_("Cancelled"), json_schema_extra=NUMBER)
    wait: int | None = Field(title=N_("Wait in minutes, median"), json_schema_extra=NUMBER)


@view(
    "management.clinics",
    title=N_("Visits by clinic"),
    permission="management.read",
    row=ClinicRow,
    empty=N_("No visits on this day"),
)
async def clinics(context: Context, filter: OfDay) -> Page[ClinicRow]:
    """Visits of a day by clinic, with what they were a week before, and how long patients waited."""
    day = filter.day or context.today
    now = await days.visits_of(context, day, filter.campus)
    before = figures.by_clinic((await days.visits_of(context, day - WEEK, filter.campus)).visits, {})
    held = figures.by_clinic(now.visits, now.waited)
    rows = [
        ClinicRow(
            key=name,
            clinic=name,
            visits=one.visits,
            before=before[name].visits if name in before else 0,
            waiting=one.waiting,
            consulting=one.consulting,
            done=one.done,
            cancelled=one.cancelled,
            wait=one.wait,
        )
        for name in sorted({*held, *before})
        for one in (held.get(name, figures.Clinic()),)
    ]
    return Page(sorted(rows, key=lambda row: -row.visits), total=len(rows))


class HourRow(Row):
    """An hour of the day."""

    hour: str = Field(title=N_("Hour"))
    visits: int = Field(title=N_("Visits"), json_schema_extra=NUMBER)
    before: int = Field(title=N_("A week ago"), json_schema_extra=NUMBER)


@view(
    "management.hours",
    title=N_("Visits by hour"),
    permission="management.read",
    row=HourRow,
    empty=N_("No visits on this day"),
)
async def hours(context: Context, filter: OfDay) -> Page[HourRow]:
    """Visits of a day by the hour in which they begin, with what they were a week before."""
    day = filter.day or context.today
    now = figures.by_hour((await days.visits_of(context, day, filter.campus)).visits, context.zone)
    before = figures.by_hour((await days.visits_of(context, day - WEEK, filter.campus)).visits, context.zone)
    known = {*now, *before}
    rows = [
        HourRow(key=f"{hour:02}", hour=f"{hour:02}:00", visits=now[hour], before=before[hour])
        for hour in (range(min(known), max(known) + 1) if known else ())
    ]
    return Page(rows, total=len(rows))


class IncomeFilter(OfDay):
    """By what income is shown."""

    by: Literal["clinic", "payer", "method"] = Field("clinic", title=N_("By"))


class IncomeRow(Row):
    """Income of a group, less what was given back."""

    name: str = Field(title=N_("Group"))
    net: Decimal = Field(title=N_("Income"), json_schema_extra=MONEY)
    before: Decimal = Field(title=N_("A week ago"), json_schema_extra=MONEY)


@view(
    "management.income",
    title=N_("Income"),
    permission="management.read",
    row=IncomeRow,
    empty=N_("No income on this day"),
)
async def income(context: Context, filter: IncomeFilter) -> Page[IncomeRow]:
    """Income of a day less refunds by clinic, payer or way of payment, with what it was a week before."""
    day = filter.day or context.today
    now, before = await _income(context, day, filter), await _income(context, day - WEEK, filter)
    rows = [
        IncomeRow(key=name, name=name, net=now.get(name, Decimal(0)), before=before.get(name, Decimal(0)))
        for name in {*now, *before}
    ]
    return Page(sorted(rows, key=lambda row: (-row.net, row.name)), total=len(rows))


async def _income(context: Context, day: date, filter: IncomeFilter) -> dict[str, Decimal]:
    if filter.by == "method":
        report = context.registry.views["billing.day_report"]
        about = {"day": day, "campus": filter.campus}
        found: dict[str, Decimal] = {}
        for row in (await run_view(context, report, about)).rows:
            found[row.method] = found.get(row.method, Decimal(0)) + row.net
        return found
    invoices, charges = await days.invoices_of(context, day, filter.campus)
    groups = (
        await days.clinics_of(context, charges.values())
        if filter.by == "clinic"
        else await days.payers_of(context, charges.values(), _("Self-paying"))
    )
    return figures.income(invoices, charges, groups)


class VisitFilter(OfDay):
    """Visits of one clinic, or that begin in one hour."""

    clinic: str = Field("", title=N_("Clinic"), max_length=60)
    hour: str = Field("", title=N_("Hour"), pattern=r"^([0-9]{2})?$")


class VisitRow(Row):
    """A visit."""

    number: str = Field(title=N_("Visit"))
    patient_name: str = Field(title=N_("Patient"))
    clinic: str = Field(title=N_("Clinic"))
    begin: str = Field(title=N_("Begin"), json_schema_extra={"kind": "datetime"})
    wait: int | None = Field(title=N_("Waited, minutes"), json_schema_extra=NUMBER)
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "visit"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "management.visits",
    title=N_("Visits of the day"),
    permission="management.read",
    row=VisitRow,
    empty=N_("No visits on this day"),
)
async def visits(context: Context, filter: VisitFilter) -> Page[VisitRow]:
    """The visits behind the figures: of a day, a clinic, an hour."""
    held = await days.visits_of(context, filter.day or context.today, filter.campus)
    chosen = []
    for visit in held.visits:
        begin = figures.begin_of(visit, context.zone)
        fits = filter.clinic in ("", figures.clinic_of(visit))
        if fits and begin and filter.hour in ("", f"{begin.hour:02}"):
            chosen.append(visit)
    start = int(filter.cursor) if filter.cursor and filter.cursor.isdecimal() else 0
    page = sorted(chosen, key=lambda visit: visit["period"]["start"])[start : start + filter.limit]
    people = await context.read_many(visit["subject"]["reference"] for visit in page)
    table = context.registry.tables["visit"]
    rows = [
        VisitRow(
            key=f"Encounter/{visit['id']}",
            number=next((str(item["value"]) for item in visit.get("identifier") or ()), ""),
            patient_name=build.person_name(people.get(visit["subject"]["reference"])),
            clinic=figures.clinic_of(visit),
            begin=visit["period"]["start"],
            wait=held.waited.get(f"Encounter/{visit['id']}"),
            state=state.code if (state := table.of(visit)) else "",
            patient=visit["subject"]["reference"],
        )
        for visit in page
    ]
    following = start + filter.limit
    return Page(rows, str(following) if following < len(chosen) else None, len(chosen))


class NoShowRow(Row):
    """An appointment to which nobody came."""

    patient_name: str = Field(title=N_("Patient"))
    begin: str = Field(title=N_("Begin"), json_schema_extra={"kind": "datetime"})
    what: str = Field(title=N_("Clinic"))
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "management.no_shows",
    title=N_("No-shows"),
    permission="management.read",
    row=NoShowRow,
    empty=N_("Everybody came"),
)
async def no_shows(context: Context, filter: OfDay) -> Page[NoShowRow]:
    """Appointments of a day to which nobody came. A day is closed in the night after it."""
    query = [*context.on_day("date", filter.day or context.today), ("status", "noshow"), *days.at_campus(filter.campus)]
    found = await days.everything(context, "Appointment", query)
    patients = {
        one["id"]: next(
            (str(part["actor"]["reference"]) for part in one["participant"] if _is_patient(part)),
            "",
        )
        for one in found
    }
    people = await context.read_many(patients.values())
    rows = [
        NoShowRow(
            key=f"Appointment/{one['id']}",
            patient_name=build.person_name(people.get(patients[one["id"]])),
            begin=str(one.get("start", "")),
            what=build.concept_text((one.get("serviceType") or [None])[0]),
            patient=patients[one["id"]],
        )
        for one in sorted(found, key=lambda one: str(one.get("start", "")))
    ]
    return Page(rows[: filter.limit], total=len(rows))


def _is_patient(part: dict[str, dict[str, str]]) -> bool:
    return (part.get("actor") or {}).get("reference", "").startswith("Patient/")
