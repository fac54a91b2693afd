"""Scheduling: who sees patients when, and who has which place."""

from xinglin.capabilities.scheduling import commands, screens, seed, states, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

capability = Capability(
    name="scheduling",
    title=N_("Scheduling"),
    modules=(commands, states, views, screens),
    needs=("patients", "outpatient"),
    grants={
        "registrar": ("scheduling.read", "scheduling.book", "scheduling.publish"),
        "doctor": ("scheduling.read",),
        "nurse": ("scheduling.read", "scheduling.book"),
        "system": ("scheduling.read", "scheduling.close", "scheduling.publish"),
    },
    access={"registrar": (Rule(("Appointment",), READ, campus=True, labels=("*",)),)},
    seed=seed.seed,
    order=20,
)
