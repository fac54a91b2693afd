"""What a form asks of a person, and how it is written into a Patient; registering and correcting ask the same."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from xinglin.capabilities.patients import demographics, resources
from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

Gender = Literal["male", "female", "other", "unknown"]
PHONE = r"^\+?[0-9][0-9 \-]{5,19}$"
_OPTIONS: dict[str, Any] = {
    "nationality": demographics.COUNTRIES,
    "ethnic_group": demographics.ETHNIC_GROUPS,
    "civil_state": demographics.MARITAL,
    "occupation": demographics.OCCUPATIONS,
    "contact_relationship": demographics.RELATIONSHIPS,
    "document": {code: (kind.display, kind.title) for code, kind in demographics.NUMBERS.items()},
}


def _choice(name: str, title: str) -> Any:
    options = _OPTIONS[name]
    shown = [(code, named if isinstance(named, str) else named[1]) for code, named in options.items()]
    return Field(None, title=title, json_schema_extra=select(shown))


class Personal(Input):
    """How a person is reached, and what the form of the registration asks besides."""

    phone: str | None = Field(None, title=N_("Phone"), pattern=PHONE)
    address: str | None = Field(None, title=N_("Address"), max_length=200)
    nationality: str | None = _choice("nationality", N_("Nationality"))
    ethnic_group: str | None = _choice("ethnic_group", N_("Ethnic group"))
    civil_state: str | None = _choice("civil_state", N_("Civil state"))
    occupation: str | None = _choice("occupation", N_("Occupation"))
    contact_name: str | None = Field(None, title=N_("Contact person"), max_length=80)
    contact_relationship: str | None = _choice("contact_relationship", N_("Relationship"))
    contact_phone: str | None = Field(None, title=N_("Phone of the contact"), pattern=PHONE)

    @field_validator("nationality", "ethnic_group", "civil_state", "occupation", "contact_relationship")
    @classmethod
    def _known(cls, value: str | None, info: Any) -> str | None:
        options = _OPTIONS[info.field_name]
        if value is not None and value not in options:
            raise ValueError(_("must be one of {expected}").format(expected=listed(options)))
        return value

    @model_validator(mode="after")
    def _contact(self) -> "Personal":
        if (self.contact_phone or self.contact_relationship) and not self.contact_name:
            raise ValueError(_("Name the contact person too"))
        return self


class Document(Input):
    """A document or card, in place of the identity card or besides it."""

    document: str | None = _choice("document", N_("Document or card"))
    document_number: str | None = Field(None, title=N_("Number of the document"), min_length=3, max_length=40)

    @field_validator("document")
    @classmethod
    def _kind(cls, value: str | None) -> str | None:
        if value is not None and value not in demographics.NUMBERS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(demographics.NUMBERS)))
        return value

    @model_validator(mode="after")
    def _whole(self) -> "Document":
        if bool(self.document) != bool(self.document_number):
            raise ValueError(_("A document needs its kind and its number"))
        return self


def valid_identity(value: str | None) -> str | None:
    """An ID number as it is kept. Raises `ValueError` that says what is wrong with it."""
    return parse_identity_number(value).value if value else None


def telephone(text: str) -> str:
    """A telephone number as it is kept and found: without blanks, hyphens and the country's own prefix."""
    digits = re.sub(r"[ \-]", "", text)
    return digits.removeprefix("+86") or digits


def with_personal(patient: Resource, given: Personal) -> Resource:
    """A Patient with what a form says; what is left blank stays as it was."""
    found = dict(patient)
    if given.phone:
        others = [each for each in patient.get("telecom") or () if each.get("use") != "mobile"]
        found["telecom"] = [{"system": "phone", "value": telephone(given.phone), "use": "mobile"}, *others]
    if given.address:
        others = [each for each in patient.get("address") or () if each.get("use") != "home"]
        found["address"] = [{"use": "home", "text": given.address}, *others]
    if given.civil_state:
        state = demographics.MARITAL[given.civil_state][0]
        found["maritalStatus"] = build.concept(demographics.MARITAL_SYSTEM, given.civil_state, state)
    if given.contact_name:
        found["contact"] = [_contact(given)]
    if given.nationality:
        others = [each for each in found.get("extension") or () if each["url"] != demographics.NATIONALITY]
        found["extension"] = [*others, demographics.nationality(given.nationality)]
    if group := given.ethnic_group:
        display = demographics.ETHNIC_GROUPS[group]
        found = demographics.with_extension(
            found, demographics.ETHNICITY, demographics.ETHNICITY_SYSTEM, group, display
        )
    if work := given.occupation:
        display = demographics.OCCUPATIONS[work][0]
        found = demographics.with_extension(
            found, demographics.OCCUPATION, demographics.OCCUPATION_SYSTEM, work, display
        )
    return found


def _contact(given: Personal) -> Resource:
    code = given.contact_relationship
    relationship = build.concept(demographics.ROLE_CODE, code, demographics.RELATIONSHIPS[code][0]) if code else None
    phone = telephone(given.contact_phone) if given.contact_phone else None
    return build.without_empty(
        {
            "relationship": [relationship] if relationship else [],
            "name": {"text": given.contact_name},
            "telecom": [{"system": "phone", "value": phone}] if phone else [],
        }
    )


def personal_of(patient: Resource) -> dict[str, str]:
    """What a form shows of a Patient: the values of the fields of `Personal`, where they are known."""
    mobile = next((each["value"] for each in patient.get("telecom") or () if each.get("value")), None)
    contact: Resource = next(iter(patient.get("contact") or ()), {})
    found: dict[str, Callable[[], str | None]] = {
        "phone": lambda: mobile,
        "address": lambda: next((each.get("text") for each in patient.get("address") or ()), None),
        "nationality": lambda: build.first_code(demographics.nationality_of(patient)),
        "ethnic_group": lambda: demographics.coded(patient, demographics.ETHNICITY),
        "civil_state": lambda: build.first_code(patient.get("maritalStatus")),
        "occupation": lambda: demographics.coded(patient, demographics.OCCUPATION),
        "contact_name": lambda: (contact.get("name") or {}).get("text"),
        "contact_relationship": lambda: build.first_code((contact.get("relationship") or [None])[0]),
        "contact_phone": lambda: next((each.get("value") for each in contact.get("telecom") or ()), None),
    }
    return {name: str(value) for name, take in found.items() if (value := take())}


async def refuse_known(context: Context, identifier: Resource, expression: str, but: str = "") -> None:
    """Raises `Refused` where an identifier belongs to somebody else than `but`.

    The lock lets two windows that register the same person at once do so one after the other.
    """
    system, number = identifier["system"], identifier["value"]
    await context.lock(f"patients.identity:{number}" if system == SYSTEM else f"patients.number:{system}|{number}")
    held = await context.search("Patient", [("identifier", f"{system}|{number}"), ("_count", "5")])
    for patient in held.resources:
        taken = [each for each in patient["identifier"] if each.get("value") == number and each.get("use") != "old"]
        if taken and patient["id"] != but and not build.replaced_by(patient):
            raise Refused(
                _("This number ({kind}) belongs to {name}, record {number}").format(
                    kind=demographics.number_name(identifier),
                    name=build.person_name(patient),
                    number=build.find_identifier(patient, resources.MEDICAL_RECORD_NUMBER) or patient["id"],
                ),
                expression=expression,
            )


def born(context: Context, day: date) -> str:
    """A birth date as it is written. Raises `Refused` for one that is to come."""
    if day > context.today:
        raise Refused(_("The birth date lies in the future"), expression="birth_date")
    return day.isoformat()
