"""Auditing: who saw this patient, and what did this person do; for those who watch over privacy."""

from xinglin.capabilities.auditing import screens, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="auditing",
    title=N_("Audit"),
    modules=(views, screens),
    needs=("patients",),
    grants={"auditor": ("auditing.read", "patients.read")},
    order=90,
)
