"""A hospital in batches: each a list of resources that depends on the plan and its number alone."""

from collections.abc import Iterator
from itertools import islice

from xinglin.fhir import json
from xinglin.fhir.types import Resource
from xinglin.synthetic.catalogue.laboratory import panels
from xinglin.synthetic.charting import chart
from xinglin.synthetic.courses.all import COURSES
from xinglin.synthetic.duplicates import second_registration
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.timeline import FOLLOW, Booked, History, histories

BATCH = 100
"""Patients that are written together."""


def batches(plan: Plan) -> Iterator[list[History]]:
    """All patients, in batches."""
    every = histories(plan)
    while batch := list(islice(every, BATCH)):
        yield batch


def resources(plan: Plan, batch: list[History]) -> Iterator[Resource]:
    """What is written about the patients of a batch, and their second registrations."""
    for history in batch:
        written = chart(plan, history)
        yield from written
        if second := second_registration(plan, history.number, written[0]):
            yield second.patient


def lines(plan: Plan, batch: list[History]) -> list[bytes]:
    """The same as lines of NDJSON, without their line breaks."""
    return [json.dumps(resource) for resource in resources(plan, batch)]


def most(history: History) -> int:
    """How many resources a patient has at most."""
    return 4 + sum(_most_of_visit(booked) for booked in history.visits)


def _most_of_visit(booked: Booked) -> int:
    course = COURSES[booked.course]
    visit = course.follow if booked.step == FOLLOW else course.visits[booked.step]
    assert visit is not None
    ordered = len(visit.panels) + len(visit.studies)
    return 13 + sum(len(panels()[code].analytes) for code in visit.panels) + 2 * (ordered + len(visit.drugs))
