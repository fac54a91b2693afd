"""The laboratory: tests from the order to the published report, specimens, results, verification."""

from xinglin.capabilities.laboratory import (
    collecting,
    entering,
    events,
    handlers,
    ordering,
    publishing,
    screens,
    seed,
    sheets,
    states,
    views,
)
from xinglin.capabilities.laboratory.resources import LABORATORY, SERVICE_SECTION, SNOMED
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

_TESTED = f"_has:ServiceRequest:patient:category={SNOMED}|{LABORATORY}"
# One laboratory works for every campus; of the records it sees what belongs to its tests, and nothing else.
_TECHNICIAN = (
    Rule(("Patient",), READ, criteria=_TESTED, labels=("*",), hidden=("telecom", "address", "contact", "photo")),
    Rule(("ServiceRequest",), READ, criteria=f"category={SNOMED}|{LABORATORY}", labels=("*",)),
    Rule(("DiagnosticReport",), READ, criteria=f"category={SERVICE_SECTION}|LAB", labels=("*",)),
    Rule(("Observation",), READ, criteria="category=laboratory", labels=("*",)),
    Rule(("Specimen", "Encounter"), READ, labels=("*",)),
)

capability = Capability(
    name="laboratory",
    title=N_("Laboratory"),
    modules=(ordering, collecting, entering, publishing, handlers, events, states, views, sheets, screens),
    needs=("billing", "critical", "signing"),
    grants={
        "doctor": ("laboratory.read", "laboratory.order"),
        "nurse": ("laboratory.read", "laboratory.collect"),
        "technician": (
            "laboratory.read",
            "laboratory.collect",
            "laboratory.work",
            "laboratory.measure",
            "signing.verify",
        ),
        "integrator": ("laboratory.measure",),
        "system": ("laboratory.read",),
    },
    access={"technician": _TECHNICIAN},
    seed=seed.seed,
    order=44,
)
