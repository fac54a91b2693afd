"""Imaging and other examinations: ordered, booked, made, reported by two physicians."""

from xinglin.capabilities.imaging import (
    events,
    handlers,
    ordering,
    performing,
    reporting,
    screens,
    seed,
    states,
    views,
)
from xinglin.capabilities.imaging.resources import IMAGING, REPORT, SNOMED
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

_EXAMINED = f"_has:ServiceRequest:patient:category={SNOMED}|{IMAGING}"
# The rooms work for every campus: of the records they see what belongs to examinations, and what may harm there.
_ROOM = (
    Rule(("Patient",), READ, criteria=_EXAMINED, labels=("*",), hidden=("telecom", "address", "contact")),
    Rule(("ServiceRequest",), READ, criteria=f"category={SNOMED}|{IMAGING}", labels=("*",)),
    Rule(("DiagnosticReport",), READ, criteria=f"category={REPORT}|examination", labels=("*",)),
    Rule(("Observation",), READ, criteria="category=imaging", labels=("*",)),
    Rule(("Procedure",), READ, criteria=f"category={SNOMED}|{IMAGING}", labels=("*",)),
    Rule(("ImagingStudy", "Encounter"), READ, labels=("*",)),
    Rule(("AllergyIntolerance", "Flag"), READ, campus=True),
)
# Who reports reads what was found before, and what else is known.
_REPORTING = (*_ROOM, Rule(("Condition", "DiagnosticReport", "Observation"), READ, campus=True))

capability = Capability(
    name="imaging",
    title=N_("Examinations"),
    modules=(ordering, performing, reporting, handlers, events, states, views, screens),
    needs=("billing", "critical", "signing"),
    grants={
        "doctor": ("imaging.read", "imaging.order"),
        "nurse": ("imaging.read", "imaging.desk"),
        "radiographer": ("imaging.read", "imaging.desk", "imaging.perform", "imaging.alarm", "imaging.work"),
        "radiologist": ("imaging.read", "imaging.report", "imaging.alarm", "imaging.work", "signing.verify"),
        "system": ("imaging.read",),
    },
    access={"radiographer": _ROOM, "radiologist": _REPORTING},
    seed=seed.seed,
    order=45,
)
