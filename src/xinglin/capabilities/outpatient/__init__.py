"""Outpatient care: the visit from registration to its end, the queue, the record and the diagnosis."""

from xinglin.capabilities.outpatient import (
    commands,
    handlers,
    nursing,
    printouts,
    queue_views,
    queueing,
    record,
    returning,
    screens,
    seed,
    states,
    triage,
    views,
)
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

capability = Capability(
    name="outpatient",
    title=N_("Outpatient care"),
    modules=(
        commands,
        queueing,
        triage,
        record,
        returning,
        handlers,
        states,
        views,
        queue_views,
        screens,
        nursing,
        printouts,
    ),
    needs=("patients", "pharmacy", "billing", "signing"),
    grants={
        "registrar": ("outpatient.read", "outpatient.register", "outpatient.queues", "outpatient.loads"),
        "nurse": (
            "outpatient.read",
            "outpatient.register",
            "outpatient.vitals",
            "outpatient.queues",
            "outpatient.loads",
            "outpatient.triage",
        ),
        "doctor": ("outpatient.read", "outpatient.vitals", "outpatient.treat"),
        "system": ("outpatient.read", "outpatient.register", "outpatient.close"),
    },
    access={"registrar": (Rule(("Encounter", "Task"), READ, campus=True, labels=("*",)),)},
    seed=seed.seed,
    order=30,
)
