"""Two records side by side: what they agree in, what differs, and when each was here."""

from dataclasses import dataclass

from xinglin.capabilities.patients.demographics import facts, number_name
from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.capabilities.patients.matching import Match, person, weigh
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_

VISITS = 5
"""The newest visits that are shown of each."""

ELEMENTS = {
    "Name": "name",
    "Sex": "sex",
    "Birth date": "birth date",
    "ID number": "identity number",
    "Phone": "phone",
    "Address": "address",
    "Order of birth": "birth order",
}
"""Title of a fact → the element by which it is weighed."""


@dataclass(frozen=True)
class Line:
    """One line: a title to be translated, both texts, and how they agree: `same`, `near`, `different` or, where either
    is not known, nothing. With `code` the texts are codes."""

    title: str
    one: str
    other: str
    agree: str
    code: bool = False


@dataclass(frozen=True)
class Record:
    """One of the two: its Patient, reference, numbers of the record, when it was made, and its newest visits."""

    patient: Resource
    reference: str
    number: str
    visits: list[Resource]


@dataclass(frozen=True)
class Compared:
    """Two records, line by line."""

    one: Record
    other: Record
    lines: list[Line]
    match: Match


async def side_by_side(context: Context, task: Resource) -> Compared:
    """The two records of a pair as they are now."""
    names = task["focus"]["reference"], task["for"]["reference"]
    one, other = [await context.read(each) for each in names]
    match = weigh(person(one), person(other))
    return Compared(await _record(context, one), await _record(context, other), _lines(one, other, match), match)


async def _record(context: Context, patient: Resource) -> Record:
    query = [("patient", reference(patient)), ("_sort", "-date"), ("_count", str(VISITS))]
    visits = (await context.search("Encounter", query)).resources
    numbers = [
        each for each in patient.get("identifier") or () if str(each.get("system", "")).endswith("medical-record")
    ]
    return Record(patient, reference(patient), "、".join(str(each["value"]) for each in numbers), visits)


def _lines(one: Resource, other: Resource, match: Match) -> list[Line]:
    found = []
    others = {fact.title: fact for fact in facts(other)}
    for fact in facts(one):
        there = others.pop(fact.title, None)
        text = there.text if there else ""
        found.append(Line(fact.title, fact.text, text, _agree(fact.title, fact.text, text, match), fact.code))
    found += [Line(fact.title, "", fact.text, "", fact.code) for fact in others.values()]
    cards = [_cards(each) for each in (one, other)]
    found.append(Line(N_("Cards and documents"), cards[0], cards[1], ""))
    return [line for line in found if line.one or line.other]


def _agree(title: str, one: str, other: str, match: Match) -> str:
    level = match.levels.get(ELEMENTS.get(title, ""))
    if level is None:
        return "" if not one or not other else "same" if one == other else "different"
    return level if level in ("same", "different") else "different" if level == "proven" else "near"


def _cards(patient: Resource) -> str:
    held = [each for each in patient.get("identifier") or () if each.get("system") != SYSTEM]
    return "；".join(f"{number_name(each)} {each.get('value', '')}" for each in held)
