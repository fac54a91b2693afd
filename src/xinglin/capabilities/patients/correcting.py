"""Correcting a patient's master record, each time with who did it and why."""

from datetime import date, datetime

from pydantic import Field, field_validator

from xinglin.capabilities.patients import demographics
from xinglin.capabilities.patients.changes import record
from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.capabilities.patients.personal import Gender, Personal, born, refuse_known, valid_identity, with_personal
from xinglin.capabilities.patients.photos import MOST_CHARACTERS, parse_photo
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

GENDERS = {"male": N_("Male"), "female": N_("Female"), "other": N_("Other")}
WHOLE = len("1968-03-12")
"""Characters of a birth date that is known to the day; desks estimate the others."""


class OfPatient(Input):
    """A patient."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})


class CorrectPatient(OfPatient, Personal):
    """What is otherwise with a registered patient; what is left blank stays as it was."""

    name: str | None = Field(None, title=N_("Name"), max_length=80)
    identity_number: str | None = Field(None, title=N_("ID number"), max_length=20)
    gender: Gender | None = Field(None, title=N_("Sex"))
    birth_date: date | None = Field(None, title=N_("Birth date"))
    reason: str | None = Field(
        None, title=N_("Reason of the correction"), max_length=200, json_schema_extra={"widget": "reason"}
    )

    @field_validator("identity_number")
    @classmethod
    def _valid_number(cls, value: str | None) -> str | None:
        return valid_identity(value)


@command("patients.correct", title=N_("Correct record"), permission="patients.write", done=N_("Record corrected"))
async def correct(context: Context, input: CorrectPatient) -> Resource:
    """Replaces what is given, and keeps what was, with who corrected it and why.

    Asks for a reason where it changes who somebody is: name, sex, birth date or ID number. Refused when another patient
    bears the ID number.
    """
    patient = await _read(context, input.patient)
    changed = await _identified(context, patient, input)
    was, now = (_identity(each) for each in (patient, changed))
    alerts = [
        Alert(
            "warning", "identity", _("{title}: {before} → {after}").format(title=_(t), before=_(b), after=_(a)), field
        )
        for (field, t, b), (_field, _title, a) in zip(was, now, strict=True)
        if b not in ("", a)
    ]
    demand_reason(alerts, input.reason)
    return await _recorded(context, with_personal(changed, input), patient, "correct", input.reason or "")


async def _read(context: Context, reference: str) -> Resource:
    patient = await context.read(reference, lock=True)
    if build.replaced_by(patient):
        raise Refused(_("This record is merged into another one. Open that one"), expression="patient")
    return patient


async def _identified(context: Context, patient: Resource, input: CorrectPatient) -> Resource:
    found = dict(patient)
    known = parse_identity_number(input.identity_number) if input.identity_number else None
    day, gender = input.birth_date, input.gender
    if known:
        day, gender = known.birth_date, known.gender  # type: ignore[assignment]
        number = build.identifier(SYSTEM, known.value, "official")
        await refuse_known(context, number, "identity_number", patient["id"])
        others = [each for each in patient.get("identifier") or () if each.get("system") != SYSTEM]
        found["identifier"] = [*others, number]
    if input.name and input.name != build.person_name(patient):
        former = [{**each, "use": "old"} for each in patient.get("name") or ()]
        found["name"] = [{"use": "official", "text": input.name}, *former]
    if day and day.isoformat() != patient.get("birthDate"):
        found["birthDate"] = born(context, day)
        found.pop("_birthDate", None)  # the time of birth, which belongs to another day
    if gender:
        found["gender"] = gender
    return found


def _identity(patient: Resource) -> list[tuple[str, str, str]]:
    """What makes somebody who they are: field, title, and what is shown. What nobody knew yet is blank."""
    provisional = all(each.get("use") in ("temp", "usual") for each in patient.get("name") or ())
    gender = GENDERS.get(patient.get("gender", ""), "")
    day = str(patient.get("birthDate", ""))
    return [
        ("name", N_("Name"), "" if provisional else build.person_name(patient)),
        ("gender", N_("Sex"), gender),
        ("birth_date", N_("Birth date"), day if len(day) == WHOLE else ""),
        ("identity_number", N_("ID number"), build.find_identifier(patient, SYSTEM) or ""),
    ]


async def _recorded(context: Context, changed: Resource, before: Resource, activity: str, reason: str) -> Resource:
    """Writes a Patient with a Provenance that says who did it and why."""
    if changed == before:
        return before
    written = await context.update(changed)
    await record(context, written, activity, reason, before)
    if reason:
        context.because(reason)
    context.emit("patients.corrected", written, key=reference(written))
    return written


class AddNumber(OfPatient):
    """A document or a card of a patient."""

    kind: str = Field(
        title=N_("Document or card"),
        json_schema_extra=select((code, kind.title) for code, kind in demographics.NUMBERS.items()),
    )
    number: str = Field(title=N_("Number"), min_length=3, max_length=40)

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in demographics.NUMBERS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(demographics.NUMBERS)))
        return value


@command("patients.add_number", title=N_("Add card"), permission="patients.write", done=N_("Card added"))
async def add_number(context: Context, input: AddNumber) -> Resource:
    """Adds a document or a card by which the patient is found from now on. Refused when somebody else bears it."""
    patient = await _read(context, input.patient)
    number = demographics.number(input.kind, input.number.upper())
    await refuse_known(context, number, "number", patient["id"])
    held = patient.get("identifier") or []
    if any((each.get("system"), each.get("value")) == (number["system"], number["value"]) for each in held):
        held = [each for each in held if each.get("value") != number["value"]]
    return await _recorded(context, {**patient, "identifier": [*held, number]}, patient, "add-number", "")


class RetireNumber(OfPatient):
    """A document or a card that is lost, replaced, or somebody else's."""

    number: str = Field(title=N_("Number"), max_length=60, json_schema_extra={"widget": "hidden"})
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "patients.retire_number",
    title=N_("Withdraw card"),
    permission="patients.write",
    done=N_("Card withdrawn"),
    tone="danger",
)
async def retire_number(context: Context, input: RetireNumber) -> Resource:
    """Marks a document or card as old, with the reason; the number of the record stays."""
    patient = await _read(context, input.patient)
    kinds = {demographics.NUMBER_SYSTEM + kind for kind in demographics.NUMBERS}
    held = patient.get("identifier") or []
    if not any(each.get("value") == input.number and each.get("system") in kinds for each in held):
        raise Refused(_("The patient has no such card"), expression="number")
    kept = [
        {**each, "use": "old", "period": {**each.get("period", {}), "end": context.today.isoformat()}}
        if each.get("value") == input.number and each.get("system") in kinds
        else each
        for each in held
    ]
    return await _recorded(context, {**patient, "identifier": kept}, patient, "retire-number", input.reason)


