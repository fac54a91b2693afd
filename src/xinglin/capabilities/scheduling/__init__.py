"""Scheduling: who sees patients when, and who has which place."""

from xinglin.capabilities.scheduling import (
    commands,
    holding,
    lists,
    notices,
    publishing,
    screens,
    seed,
    settings,
    states,
    stopping,
    views,
    waiting,
    walk_in,
)
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

DESK = ("scheduling.read", "scheduling.desk", "scheduling.book", "scheduling.window", "scheduling.check_in")

MESSAGES = f"category={notices.MESSAGE}|{notices.APPOINTMENT}"

capability = Capability(
    name="scheduling",
    title=N_("Scheduling"),
    modules=(
        commands,
        walk_in,
        holding,
        waiting,
        publishing,
        stopping,
        settings,
        notices,
        states,
        views,
        lists,
        screens,
    ),
    needs=("patients", "outpatient", "billing"),
    grants={
        "registrar": (*DESK, "scheduling.publish"),
        "nurse": (*DESK, "scheduling.publish"),
        "doctor": ("scheduling.read", "scheduling.book", "scheduling.own"),
        "manager": ("scheduling.read", "scheduling.rules"),
        "app": ("scheduling.read", "scheduling.book", "scheduling.online"),
        "system": ("scheduling.read", "scheduling.close", "scheduling.publish"),
    },
    access={
        "registrar": (
            Rule(("Appointment",), READ, campus=True, labels=("*",)),
            Rule(("Communication",), READ, criteria=MESSAGES, campus=True, labels=("*",)),
            # What is to be paid stands on the slip.
            Rule(("ChargeItem",), READ, campus=True, labels=("*",)),
        ),
        "app": (
            Rule(("Patient", "Appointment"), READ, labels=("*",)),
            Rule(("Communication",), READ, criteria=MESSAGES, labels=("*",)),
        ),
    },
    seed=seed.seed,
    order=20,
)
