"""What the hospital has before its first patient: itself, its staff, its catalogues and its prices."""

from collections.abc import Iterator

from xinglin.fhir.types import Resource
from xinglin.synthetic import insurance, prices
from xinglin.synthetic.masters import diagnoses, formulary, laboratory, organization, staff
from xinglin.synthetic.plan import Plan


def masters(plan: Plan) -> Iterator[Resource]:
    """All master data of a plan, what is referred to before what refers to it."""
    yield from organization.organization(plan)
    yield from organization.beds(plan)
    yield from insurance.payers(plan)
    yield from staff.staff(plan)
    yield from staff.clinics(plan)
    yield from prices.price_list(plan)
    yield from formulary.formulary_resources()
    yield from laboratory.catalogue()
    yield diagnoses.diagnoses()