class SetPhoto(OfPatient):
    """A photo of a patient: JPEG or PNG as a data URL; small, since it goes with the record."""

    photo: str = Field(title=N_("Photo"), max_length=MOST_CHARACTERS)

    @field_validator("photo")
    @classmethod
    def _picture(cls, value: str) -> str:
        parse_photo(value)
        return value


@command("patients.set_photo", title=N_("Set photo"), permission="patients.write", done=N_("Photo set"))
async def set_photo(context: Context, input: SetPhoto) -> Resource:
    """Puts a photo into the record in the place of the one before, which the history keeps.

    Refused when it is no JPEG or PNG by its content, or too big.
    """
    patient = await _read(context, input.patient)
    photo = {**parse_photo(input.photo), "creation": build.instant(context.now)}
    return await _recorded(context, {**patient, "photo": [photo]}, patient, "set-photo", "")


class RecordDeath(OfPatient):
    """When a patient died."""

    at: datetime = Field(title=N_("Died at"))


@command(
    "patients.record_death",
    title=N_("Record death"),
    permission="patients.death",
    done=N_("Death recorded"),
    tone="danger",
)
async def record_death(context: Context, input: RecordDeath) -> Resource:
    """Records that a patient has died; nothing is booked for them any more."""
    patient = await _read(context, input.patient)
    at = input.at if input.at.tzinfo else input.at.replace(tzinfo=context.zone)
    if at > context.now:
        raise Refused(_("The time lies in the future"), expression="at")
    if at.date().isoformat() < str(patient.get("birthDate", "")):
        raise Refused(_("The time lies before the birth"), expression="at")
    changed = {name: value for name, value in patient.items() if name != "deceasedBoolean"}
    return await _recorded(context, {**changed, "deceasedDateTime": build.instant(at)}, patient, "record-death", "")


class RevokeDeath(OfPatient):
    """A death that was recorded by mistake."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "patients.revoke_death",
    title=N_("Revoke death"),
    permission="patients.death",
    done=N_("The patient is recorded as alive"),
    tone="danger",
)
async def revoke_death(context: Context, input: RevokeDeath) -> Resource:
    """Takes back that a patient has died, with the reason."""
    patient = await _read(context, input.patient)
    changed = {name: value for name, value in patient.items() if not name.startswith("deceased")}
    if changed == patient:
        raise Refused(_("No death is recorded"), expression="patient")
    return await _recorded(context, changed, patient, "revoke-death", input.reason)
