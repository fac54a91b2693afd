"""The workflows of this capability."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

STAFF = ("registrar", "nurse", "doctor", "pharmacist")
FINDERS = ("registrar", "nurse", "records")
RECORDS = ("records",)
SYSTEM = ("system",)
UNDECIDED = ("OPEN", "LATER")

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

duplicate = StateTable(
    name="duplicate",
    title=N_("Possible duplicate"),
    type="Task",
    states=(
        State("OPEN", N_("To be decided"), "requested"),
        State("LATER", N_("Decided later"), "on-hold"),
        State("APPROVAL", N_("Waits for a second person"), "received"),
        State("SAME", N_("One person, merged"), "completed"),
        State("DIFFERENT", N_("Two people"), "rejected"),
    ),
    transitions=(
        *(Transition(None, f"patients.handlers.{name}", "OPEN", SYSTEM) for name in ("look", "scan")),
        Transition(None, "patients.compare", "OPEN", FINDERS),
        *(Transition(state, "patients.compare", "OPEN", FINDERS) for state in (*UNDECIDED, "DIFFERENT")),
        Transition("OPEN", "patients.decide_later", "LATER", RECORDS),
        *(Transition(state, "patients.keep_apart", "DIFFERENT", RECORDS) for state in UNDECIDED),
        *(Transition(state, "patients.merge", next, RECORDS) for state in UNDECIDED for next in ("SAME", "APPROVAL")),
        Transition("APPROVAL", "patients.approve_merge", "SAME", RECORDS),
        Transition("APPROVAL", "patients.decline_merge", "OPEN", RECORDS),
        Transition("SAME", "patients.unmerge", "DIFFERENT", RECORDS),
    ),
)
