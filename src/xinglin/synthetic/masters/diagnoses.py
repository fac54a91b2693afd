"""The diagnoses that doctors choose from: the demonstration's, and those of the courses."""

from xinglin.capabilities.outpatient.seed import diagnoses_resource
from xinglin.fhir.types import Resource
from xinglin.synthetic.courses.all import COURSES


def diagnoses() -> Resource:
    """The CodeSystem that the doctor's station searches."""
    resource = diagnoses_resource()
    names = {course.icd: course.name for course in COURSES.values()}
    resource["concept"] += [{"code": code, "display": name} for code, name in sorted(names.items())]
    return resource
