"""The resources of an organization: hospital, campuses, departments, members of staff and their posts."""

from collections.abc import Iterable
from datetime import date

from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.platform.identity.posts import ROLE

PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
EMPLOYEE_NUMBER = "urn:xinglin:id:employee"


def hospital(name: str) -> Resource:
    """The hospital itself: the one Organization that is part of none."""
    kind = build.concept(ORGANIZATION_TYPE, "prov", "Healthcare Provider")
    return {"resourceType": "Organization", "active": True, "type": [kind], "name": name}


def department(name: str, of: str) -> Resource:
    """A department of the hospital, which is `Organization/1`."""
    kind = build.concept(ORGANIZATION_TYPE, "dept", "Hospital Department")
    return {
        "resourceType": "Organization",
        "active": True,
        "type": [kind],
        "name": name,
        "partOf": build.reference(of),
    }


def campus(name: str, of: str) -> Resource:
    """A campus of the hospital, which is `Organization/1`."""
    return {
        "resourceType": "Location",
        "status": "active",
        "name": name,
        "mode": "instance",
        "physicalType": build.concept(PHYSICAL_TYPE, "si", "Site"),
        "managingOrganization": build.reference(of),
    }


def practitioner(name: str, employee_number: str | None) -> Resource:
    """A member of staff."""
    number = [build.identifier(EMPLOYEE_NUMBER, employee_number)] if employee_number else []
    person = {"active": True, "identifier": number, "name": [{"use": "official", "text": name}]}
    return {"resourceType": "Practitioner", **build.without_empty(person)}


def post(person: Json, place: Json, campus: Json | None, roles: Iterable[str], first: date | None = None) -> Resource:
    """A post of a person in a department, from a day on; the first three are References."""
    period = {"start": first.isoformat()} if first else {}
    return {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": person,
        "organization": place,
        **({"location": [campus]} if campus else {}),
        "code": [build.concept(ROLE, role) for role in roles],
        **({"period": period} if period else {}),
    }


def roles_of(resource: Resource) -> tuple[str, ...]:
    """The house's roles in a post, in their order."""
    codes = (build.first_code(concept, ROLE) for concept in resource.get("code") or ())
    return tuple(code for code in codes if code)


def is_department(resource: Resource) -> bool:
    """Whether an Organization is a department."""
    return any(build.first_code(kind, ORGANIZATION_TYPE) == "dept" for kind in resource.get("type") or ())


def is_campus(resource: Resource) -> bool:
    """Whether a Location is a campus."""
    return build.first_code(resource.get("physicalType"), PHYSICAL_TYPE) == "si"
