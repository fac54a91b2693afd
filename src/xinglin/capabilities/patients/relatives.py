"""A patient's family and guardians (R4 RelatedPerson), and which of them are patients themselves."""

from pydantic import Field, field_validator

from xinglin.capabilities.patients.demographics import RELATIONSHIPS, ROLE_CODE
from xinglin.capabilities.patients.personal import PHONE, telephone
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

MOTHER, GUARDIAN = "MTH", "GUARD"
RELATED = "seealso"
"""How R4 links a Patient with the RelatedPerson that is the same human being."""


def mother_of() -> Resource:
    """The relationship of a mother."""
    return build.concept(ROLE_CODE, MOTHER, RELATIONSHIPS[MOTHER][0])


class Relate(Input):
    """Somebody of the family, or a guardian."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    relationship: str = Field(
        title=N_("Relationship"),
        json_schema_extra=select((code, title) for code, (_name, title) in RELATIONSHIPS.items()),
    )
    name: str = Field(title=N_("Name"), min_length=1, max_length=80)
    phone: str | None = Field(None, title=N_("Phone"), pattern=PHONE)
    guardian: bool = Field(False, title=N_("Decides for the patient (guardian)"))
    relative: str | None = Field(
        None,
        title=N_("Patient here too"),
        pattern=r"^Patient/",
        json_schema_extra={"widget": "search", "source": "patients.find"},
    )

    @field_validator("relationship")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in RELATIONSHIPS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(RELATIONSHIPS)))
        return value


@command("patients.relate", title=N_("Add relative"), permission="patients.write", done=N_("Relative added"))
async def relate(context: Context, input: Relate) -> Resource:
    """Adds somebody of a patient's family, or a guardian; with a record of their own, the two are linked."""
    if input.relative == input.patient:
        raise Refused(_("Nobody is a relative of their own"), expression="relative")
    await context.read(input.patient, lock=True)
    relationships = [build.concept(ROLE_CODE, input.relationship, RELATIONSHIPS[input.relationship][0])]
    if input.guardian and input.relationship != GUARDIAN:
        relationships.append(build.concept(ROLE_CODE, GUARDIAN, RELATIONSHIPS[GUARDIAN][0]))
    phone = [{"system": "phone", "value": telephone(input.phone), "use": "mobile"}] if input.phone else []
    related = await context.create(
        build.without_empty(
            {
                "resourceType": "RelatedPerson",
                "active": True,
                "patient": build.reference(input.patient),
                "relationship": relationships,
                "name": [{"text": input.name}],
                "telecom": phone,
                "period": {"start": context.today.isoformat()},
            }
        )
    )
    if input.relative:
        relative = await context.read(input.relative, lock=True)
        link = {"other": build.reference(related), "type": RELATED}
        await context.update({**relative, "link": [*(relative.get("link") or ()), link]})
    return related


class Unrelate(Input):
    """A relationship that is no more, or never was."""

    related: str = Field(title=N_("Relative"), pattern=r"^RelatedPerson/", json_schema_extra={"widget": "hidden"})


@command("patients.unrelate", title=N_("Remove relative"), permission="patients.write", done=N_("Relative removed"))
async def unrelate(context: Context, input: Unrelate) -> Resource:
    """Ends a relationship; that it was there stays on record."""
    related = await context.read(input.related, lock=True)
    period = {**(related.get("period") or {}), "end": context.today.isoformat()}
    return await context.update({**related, "active": False, "period": period})


async def relatives_of(context: Context, patient: Resource) -> list[tuple[Resource, Resource | None]]:
    """The RelatedPersons of a patient, each with the Patient that the same human being is, where there is one."""
    query = [("patient", reference(patient)), ("active", "true"), ("_sort", "_id"), ("_count", "50")]
    found = (await context.search("RelatedPerson", query)).resources
    if not found:
        return []
    linked = await context.search("Patient", [("link", ",".join(map(reference, found))), ("_count", "100")])
    people = {link["other"]["reference"]: each for each in linked.resources for link in each["link"]}
    return [(each, people.get(reference(each))) for each in found]


async def family_of(context: Context, patient: Resource) -> list[tuple[Resource, Resource]]:
    """Whose family a patient is: the RelatedPersons that the patient is linked with, each with its Patient."""
    links = [str(each["other"].get("reference")) for each in patient.get("link") or () if each["type"] == RELATED]
    related = await context.read_many(each for each in links if each.startswith("RelatedPerson/"))
    living = [each for each in related.values() if each.get("active", True)]
    people = await context.read_many(each["patient"]["reference"] for each in living)
    pairs = [(each, people.get(each["patient"]["reference"])) for each in living]
    return [(each, other) for each, other in pairs if other is not None]
