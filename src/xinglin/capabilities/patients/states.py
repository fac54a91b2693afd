"""The workflows of this capability."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

STAFF = ("registrar", "nurse", "doctor", "pharmacist")

risk = StateTable(
    name="risk",
    title=N_("Risk"),
    type="Flag",
    states=(State("IN_FORCE", N_("In force"), "active"), State("ENDED", N_("Ended"), "inactive")),
    transitions=(
        Transition(None, "patients.set_risk", "IN_FORCE", STAFF),
        Transition(None, "patients.end_risk", "ENDED", STAFF),
        Transition("IN_FORCE", "patients.end_risk", "ENDED", STAFF),
    ),
)
