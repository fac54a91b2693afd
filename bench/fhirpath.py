"""FHIRPath beside PyPI's `fhirpathpy`: both compiled beforehand, the same expressions on the same resources, in turns.

`evaluate` is the geometric mean over the expressions of how often per second one is evaluated. Before anything is
measured, both must give the same values.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from bench.report import Row, report
from xinglin.fhir.fhirpath import expression

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "example",
    "active": True,
    "name": [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
        {"use": "usual", "given": ["Jim"]},
        {"use": "maiden", "family": "Windsor", "given": ["Peter", "James"], "period": {"end": "2002"}},
    ],
    "telecom": [
        {"use": "home"},
        {"system": "phone", "value": "(03) 5555 6473", "use": "work", "rank": 1},
        {"system": "phone", "value": "(03) 3410 5613", "use": "mobile", "rank": 2},
    ],
    "gender": "male",
    "birthDate": "1974-12-25",
    "deceasedBoolean": False,
    "contact": [{"name": {"family": "du Marché"}, "telecom": [{"system": "phone", "value": "+33 (237) 998327"}]}],
    "managingOrganization": {"reference": "Organization/1"},
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "bp",
    "status": "final",
    "category": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam"}]}
    ],
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "subject": {"reference": "Patient/example"},
    "effectiveDateTime": "2012-09-17",
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", 107), ("8462-4", 60))
    ],
}
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Patient.name.given", PATIENT),
    ("Patient.birthDate", PATIENT),
    ("Patient.name.where(use = 'official').given.first()", PATIENT),
    ("Patient.telecom.where(system = 'phone' and use = 'mobile').value", PATIENT),
    ("Patient.name.given.count() > 3 and Patient.active", PATIENT),
    ("Patient.contact.exists(name.exists() or telecom.exists() or address.exists())", PATIENT),
    ("Patient.name.select(given | family).distinct()", PATIENT),
    ("Patient.deceased.exists() and Patient.deceased != false", PATIENT),
    ("Patient.name.family.first() & ', ' & Patient.name.given.first()", PATIENT),
    ("Patient.birthDate < @1980-01-01", PATIENT),
    ("Observation.component.where(code.coding.exists(code = '8480-6')).value.value", OBSERVATION),
    ("Observation.component.value.ofType(Quantity).value", OBSERVATION),
    ("Observation.code.coding.where(system = 'http://loinc.org').code", OBSERVATION),
    ("dataAbsentReason.empty() or value.empty()", OBSERVATION),
    ("Observation.descendants().code.count()", OBSERVATION),
    ("value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()", OBSERVATION),
)
SECONDS = 0.12
TURNS = 3


def rate(call: Callable[[], object]) -> float:
    """How often per second something can be done."""
    count, step = 0, 1
    started = time.perf_counter()
    while (passed := time.perf_counter() - started) < SECONDS:
        for _ in range(step):
            call()
        count += step
        step = min(step * 2, 256)
    return count / passed


def rates(text: str, resource: dict[str, Any]) -> tuple[float, float]:
    """Evaluations per second of both, the median of turns."""
    ours = expression(text).evaluate
    compiled = fhirpathpy.compile(text, models["r4"])
    variables = {"resource": resource}

    def theirs(focus: dict[str, Any]) -> list[Any]:
        found: list[Any] = compiled(focus, variables)
        return found

    mine, yours = ours(resource), theirs(resource)
    if [str(value) for value in mine] != [str(value) for value in yours]:
        raise AssertionError(f"{text}: {mine} here, {yours} there")
    turns = [(rate(lambda: ours(resource)), rate(lambda: theirs(resource))) for _ in range(TURNS)]
    return sorted(o for o, _ in turns)[TURNS // 2], sorted(t for _, t in turns)[TURNS // 2]


def mean(values: list[float]) -> float:
    """The geometric mean, in which no expression outweighs the others."""
    return math.exp(sum(map(math.log, values)) / len(values))


def main() -> int:
    """Measures evaluation."""
    found = [(text, *rates(text, resource)) for text, resource in CASES]
    for text, ours, theirs in found:
        print(f"{ours / theirs:6.1f} times  {ours:>10,.0f} /s  {theirs:>8,.0f} /s  {text}")
    ratios = [ours / theirs for _, ours, theirs in found]
    rows = [
        Row("evaluate", mean([ours for _, ours, _ in found]), "/s"),
        Row("evaluate_fhirpathpy", mean([theirs for _, _, theirs in found]), "/s"),
        Row("evaluate_ratio", mean(ratios), "times", 20),
        Row("evaluate_ratio_least", min(ratios), "times", 20),
    ]
    return report("fhirpath", rows)
