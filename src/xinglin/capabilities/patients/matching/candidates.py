"""Where to look for a person's other registrations: by whatever two of them are likely to have in common.

Each way is a search that the index answers, so its cost does not grow with the hospital. Identity numbers and telephone
numbers may lie encrypted, and are found by the whole value only: that is why no way goes by a part of them.
"""

from datetime import date, timedelta

from xinglin.capabilities.patients.matching.persons import Person, person
from xinglin.capabilities.patients.matching.weighing import Match, weigh
from xinglin.fhir import build
from xinglin.fhir.search.escapes import escaped
from xinglin.fhir.search.text import sounds
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

MOST = "200"
"""Registrations that one way may lead to; that so many agree in it says that it tells little."""


async def candidates(context: Context, wanted: Person, least: float) -> list[tuple[Resource, Match]]:
    """Living records that are this person with at least this chance, the likeliest first."""
    found: dict[str, Resource] = {}
    for query in ways(wanted):
        for each in (await context.search("Patient", [*query, ("_count", MOST)])).resources:
            found.setdefault(f"Patient/{each['id']}", each)
    found.pop(wanted.reference, None)
    weighed = [(each, weigh(wanted, person(each))) for each in found.values() if not build.replaced_by(each)]
    likely = [(each, match) for each, match in weighed if match.chance >= least]
    return sorted(likely, key=lambda pair: -pair[1].weight)


def ways(wanted: Person) -> list[list[tuple[str, str]]]:
    """Searches for Patients: by number, telephone, birth date; by name and sound, near the year of birth."""
    found = []
    if wanted.numbers:
        numbers = [f"{escaped(system)}|{escaped(value)}" for system, value in sorted(wanted.numbers)]
        found.append([("identifier", ",".join(numbers))])
    if wanted.phones:
        found.append([("phone", ",".join(sorted(wanted.phones)))])
    if wanted.born:
        found.append([("birthdate", ",".join(day.isoformat() for day in near(wanted.born)))])
    years = _years(wanted.born) if wanted.born else []
    if wanted.name:
        found.append([("name:exact", escaped(wanted.name)), *years])
        by_sound = sounds(wanted.name)[:1] or [wanted.name]
        found += [[("name", escaped(each)), *years] for each in by_sound]
    return found


def near(born: date) -> list[date]:
    """The birth date, the days beside it, and the date with day and month the wrong way round."""
    days = [born, born - timedelta(days=1), born + timedelta(days=1)]
    if born.day <= 12 and born.day != born.month:
        days.append(born.replace(month=born.day, day=born.month))
    return days


def _years(born: date) -> list[tuple[str, str]]:
    return [("birthdate", f"ge{born.year - 1}-01-01"), ("birthdate", f"lt{born.year + 2}-01-01")]
