"""Management: the hospital's day in figures, each leading to the list behind it."""

from xinglin.capabilities.management import screens, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

capability = Capability(
    name="management",
    title=N_("Management"),
    modules=(views, screens),
    needs=("billing",),
    grants={"manager": ("management.read",), "accountant": ("management.read",)},
    access={
        # Visits, waits and money: no record of anybody's illness is among them.
        role: (
            Rule(
                ("Account", "Appointment", "Coverage", "Encounter", "Patient", "Task"), READ, campus=True, labels=("*",)
            ),
        )
        for role in ("manager", "accountant")
    },
    order=25,
)
