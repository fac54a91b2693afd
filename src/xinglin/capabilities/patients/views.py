"""Lists of patients."""

import re
from datetime import date
from typing import Literal

from pydantic import Field

from xinglin.capabilities.patients import demographics
from xinglin.capabilities.patients.changes import history
from xinglin.capabilities.patients.duplicates import CHANCE, CODE, PAIR_CODE, REASON
from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.capabilities.patients.living import living_of
from xinglin.capabilities.patients.personal import telephone
from xinglin.capabilities.patients.relatives import family_of, relatives_of
from xinglin.capabilities.patients.resources import MEDICAL_RECORD_NUMBER
from xinglin.capabilities.patients.states import duplicate
from xinglin.fhir import build
from xinglin.fhir.outcome import Gone, NotFound
from xinglin.fhir.search.escapes import escaped
from xinglin.fhir.types import Resource
from xinglin.kernel.command import select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.platform.i18n import gettext as _
from xinglin.store.repository import SearchPage

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


class FindPatient(Filter):
    """Parts of a name, pinyin or initials; a phone number, a number of the record, a document or a card; a birth date
    such as 1968-03-12, or its year. Several words must all fit."""

    text: str = Field("", title=N_("Name, pinyin, phone or number"), max_length=80)


class PatientRow(Row):
    """A patient as somebody at a window needs to see: enough to be sure who it is."""

    name: str = Field(title=N_("Name"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    birth_date: str = Field(title=N_("Birth date"))
    record_number: str = Field(title=N_("Record number"))
    identity_number: str = Field(title=N_("ID number"))
    phone: str = Field(title=N_("Phone"))


def masked(number: str | None) -> str:
    """An ID number with its middle hidden: birth date and sequence are nobody's business on a list."""
    return f"{number[:4]}{'*' * 10}{number[-4:]}" if number and len(number) == 18 else (number or "")


def record_number(patient: Resource) -> str:
    """The record number of this hospital, else the one that a patient brought from another."""
    own = build.find_identifier(patient, MEDICAL_RECORD_NUMBER)
    foreign = (
        str(item.get("value", ""))
        for item in patient.get("identifier") or ()
        if build.first_code(item.get("type")) == "MR"
    )
    return own or next(foreign, "")


def patient_row(context: Context, patient: Resource) -> PatientRow:
    """A Patient as a row."""
    phones = [entry.get("value", "") for entry in patient.get("telecom") or () if entry.get("system") == "phone"]
    return PatientRow(
        key=f"Patient/{patient['id']}",
        name=build.person_name(patient),
        gender=str(patient.get("gender", "unknown")),
        age=build.age_in_years(patient.get("birthDate"), context.today),
        birth_date=str(patient.get("birthDate", "")),
        record_number=record_number(patient),
        identity_number=masked(build.find_identifier(patient, SYSTEM)),
        phone=phones[0] if phones else "",
    )


@view(
    "patients.find",
    title=N_("Patients"),
    permission="patients.read",
    row=PatientRow,
    empty=N_("Nobody found. Register the person as a new patient."),
)
async def find(context: Context, filter: FindPatient) -> Page[PatientRow]:
    """Patients by name, pinyin, initials, phone, birth date, or the number of the record, a document or a card, the
    latest registered first. In the place of a record that was merged comes the one that is left."""
    query = [("_count", str(filter.limit)), ("_sort", "-_lastUpdated")]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await _found(context, filter.text.split(), query)
    living = await living_of(context, found.resources)
    return Page([patient_row(context, patient) for patient in living], found.next, found.total)


async def _found(context: Context, words: list[str], query: list[tuple[str, str]]) -> SearchPage:
    """Patients by all words: numbers as they are (of the record, a document, a card, else a telephone), dates and years
    as those of birth, everything else as a part of the name."""
    numbers: list[str] = []
    for word in words:
        if born := _birth(word):
            query = [*query, ("birthdate", born)]
        elif any(character.isdigit() for character in word):
            numbers.append(escaped(word.upper()))
        else:
            query = [*query, ("name", escaped(word))]
    if not numbers:
        return await context.search("Patient", query)
    if context.concealed("Patient") & {"identifier", "telecom"}:
        raise Refused(_("You see numbers in part only, and can't search by them; search by name"), expression="text")
    found = await context.search("Patient", [*query, *(("identifier", number) for number in numbers)])
    if not found.resources:
        found = await context.search("Patient", [*query, *(("phone", telephone(number)) for number in numbers)])
    return found


def _birth(word: str) -> str | None:
    """A word as a birth date or a year of birth; None where it is neither."""
    if _YEAR.fullmatch(word):
        return word
    try:
        return date.fromisoformat(word).isoformat() if len(word) == len("1968-03-12") else None
    except ValueError:
        return None


class OfPatient(Filter):
    """A patient."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/[A-Za-z0-9.-]{1,64}$")


async def _seen(context: Context, patient: str) -> Resource:
    try:
        return await context.read(patient)
    except (NotFound, Gone):
        # In the same words for those whom the caller may not see.
        raise NotFound(_("There is no such patient"), expression="patient") from None


class NumberRow(Row):
    """A number by which a patient is found."""

    kind: str = Field(title=N_("Document or card"))
    number: str = Field(title=N_("Number"))
    use: str = Field(title=N_("Use"))
    until: str = Field(title=N_("Withdrawn on"))
    state: str = Field(title=N_("State"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "patients.numbers",
    title=N_("Cards and documents"),
    permission="patients.read",
    row=NumberRow,
    actions=(RowAction("patients.retire_number", {"patient": "patient", "number": "number"}, frozenset({"card"})),),
)
async def numbers(context: Context, filter: OfPatient) -> Page[NumberRow]:
    """Documents and cards of a patient, as the caller may see their numbers."""
    patient = await _seen(context, filter.patient)
    kinds = {demographics.NUMBER_SYSTEM + kind for kind in demographics.NUMBERS}
    return Page(
        [
            NumberRow(
                key=f"{each.get('system', '')}|{each.get('value', '')}",
                kind=demographics.number_name(each),
                number=str(each.get("value", "")),
                use=_("old") if each.get("use") == "old" else _("in use"),
                until=str((each.get("period") or {}).get("end", "")),
                state="card" if each.get("system") in kinds and each.get("use") != "old" else "",
                patient=filter.patient,
            )
            for each in patient.get("identifier") or ()
        ]
    )


class RelativeRow(Row):
    """Somebody of a patient's family, or a patient of whose family this one is."""

    relationship: str = Field(title=N_("Relationship"))
    name: str = Field(title=N_("Name"))
    phone: str = Field(title=N_("Phone"))
    record: str = Field(title=N_("Record number"))
    state: str = Field(title=N_("State"), json_schema_extra={"hidden": True})
    person: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "patients.relatives",
    title=N_("Family and guardians"),
    permission="patients.read",
    row=RelativeRow,
    actions=(RowAction("patients.unrelate", {"related": "key"}, frozenset({"related"})),),
    empty=N_("Nobody recorded"),
)
async def relatives(context: Context, filter: OfPatient) -> Page[RelativeRow]:
    """A patient's family and guardians, and then those patients for whom this one is family."""
    patient = await _seen(context, filter.patient)
    rows = [
        RelativeRow(
            key=reference(related),
            relationship=listed(
                _(demographics.title_of(demographics.RELATIONSHIPS, each)) for each in related.get("relationship") or ()
            ),
            name=build.person_name(related),
            phone="、".join(str(each.get("value", "")) for each in related.get("telecom") or ()),
            record=record_number(other) if other else "",
            state="related",
            person=reference(other) if other else "",
        )
        for related, other in await relatives_of(context, patient)
    ]
    rows += [
        RelativeRow(
            key=reference(other),
            relationship=_("{relationship} of").format(
                relationship=_(
                    demographics.title_of(demographics.RELATIONSHIPS, (related.get("relationship") or [None])[0])
                )
            ),
            name=build.person_name(other),
            phone="",
            record=record_number(other),
            state="",
            person=reference(other),
        )
        for related, other in await family_of(context, patient)
    ]
    return Page(rows)


class LinkRow(Row):
    """Another record that is, was or may be this patient's."""

    kind: str = Field(title=N_("Link"))
    name: str = Field(title=N_("Name"))
    record: str = Field(title=N_("Record number"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "duplicate"})
    since: str = Field(title=N_("Since"), json_schema_extra={"kind": "datetime"})
    pair: str = Field(title=N_("Pair"), json_schema_extra={"hidden": True})


@view(
    "patients.links",
    title=N_("Other records"),
    permission="patients.write",
    row=LinkRow,
    empty=N_("No other record is known"),
)
async def links(context: Context, filter: OfPatient) -> Page[LinkRow]:
    """Records that were merged into a patient's, or may be of the same person, and what was decided."""
    await _seen(context, filter.patient)
    query = [("code", f"{CODE}|{PAIR_CODE}"), ("_sort", "-authored-on"), ("_count", "50")]
    pairs = [
        *(await context.search("Task", [*query, ("focus", filter.patient)])).resources,
        *(await context.search("Task", [*query, ("patient", filter.patient)])).resources,
    ]
    others = {each["id"]: pair_row(each) for each in pairs}
    people = await context.read_many(_other(row, filter.patient) for row in others.values())
    return Page(
        [
            LinkRow(
                key=_other(row, filter.patient),
                kind=_("Merged record") if row.state == "SAME" else _("Possible duplicate"),
                name=build.person_name(people.get(_other(row, filter.patient))),
                record=record_number(people.get(_other(row, filter.patient), {})),
                state=row.state,
                since=row.since[:10],
                pair=row.key,
            )
            for row in others.values()
        ]
    )


def _other(row: "PairRow", patient: str) -> str:
    return row.other if row.patient == patient else row.patient


class ChangeRow(Row):
    """One version of a patient's record."""

    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    who: str = Field(title=N_("Who"))
    what: str = Field(title=N_("What"))
    reason: str = Field(title=N_("Reason"))
    version: int = Field(title=N_("Version"), json_schema_extra={"kind": "number"})


@view("patients.changes", title=N_("History of the record"), permission="patients.write", row=ChangeRow)
async def changes(context: Context, filter: OfPatient) -> Page[ChangeRow]:
    """How a patient's master record has come to be what it is, the newest change first."""
    return Page([ChangeRow(**each) for each in await history(context, await _seen(context, filter.patient))])


class Pairs(Filter):
    """Pairs in one state, those to be decided where none is named."""

    state: Literal["OPEN", "LATER", "APPROVAL", "SAME", "DIFFERENT"] = Field(
        "OPEN", title=N_("State"), json_schema_extra=select([(each.code, each.title) for each in duplicate.states])
    )


class PairRow(Row):
    """Two records that may be one person."""

    name: str = Field(title=N_("Name"))
    other_name: str = Field(title=N_("Other record"))
    chance: int = Field(title=N_("Likely, %"), json_schema_extra={"kind": "number"})
    reasons: str = Field(title=N_("Why"))
    since: str = Field(title=N_("Since"), json_schema_extra={"kind": "datetime"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "duplicate"})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})
    other: str = Field(title=N_("Other record"), json_schema_extra={"hidden": True})


