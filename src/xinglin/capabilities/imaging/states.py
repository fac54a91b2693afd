"""The workflow of an examination, from the order to the report that two physicians have signed."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DOCTOR = ("doctor",)
DESK = ("nurse", "radiographer")
RADIOGRAPHER = ("radiographer",)
RADIOLOGIST = ("radiologist",)
SYSTEM = ("system",)
BEFORE = ("PAID", "BOOKED", "WAITING")
"""States in which it has not begun, and may be refunded."""

OPEN = ("DRAFT", "CREATED", *BEFORE, "EXAMINING", "EXAMINED", "WRITTEN", "SIGNED")
"""States of an examination whose report is not there yet."""

examination = StateTable(
    name="examination",
    title=N_("Examination"),
    type="ServiceRequest",
    states=(
        State("DRAFT", N_("Draft"), "draft"),
        State("CREATED", N_("To be paid"), "active"),
        State("PAID", N_("To be examined"), "active"),
        State("BOOKED", N_("Time booked"), "active"),
        State("WAITING", N_("Waiting for the room"), "active"),
        State("EXAMINING", N_("Being examined"), "active"),
        State("EXAMINED", N_("To be reported"), "active"),
        State("WRITTEN", N_("Report drafted"), "active"),
        State("SIGNED", N_("To be approved"), "active"),
        State("REPORTED", N_("Reported"), "completed"),
        State("AMENDING", N_("Being amended"), "completed"),
        State("AMENDED", N_("Amendment to be reviewed"), "completed"),
        State("CANCELLED", N_("Cancelled"), "revoked"),
    ),
    transitions=(
        Transition(None, "imaging.order", "DRAFT", DOCTOR),
        Transition("DRAFT", "imaging.issue", "CREATED", DOCTOR),
        Transition("CREATED", "imaging.handlers.after_settlement", "PAID", SYSTEM),
        *(Transition(state, "imaging.book", "BOOKED", DESK) for state in ("PAID", "BOOKED")),
        *(Transition(state, "imaging.arrive", "WAITING", DESK) for state in ("PAID", "BOOKED")),
        Transition("WAITING", "imaging.begin", "EXAMINING", RADIOGRAPHER),
        Transition("EXAMINING", "imaging.stop", "WAITING", RADIOGRAPHER),
        Transition("EXAMINING", "imaging.finish", "EXAMINED", RADIOGRAPHER),
        *(Transition(state, "imaging.write", "WRITTEN", RADIOLOGIST) for state in ("EXAMINED", "WRITTEN")),
        Transition("WRITTEN", "imaging.sign", "SIGNED", RADIOLOGIST),
        Transition("SIGNED", "imaging.send_back", "WRITTEN", RADIOLOGIST),
        Transition("SIGNED", "imaging.approve", "REPORTED", RADIOLOGIST),
        Transition("REPORTED", "imaging.amend", "AMENDING", RADIOLOGIST),
        Transition("AMENDING", "imaging.write", "AMENDING", RADIOLOGIST),
        Transition("AMENDING", "imaging.sign", "AMENDED", RADIOLOGIST),
        Transition("AMENDED", "imaging.send_back", "AMENDING", RADIOLOGIST),
        Transition("AMENDED", "imaging.approve", "REPORTED", RADIOLOGIST),
        *(Transition(state, "imaging.handlers.after_refund", "CANCELLED", SYSTEM) for state in BEFORE),
    ),
)
