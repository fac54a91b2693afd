"""Registering patients, and telling who bears a number."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field, field_validator, model_validator

from xinglin.capabilities.patients import demographics, resources
from xinglin.capabilities.patients.changes import record
from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.capabilities.patients.living import living_of
from xinglin.capabilities.patients.matching import POSSIBLE, person
from xinglin.capabilities.patients.matching.candidates import candidates
from xinglin.capabilities.patients.personal import (
    Document,
    Gender,
    Personal,
    born,
    refuse_known,
    valid_identity,
    with_personal,
)
from xinglin.capabilities.patients.relatives import mother_of
from xinglin.fhir import build
from xinglin.fhir.search.escapes import escaped
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

SHOWN = 5
"""Records that may be the same person's and are shown at registration."""

BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
ORDERS = "甲乙丙丁戊己"


class RegisterPatient(Personal, Document):
    """A person who comes for the first time. With an ID number, birth date and sex may be left out."""

    name: str = Field(title=N_("Name"), min_length=1, max_length=80)
    identity_number: str | None = Field(None, title=N_("ID number"), max_length=20)
    gender: Gender | None = Field(None, title=N_("Sex"))
    birth_date: date | None = Field(None, title=N_("Birth date"))
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )

    @field_validator("identity_number")
    @classmethod
    def _valid_number(cls, value: str | None) -> str | None:
        return valid_identity(value)

    @model_validator(mode="after")
    def _complete(self) -> "RegisterPatient":
        known = parse_identity_number(self.identity_number) if self.identity_number else None
        if known and self.birth_date not in (None, known.birth_date):
            raise ValueError(_("Birth date and ID number contradict each other"))
        if known and self.gender not in (None, known.gender):
            raise ValueError(_("Sex and ID number contradict each other"))
        if not known and (self.birth_date is None or self.gender is None):
            raise ValueError(_("Without an ID number, birth date and sex are required"))
        return self


@command(
    "patients.register",
    title=N_("Register patient"),
    permission="patients.write",
    done=N_("Patient registered"),
    tone="primary",
)
async def register(context: Context, input: RegisterPatient) -> Resource:
    """Registers a new patient and gives a medical record number.

    Refused when the ID number, or another document or card, is registered already; asks for a reason when there are
    records that may be of the same person, and names them.
    """
    known = parse_identity_number(input.identity_number) if input.identity_number else None
    day = known.birth_date if known else input.birth_date
    assert day is not None
    numbers = [build.identifier(SYSTEM, known.value, "official")] if known else []
    if input.document and input.document_number:
        numbers.append(demographics.number(input.document, input.document_number.upper()))
    patient = {
        "resourceType": "Patient",
        "identifier": numbers,
        "active": True,
        "name": [{"use": "official", "text": input.name}],
        "gender": known.gender if known else str(input.gender),
        "birthDate": born(context, day),
    }
    for each in numbers:
        await refuse_known(context, each, "identity_number" if each["system"] == SYSTEM else "document_number")
    patient = with_personal(patient, input)
    demand_reason(await _same_person(context, patient), input.reason)
    return await _written(context, patient, input.reason)


async def _written(context: Context, patient: Resource, reason: str | None = None) -> Resource:
    number = f"{await next_number(context.connection, 'medical-record'):08d}"
    own = build.identifier(resources.MEDICAL_RECORD_NUMBER, number, "usual")
    written = await context.create({**patient, "identifier": [own, *(patient.get("identifier") or ())]})
    await record(context, written, "register", reason or "")
    context.emit("patients.registered", written, key=reference(written))
    return written


async def _same_person(context: Context, registered: Resource) -> list[Alert]:
    """Records that may be this person's, with the chance and what speaks for it and against it."""
    found = await candidates(context, person(registered), POSSIBLE)
    return [
        Alert(
            "warning",
            "possible-duplicate",
            _("{chance} %: {name}, born {birth}, record {number} ({reasons})").format(
                chance=min(99, round(match.chance * 100)),
                name=build.person_name(patient),
                birth=patient.get("birthDate") or _("unknown"),
                number=build.find_identifier(patient, resources.MEDICAL_RECORD_NUMBER) or patient["id"],
                reasons=listed(_(each) for each in match.reasons),
            ),
            "name",
            f"Patient/{patient['id']}",
        )
        for patient, match in found[:SHOWN]
    ]