@view(
    "patients.duplicates",
    title=N_("Possible duplicates"),
    permission="patients.merge",
    row=PairRow,
    empty=N_("No pair in this state"),
)
async def duplicates(context: Context, filter: Pairs) -> Page[PairRow]:
    """Pairs of records that may be one person, the oldest first."""
    query = [
        ("code", f"{CODE}|{PAIR_CODE}"),
        ("_tag", duplicate.tag(filter.state)),
        ("_sort", "authored-on"),
        ("_count", str(filter.limit)),
        ("_total", "accurate"),
        *([("_cursor", filter.cursor)] if filter.cursor else []),
    ]
    found = await context.search("Task", query)
    return Page([pair_row(task) for task in found.resources], found.next, found.total)


def pair_row(task: Resource) -> PairRow:
    """The Task of a pair as a row."""
    inputs = [(each["type"]["text"], each) for each in task["input"]]
    chance = next(each["valueDecimal"] for name, each in inputs if name == CHANCE)
    state = duplicate.of(task)
    return PairRow(
        key=f"Task/{task['id']}",
        name=str(task["focus"].get("display", "")),
        other_name=str(task["for"].get("display", "")),
        chance=min(99, round(float(chance) * 100)),
        reasons=listed(_(str(each["valueString"])) for name, each in inputs if name == REASON),
        since=str(task["authoredOn"]),
        state=state.code if state else "",
        patient=task["focus"]["reference"],
        other=task["for"]["reference"],
    )
