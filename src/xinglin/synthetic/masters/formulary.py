"""The formulary as resources: what pharmacy prescribes by, and the limits that its checks read."""

from collections.abc import Iterator

from xinglin.capabilities.pharmacy.formulary import FORMULARY
from xinglin.capabilities.pharmacy.seed import formulary_resource
from xinglin.fhir.types import Resource
from xinglin.synthetic.catalogue.medicines import formulary


def formulary_resources() -> Iterator[Resource]:
    """A Medication and a MedicationKnowledge for each medicine, and the CodeSystem of all of them."""
    for drug in formulary().values():
        yield drug.medicine.to_resource()
        yield drug.knowledge.to_resource(drug.medicine, drug.price)
    concepts = [{"code": drug.medicine.code, "display": drug.medicine.name} for drug in formulary().values()]
    yield {**formulary_resource(), "id": FORMULARY, "concept": concepts}