class RegisterNewborn(Input):
    """A child that was just born, whose mother is registered."""

    mother: str = Field(title=N_("Mother"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    gender: Literal["male", "female", "unknown"] = Field(title=N_("Sex"))
    born_at: datetime = Field(title=N_("Born at"))
    order: int | None = Field(
        None,
        title=N_("Order of birth"),
        ge=1,
        le=len(ORDERS),
        json_schema_extra={"hint": N_("Only where several children were born")},
    )
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "patients.register_newborn",
    title=N_("Register newborn"),
    permission="patients.write",
    done=N_("Newborn registered"),
)
async def register_newborn(context: Context, input: RegisterNewborn) -> Resource:
    """Registers a newborn under the mother's name ("之婴", of several "之婴甲" and so on), with her as related person.

    The name is provisional until the child is given one. Refused for a mother who is recorded as a man, and for a time
    that is to come.
    """
    mother = await context.read(input.mother, lock=True)
    if mother.get("gender") == "male":
        raise Refused(_("This patient is recorded as a man"), expression="mother")
    at = input.born_at if input.born_at.tzinfo else input.born_at.replace(tzinfo=context.zone)
    if at > context.now:
        raise Refused(_("The time lies in the future"), expression="born_at")
    name = build.person_name(mother)
    patient = build.without_empty(
        {
            "resourceType": "Patient",
            "active": True,
            "name": [{"use": "usual", "text": f"{name}之婴{ORDERS[input.order - 1] if input.order else ''}"}],
            "telecom": mother.get("telecom"),
            "gender": input.gender,
            "birthDate": at.astimezone(context.zone).date().isoformat(),
            "_birthDate": {"extension": [{"url": BIRTH_TIME, "valueDateTime": build.instant(at)}]},
            "address": mother.get("address"),
            "multipleBirthInteger": input.order,
            "contact": [{"relationship": [mother_of()], "name": {"text": name}}],
        }
    )
    demand_reason(await _same_person(context, patient), input.reason)
    child = await _written(context, patient, input.reason)
    await context.call(
        "patients.relate", patient=reference(child), relationship="MTH", name=name, relative=input.mother, guardian=True
    )
    return child


class RegisterUnidentified(Input):
    """Somebody whom nobody knows, who must be treated now."""

    gender: Gender = Field("unknown", title=N_("Sex"))
    age: int | None = Field(None, title=N_("Age, estimated"), ge=0, le=120)
    description: str = Field(
        title=N_("Description"),
        min_length=2,
        max_length=200,
        json_schema_extra={
            "widget": "textarea",
            "hint": N_("Where found, clothes, marks: by what this person is known"),
        },
    )


@command(
    "patients.register_unidentified",
    title=N_("Register unidentified patient"),
    permission="patients.write",
    done=N_("Registered under a provisional name"),
)
async def register_unidentified(context: Context, input: RegisterUnidentified) -> Resource:
    """Registers somebody under a provisional name, which nothing is compared with. Once it is known who it is, the
    record is corrected, or merged into the one that there is already."""
    return await _written(
        context,
        build.without_empty(
            {
                "resourceType": "Patient",
                "extension": resources.extended(resources.NOTE, valueString=input.description),
                "active": True,
                "name": [{"use": "temp", "text": f"无名氏{context.now:%m%d%H%M}"}],
                "gender": input.gender,
                "birthDate": str(context.today.year - input.age) if input.age is not None else None,
            }
        ),
    )


class IdentifyPatient(Input):
    """A number that belongs to one patient: of the record, of a document, or of a card."""

    number: str = Field(title=N_("Record number or ID number"), min_length=4, max_length=40)


@command(
    "patients.identify",
    title=N_("Identify patient"),
    permission="patients.read",
    done=N_("Patient identified"),
)
async def identify(context: Context, input: IdentifyPatient) -> Resource:
    """The one patient who bears exactly this number; of a record that was merged, the one that is left. Changes
    nothing."""
    number = escaped(input.number.upper())
    systems = [SYSTEM, resources.MEDICAL_RECORD_NUMBER, *(demographics.NUMBER_SYSTEM + k for k in demographics.NUMBERS)]
    either = ",".join(f"{system}|{number}" for system in systems)
    found = (await context.search("Patient", [("identifier", either), ("_count", "20")])).resources
    living = await living_of(context, found)
    if len(living) != 1:
        raise Refused(_("No patient has exactly this number"), expression="number")
    return living[0]
