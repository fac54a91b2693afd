"""Printouts: what goes out on paper, as a function that gathers it and a template that sets it."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.platform.i18n import ngettext

if TYPE_CHECKING:
    from xinglin.kernel.context import Context

Paper = Literal["A4", "A5"]
LATER = "later"
"""Where data hold what is added as time goes on, such as who dispensed: a paper from before it is no worse."""

INFANT_MONTHS = 24
"""Below this age the months are told, and below one month the days: doses hang on them."""


@dataclass(frozen=True)
class Printout:
    """A form that is printed from what is stored, as a PDF at `/print/<name>?…`.

    `template` is its typst file in the capability's `templates` folder, `run` what gathers its data: a JSON object in
    which resources are told apart by their references. Every print is on record, with the patients in its data.
    """

    name: str
    title: str
    permission: str
    template: str
    paper: Paper
    run: Callable[["Context", Mapping[str, str]], Awaitable[Json]]
    description: str


def printout(
    name: str, *, title: str, permission: str, template: str, paper: Paper = "A4"
) -> Callable[[Callable[["Context", Mapping[str, str]], Awaitable[Json]]], Printout]:
    """Declares a function `async (context, the address' query) -> data` as a printout.

    The data hold only what stands on the paper and comes from the store, so that the same facts always give the same
    data: what depends on who prints and when is added by the frame.

    Raises:
        TypeError: the function lacks a docstring.
    """

    def declare(run: Callable[["Context", Mapping[str, str]], Awaitable[Json]]) -> Printout:
        description = inspect.getdoc(run)
        if not description:
            raise TypeError(f"Printout {name}: needs a docstring")
        return Printout(name, title, permission, template, paper, run, description)

    return declare


async def hospital_name(context: "Context") -> str:
    """The name of the hospital, as forms are headed; blank where none is registered."""
    found = await context.search("Organization", [("type", "prov"), ("_count", "10")])
    own = [item for item in found.resources if "partOf" not in item]
    return str(own[0].get("name", "")) if own else ""


def person_facts(patient: Resource, day: date) -> dict[str, Any]:
    """What a form says of a patient on the day that it is about: `patient` (reference), name, gender (code), age in
    words, birth date, and the record number that the hospital usually uses; blank where unknown."""
    birth = str(patient.get("birthDate", ""))
    return {
        "patient": f"Patient/{patient['id']}",
        "name": build.person_name(patient),
        "gender": str(patient.get("gender", "unknown")),
        "age": age_text(birth, day),
        "birth": birth,
        "record": next((str(item["value"]) for item in patient.get("identifier") or () if usual(item)), ""),
    }


def usual(identifier: Json) -> bool:
    """Tells whether an identifier is the one to be shown (R4 identifier-use)."""
    return identifier.get("use") == "usual" and "value" in identifier


def age_text(birth: str, day: date) -> str:
    """An age on a day as forms want it: years, of small children months, of newborns days; blank where unknown."""
    years = build.age_in_years(birth or None, day)
    if years is None or years < 0:
        return ""
    if len(birth) == len("2026-11-25"):
        born = date.fromisoformat(birth)
        months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
        if months < 1:
            return ngettext("{days} day", "{days} days", (day - born).days).format(days=(day - born).days)
        if months < INFANT_MONTHS:
            return ngettext("{months} month", "{months} months", months).format(months=months)
    return ngettext("{years} year", "{years} years", years).format(years=years)


def time_text(context: "Context", instant: str) -> str:
    """A FHIR dateTime in the hospital's zone, to the minute; partial dates stay as they are."""
    if "T" not in instant:
        return instant
    return datetime.fromisoformat(instant).astimezone(context.zone).strftime("%Y-%m-%d %H:%M")


def day_of(instant: str) -> date:
    """The day of a FHIR dateTime that names one."""
    return date.fromisoformat(instant[:10])
