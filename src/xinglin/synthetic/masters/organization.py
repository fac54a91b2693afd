"""The hospital, its campuses and departments, their consulting rooms, wards, rooms and beds."""

from collections.abc import Iterator

from xinglin.capabilities.administration import resources
from xinglin.capabilities.administration.resources import PHYSICAL_TYPE
from xinglin.capabilities.scheduling.seed import SPECIALTY_SYSTEM
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic import references
from xinglin.synthetic.courses.all import DEPARTMENTS
from xinglin.synthetic.hospital import CAMPUSES, SESSIONS, SUPPORT, campus_share
from xinglin.synthetic.plan import Plan

HOSPITAL = "hospital"
MARK = "urn:xinglin:id:synthetic-hospital"
"""The system of the identifier that tells which plan the hospital was made by."""

BEDS_IN_ROOM = 3
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def organization(plan: Plan) -> Iterator[Resource]:
    """The Organization of the hospital and those of its departments; campuses and consulting rooms as Locations."""
    whole = f"Organization/{HOSPITAL}"
    mark = build.identifier(MARK, plan.text)
    yield {**resources.hospital("杏林市人民医院（合成数据）"), "id": HOSPITAL, "identifier": [mark]}
    for number in range(plan.campuses):
        site = resources.campus(CAMPUSES[number], whole)
        yield {**site, "id": plan.id("campus", number)}
    for code, name in (*((d.code, d.name) for d in DEPARTMENTS), *SUPPORT.items()):
        yield {**resources.department(name, whole), "id": f"s{plan.seed}-{code}"}
    for each in DEPARTMENTS:
        for number in range(plan.campuses):
            yield _room(plan, each.code, number)
            yield _service(plan, each.code, number)


def _room(plan: Plan, code: str, campus: int) -> Resource:
    room = references.room(plan, code, campus)
    return _place(room, "ro", "Room", references.campus(plan, campus), references.department(plan, code))


def _place(place: Json, kind: str, display: str, part_of: Json, department: Json) -> Resource:
    return {
        "resourceType": "Location",
        "id": place["reference"].partition("/")[2],
        "status": "active",
        "name": place["display"],
        "mode": "instance",
        "physicalType": build.concept(PHYSICAL_TYPE, kind, display),
        "managingOrganization": department,
        "partOf": part_of,
    }


def _service(plan: Plan, code: str, campus: int) -> Resource:
    """The clinic of a department at a campus."""
    return {
        "resourceType": "HealthcareService",
        "id": f"s{plan.seed}-clinic-{code}-{campus}",
        "active": True,
        "providedBy": references.department(plan, code),
        "specialty": [build.concept(SPECIALTY_SYSTEM, code, references.NAMES[code])],
        "location": [references.room(plan, code, campus)],
        "name": f"{references.NAMES[code]}门诊（{CAMPUSES[campus]}）",
        "appointmentRequired": True,
        "availableTime": [
            {"daysOfWeek": WEEK, "availableStartTime": begin.isoformat(), "availableEndTime": end.isoformat()}
            for begin, end in SESSIONS
        ],
    }


def beds(plan: Plan) -> Iterator[Resource]:
    """Wards, their rooms and their beds, by each department's share."""
    total = sum(department.beds for department in DEPARTMENTS)
    for department in DEPARTMENTS:
        for campus in range(plan.campuses):
            count = round(plan.beds * department.beds / total * campus_share(plan, campus))
            if count:
                yield from _ward(plan, department.code, campus, count)


def _ward(plan: Plan, code: str, campus: int, count: int) -> Iterator[Resource]:
    belongs = references.department(plan, code)
    id = f"s{plan.seed}-ward-{code}-{campus}"
    ward = build.reference(f"Location/{id}", f"{references.NAMES[code]}病区（{CAMPUSES[campus]}）")
    yield _place(ward, "wa", "Ward", references.campus(plan, campus), belongs)
    for bed in range(count):
        number = bed // BEDS_IN_ROOM + 1
        room = build.reference(f"Location/{id}-r{number:03d}", f"{number:03d} 病房")
        if bed % BEDS_IN_ROOM == 0:
            yield _place(room, "ro", "Room", ward, belongs)
        yield _place(build.reference(f"Location/{id}-b{bed + 1:03d}", f"{bed + 1} 床"), "bd", "Bed", room, belongs)
