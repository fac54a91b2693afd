"""What can be done to a patient's master record."""

from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from xinglin.capabilities.patients import resources
from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

Gender = Literal["male", "female", "other", "unknown"]
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

    Refused when the ID number is registered already; asks for a reason when name and birth date are.
    """
    known = parse_identity_number(input.identity_number) if input.identity_number else None
    birth = known.birth_date if known else input.birth_date
    assert birth is not None
    if birth > context.today:
        raise Refused(_("The birth date lies in the future"), expression="birth_date")
    if known:
        await _refuse_known_number(context, known.value)
    demand_reason(await _same_person(context, input.name, birth), input.reason)
    number = f"{await next_number(context.connection, 'medical-record'):08d}"
    return await context.create(
        resources.patient(
            name=input.name,
            gender=known.gender if known else str(input.gender),
            birth_date=birth,
            record_number=number,
            identity_number=(SYSTEM, known.value) if known else None,
            phone=input.phone,
            address=input.address,
        )
    )


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


async def _same_person(context: Context, name: str, birth: date) -> list[Alert]:
    found = await context.search("Patient", [("name:exact", name), ("birthdate", birth.isoformat()), ("_count", "3")])
    return [
        Alert(
            "warning",
            "possible-duplicate",
            _("A patient of this name and birth date exists: record {number}").format(
                number=build.find_identifier(patient, resources.MEDICAL_RECORD_NUMBER) or patient["id"]
            ),
            "name",
            f"Patient/{patient['id']}",
        )
        for patient in found.resources
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
    return await context.update(changed)


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
    found = (await context.search("Patient", [("identifier", either), ("_count", "2")])).resources
    if len(found) != 1:
        raise Refused(_("No patient has exactly this number"), expression="number")
    return found[0]
