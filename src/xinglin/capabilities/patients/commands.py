"""What can be done to a patient's master record."""

from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from xinglin.capabilities.patients import resources
from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.capabilities.patients.living import living_of
from xinglin.capabilities.patients.matching import POSSIBLE, person
from xinglin.capabilities.patients.matching.candidates import candidates
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

Gender = Literal["male", "female", "other", "unknown"]
SHOWN = 5
"""Records that may be the same person's and are shown at registration."""

PHONE = r"^\+?[0-9][0-9 \-]{5,19}$"


class RegisterPatient(Input):
    """A person who comes for the first time. With an ID number, birth date and sex may be left out."""

    name: str = Field(title=N_("Name"), min_length=1, max_length=80)
    identity_number: str | None = Field(None, title=N_("ID number"), max_length=20)
    gender: Gender | None = Field(None, title=N_("Sex"))
    birth_date: date | None = Field(None, title=N_("Birth date"))
    phone: str | None = Field(None, title=N_("Phone"), pattern=PHONE)
    address: str | None = Field(None, title=N_("Address"), max_length=200)
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )

    @field_validator("identity_number")
    @classmethod
    def _valid_number(cls, value: str | None) -> str | None:
        return parse_identity_number(value).value if value else None

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

    Refused when the ID number is registered already; asks for a reason when there are records that may be of the same
    person, and names them.
    """
    known = parse_identity_number(input.identity_number) if input.identity_number else None
    birth = known.birth_date if known else input.birth_date
    assert birth is not None
    if birth > context.today:
        raise Refused(_("The birth date lies in the future"), expression="birth_date")
    if known:
        await _refuse_known_number(context, known.value)
    patient = resources.patient(
        name=input.name,
        gender=known.gender if known else str(input.gender),
        birth_date=birth,
        record_number="",
        identity_number=(SYSTEM, known.value) if known else None,
        phone=input.phone,
        address=input.address,
    )
    demand_reason(await _same_person(context, patient), input.reason)
    return await _written(context, patient)


async def _written(context: Context, patient: Resource) -> Resource:
    number = f"{await next_number(context.connection, 'medical-record'):08d}"
    own = build.identifier(resources.MEDICAL_RECORD_NUMBER, number, "usual")
    written = await context.create({**patient, "identifier": [own, *(patient.get("identifier") or ())]})
    context.emit("patients.registered", written, key=reference(written))
    return written


async def _refuse_known_number(context: Context, number: str) -> None:
    # The lock lets two windows that register the same person at once do so one after the other.
    await context.lock(f"patients.identity:{number}")
    held = await context.search("Patient", [("identifier", f"{SYSTEM}|{number}"), ("_count", "1")])
    if held.resources:
        patient = held.resources[0]
        raise Refused(
            _("This ID number belongs to {name}, record {number}").format(
                name=build.person_name(patient),
                number=build.find_identifier(patient, resources.MEDICAL_RECORD_NUMBER) or patient["id"],
            ),
            expression="identity_number",
        )


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


class CorrectPatient(Input):
    """New contact data of a registered patient."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    phone: str | None = Field(None, title=N_("Phone"), pattern=PHONE)
    address: str | None = Field(None, title=N_("Address"), max_length=200)


@command(
    "patients.correct",
    title=N_("Change contact data"),
    permission="patients.write",
    done=N_("Contact data changed"),
)
async def correct(context: Context, input: CorrectPatient) -> Resource:
    """Replaces the mobile phone and the home address; what is left blank stays as it was."""
    patient = await context.read(input.patient, lock=True)
    changed = dict(patient)
    if input.phone:
        others = [entry for entry in patient.get("telecom") or () if entry.get("use") != "mobile"]
        changed["telecom"] = [{"system": "phone", "value": input.phone, "use": "mobile"}, *others]
    if input.address:
        others = [entry for entry in patient.get("address") or () if entry.get("use") != "home"]
        changed["address"] = [{"use": "home", "text": input.address}, *others]
    written = await context.update(changed)
    context.emit("patients.corrected", written, key=reference(written))
    return written


class IdentifyPatient(Input):
    """A number that belongs to one patient: of the record, or of the ID card."""

    number: str = Field(title=N_("Record number or ID number"), min_length=4, max_length=40)


@command(
    "patients.identify",
    title=N_("Identify patient"),
    permission="patients.read",
    done=N_("Patient identified"),
)
async def identify(context: Context, input: IdentifyPatient) -> Resource:
    """The one patient who bears exactly this number. Changes nothing."""
    number = input.number.upper()
    either = f"{SYSTEM}|{number},{resources.MEDICAL_RECORD_NUMBER}|{number}"
    found = (await context.search("Patient", [("identifier", either), ("_count", "20")])).resources
    living = {reference(each): each for each in await living_of(context, found)}
    if len(living) != 1:
        raise Refused(_("No patient has exactly this number"), expression="number")
    return next(iter(living.values()))
