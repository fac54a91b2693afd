"""Who may prescribe what: titles and rights of doctors, which the medical office grants."""

from typing import Literal

from pydantic import Field

from xinglin.capabilities.pharmacy.rules_authority import RIGHT, TITLE, TITLES, prescriber, rights
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view


class GrantRights(Input):
    """What a doctor may prescribe from now on."""

    practitioner: str = Field(title=N_("Doctor"), pattern=r"^Practitioner/", json_schema_extra={"widget": "hidden"})
    title: Literal["resident", "attending", "associate-chief", "chief"] = Field(
        title=N_("Professional title"), json_schema_extra=select(TITLES.items())
    )
    controlled: bool = Field(False, title=N_("May prescribe narcotics and psychotropics of class 1"))


@command(
    "pharmacy.grant_rights",
    title=N_("Prescribing rights"),
    permission="pharmacy.rights",
    done=N_("Rights granted"),
)
async def grant_rights(context: Context, input: GrantRights) -> Resource:
    """Sets a doctor's title, on which the antibacterial tiers rest, and the right to prescribe narcotics."""
    person = await context.read(input.practitioner, lock=True)
    others = [
        each
        for each in person.get("qualification") or ()
        if not (build.first_code(each.get("code"), TITLE) or build.first_code(each.get("code"), RIGHT))
    ]
    return await context.update(
        {**person, "qualification": [*others, *rights(input.title, controlled=input.controlled)]}
    )


class PrescriberRow(Row):
    """A doctor and what the doctor may prescribe."""

    name: str = Field(title=N_("Doctor"))
    title: str = Field(title=N_("Professional title"), json_schema_extra={"kind": "code"})
    controlled: str = Field(title=N_("Narcotics, psychotropics 1"), json_schema_extra={"kind": "code"})
    may: bool | None = Field(None, title=N_("Narcotics, psychotropics 1"), json_schema_extra={"hidden": True})


@view(
    "pharmacy.prescribers",
    title=N_("Prescribing rights"),
    permission="pharmacy.rights",
    row=PrescriberRow,
    actions=(RowAction("pharmacy.grant_rights", {"practitioner": "key", "title": "title", "controlled": "may"}),),
    empty=N_("There are no doctors"),
)
async def prescribers(context: Context, filter: Filter) -> Page[PrescriberRow]:
    """Doctors with their titles and rights; without a title a doctor prescribes unrestricted antibacterials only."""
    query = [("role", "doctor"), ("_sort", "_id"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("PractitionerRole", query)
    references = dict.fromkeys(post["practitioner"]["reference"] for post in found.resources if "practitioner" in post)
    people = await context.read_many(references)
    rows = []
    for reference in references:
        if reference not in people:
            continue
        who = prescriber(people[reference])
        rows.append(
            PrescriberRow(
                key=reference,
                name=build.person_name(people[reference]),
                title=who.title or "",
                controlled="granted" if "controlled" in who.rights else "",
                may="controlled" in who.rights or None,
            )
        )
    return Page(rows, found.next)
