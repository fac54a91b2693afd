"""The workflow of a critical finding."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

SENDER = ("technician", "radiographer", "radiologist")
DOCTOR = ("doctor",)
SYSTEM = ("system",)
UNANSWERED = ("SENT", "ESCALATED")
OPEN = (*UNANSWERED, "ACKNOWLEDGED")

critical = StateTable(
    name="critical",
    title=N_("Critical finding"),
    type="Task",
    states=(
        State("SENT", N_("Not acknowledged"), "requested"),
        State("ESCALATED", N_("Overdue"), "requested"),
        State("ACKNOWLEDGED", N_("Acknowledged"), "in-progress"),
        State("HANDLED", N_("Handled"), "completed"),
    ),
    transitions=(
        Transition(None, "critical.send", "SENT", SENDER),
        Transition("SENT", "critical.escalate", "ESCALATED", SYSTEM),
        *(Transition(state, "critical.acknowledge", "ACKNOWLEDGED", DOCTOR) for state in UNANSWERED),
        *(Transition(state, "critical.phone", "ACKNOWLEDGED", SENDER) for state in UNANSWERED),
        Transition("ACKNOWLEDGED", "critical.handle", "HANDLED", DOCTOR),
    ),
)
