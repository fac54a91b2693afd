"""Privacy: access in an emergency to a record that one may not see otherwise, and its review."""

from collections.abc import Mapping

from xinglin.capabilities.privacy import commands, screens, states, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule
from xinglin.platform.access.care import BROKEN

OWN: Mapping[str, tuple[Rule, ...]] = {
    role: (Rule(("Task",), READ, criteria=f"code={BROKEN}&owner=%practitioner", labels=("*",)),)
    for role in ("doctor", "nurse", "pharmacist")
}

capability = Capability(
    name="privacy",
    title=N_("Privacy"),
    modules=(commands, states, views, screens),
    needs=("patients",),
    grants={
        "doctor": ("privacy.emergency", "privacy.read"),
        "nurse": ("privacy.emergency", "privacy.read"),
        "pharmacist": ("privacy.emergency", "privacy.read"),
        "auditor": ("privacy.review", "privacy.read"),
    },
    access={
        **OWN,
        "auditor": (
            Rule(("Task",), READ, criteria=f"code={BROKEN}", labels=("*",)),
            Rule(("Patient",), READ, labels=("*",), hidden=("telecom", "address", "contact")),
        ),
    },
    order=85,
)
