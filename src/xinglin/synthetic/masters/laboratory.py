"""The test catalogue as resources: what can be ordered, from which specimen, and what is usual."""

from collections.abc import Iterator
from decimal import Decimal

from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic.catalogue.laboratory import (
    SPECIMENS,
    TEST,
    Analyte,
    Panel,
    Range,
    analytes,
    panels,
    studies,
)  # fmt: skip
from xinglin.synthetic.results import code

SPECIMEN = "urn:xinglin:code:specimen"
OLDEST = 200


def catalogue() -> Iterator[Resource]:
    """SpecimenDefinition, ObservationDefinition and ActivityDefinition of everything that can be ordered."""
    for kind, name in SPECIMENS.items():
        yield {
            "resourceType": "SpecimenDefinition",
            "id": f"specimen-{kind}",
            "typeCollected": build.concept(SPECIMEN, kind, name),
            "typeTested": [{"preference": "preferred", "type": build.concept(SPECIMEN, kind, name)}],
        }
    for analyte in analytes().values():
        yield _definition(analyte)
    for panel in panels().values():
        yield {
            **_activity(panel.code, panel.name),
            "specimenRequirement": [build.reference(f"SpecimenDefinition/specimen-{panel.specimen}")],
            "observationResultRequirement": _results(panel),
        }
    for study in studies().values():
        yield _activity(study.code, study.name)


def _results(panel: Panel) -> list[Json]:
    return [build.reference(f"ObservationDefinition/{each}", analytes()[each].name) for each in panel.analytes]


def _activity(id: str, name: str) -> Resource:
    return {
        "resourceType": "ActivityDefinition",
        "id": id,
        "url": f"urn:xinglin:test:{id}",
        "name": "".join(part.capitalize() for part in id.split("-")),
        "title": name,
        "status": "active",
        "kind": "ServiceRequest",
        "code": build.concept(TEST, id, name),
    }


def _definition(analyte: Analyte) -> Resource:
    details = {}
    if analyte.usual is None:
        unit = {"coding": [build.coding("http://unitsofmeasure.org", analyte.ucum)], "text": analyte.unit or "1"}
        details = {"unit": unit, "decimalPrecision": analyte.digits}
    return build.without_empty(
        {
            "resourceType": "ObservationDefinition",
            "id": analyte.code,
            "code": code(analyte),
            "permittedDataType": ["CodeableConcept" if analyte.usual else "Quantity"],
            "quantitativeDetails": details,
            "qualifiedInterval": [
                _interval(analyte, each) for each in analyte.ranges if (each.low, each.high) != (None, None)
            ],
        }
    )


def _interval(analyte: Analyte, usual: Range) -> Json:
    def quantity(number: float | None) -> Json | None:
        if number is None:
            return None
        return build.quantity(Decimal(f"{number:.{analyte.digits}f}"), analyte.unit or "1", analyte.ucum)

    years = {"low": build.quantity(usual.youngest, "岁", "a")}
    if usual.oldest < OLDEST:
        years["high"] = build.quantity(usual.oldest, "岁", "a")
    return build.without_empty(
        {
            "category": "reference",
            "range": build.without_empty({"low": quantity(usual.low), "high": quantity(usual.high)}),
            "gender": usual.sex,
            "age": years,
        }
    )
