"""Outpatient care: the visit from registration to its end, the queue, the record and the diagnosis."""

from xinglin.capabilities.outpatient import commands, handlers, record, screens, seed, states, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="outpatient",
    title=N_("Outpatient care"),
    modules=(commands, record, handlers, states, views, screens),
    needs=("patients", "pharmacy", "billing"),
    grants={
        "registrar": ("outpatient.read", "outpatient.register"),
        "nurse": ("outpatient.read", "outpatient.register", "outpatient.vitals"),
        "doctor": ("outpatient.read", "outpatient.vitals", "outpatient.treat"),
        "system": ("outpatient.read", "outpatient.register", "outpatient.close"),
    },
    seed=seed.seed,
    order=30,
)
