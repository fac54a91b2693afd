"""Treatments by order: injections, dressings, skin tests."""

from xinglin.capabilities.treatments import events, handlers, ordering, performing, screens, seed, states, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="treatments",
    title=N_("Treatments"),
    modules=(ordering, performing, handlers, events, states, views, screens),
    needs=("billing", "patients"),
    grants={
        "doctor": ("treatments.read", "treatments.order"),
        "nurse": ("treatments.read", "treatments.perform"),
        "system": ("treatments.read",),
    },
    seed=seed.seed,
    order=47,
)
