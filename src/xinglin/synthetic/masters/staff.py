"""Members of staff, their posts, and the clinics that doctors hold, with places for the days to come."""

from collections.abc import Iterator
from datetime import timedelta

from xinglin.capabilities.administration import resources
from xinglin.capabilities.pharmacy.rules_authority import TITLES as TITLES_OF_DOCTORS
from xinglin.capabilities.pharmacy.rules_authority import rights
from xinglin.capabilities.scheduling.slots import slot_resource
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.platform.identity.posts import ROLE
from xinglin.synthetic import references
from xinglin.synthetic.hospital import MINUTES, Worker, hospital, on_duty, places
from xinglin.synthetic.plan import Plan

AHEAD = 3
"""Days after the last one for which places are given out."""

TITLES = {"doctor": "医师", "nurse": "护师", "technician": "技师", "pharmacist": "药师"}
HOUSE_ROLES = ("doctor", "nurse", "pharmacist", "registrar", "cashier")


def staff(plan: Plan) -> Iterator[Resource]:
    """A Practitioner and a PractitionerRole for everyone who works here."""
    for worker in hospital(plan).staff:
        person = {
            **resources.practitioner(worker.name, f"S{plan.seed}{worker.number:05d}"),
            "id": worker.id,
            "gender": worker.sex,
            "birthDate": worker.born.isoformat(),
        }
        if title := TITLES.get(worker.role):
            person["qualification"] = [{"code": {"text": title}}]
        if worker.role == "doctor":
            grade = tuple(TITLES_OF_DOCTORS)[worker.number % len(TITLES_OF_DOCTORS)]
            person["qualification"] += rights(grade, controlled=grade.endswith("chief"))
        yield person
        yield {**_post(plan, worker), "id": f"{worker.id}-post"}


def _post(plan: Plan, worker: Worker) -> Resource:
    person, place = references.practitioner(worker), references.department(plan, worker.department)
    roles = (worker.role,) if worker.role in HOUSE_ROLES else ()
    first = plan.first - timedelta(days=30 + worker.number % 1500)
    post = resources.post(person, place, references.campus(plan, worker.campus), roles, first)
    # A role that the house has no rights for is a code of the same system all the same.
    return post if roles else {**post, "code": [build.concept(ROLE, worker.role, TITLES[worker.role])]}


def clinics(plan: Plan) -> Iterator[Resource]:
    """A Schedule for every doctor who sees outpatients, and free Slots for the days after the last one."""
    for worker in hospital(plan).staff:
        if worker.clinic is None:
            continue
        schedule = references.schedule(plan, worker)
        horizon = {"start": plan.first.isoformat(), "end": (plan.until + timedelta(days=AHEAD)).isoformat()}
        yield {**schedule, "planningHorizon": horizon}
        for ahead in range(1, AHEAD + 1):
            day = plan.until + timedelta(days=ahead)
            if not on_duty(plan, worker.number, day):
                continue
            for position, begin in enumerate(places(day)):
                slot = slot_resource(schedule, begin, begin + timedelta(minutes=MINUTES))
                yield {**slot, "id": f"{worker.clinic}-{day:%y%m%d}-{position:02d}"}
