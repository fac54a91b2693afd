"""The workflow of an access in an emergency."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

CLINICIANS = ("doctor", "nurse", "pharmacist")

emergency_access = StateTable(
    name="emergency-access",
    title=N_("Emergency access"),
    type="Task",
    states=(
        State("OPEN", N_("Not reviewed yet"), "in-progress"),
        State("JUSTIFIED", N_("Justified"), "completed"),
        State("UNJUSTIFIED", N_("Not justified"), "rejected"),
    ),
    transitions=(
        Transition(None, "privacy.break_glass", "OPEN", CLINICIANS),
        Transition("OPEN", "privacy.justify", "JUSTIFIED", ("auditor",)),
        Transition("OPEN", "privacy.object", "UNJUSTIFIED", ("auditor",)),
    ),
)
