"""The workflow of a treatment; a skin test is begun, and read after twenty minutes."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DOCTOR = ("doctor",)
NURSE = ("nurse",)
SYSTEM = ("system",)
OPEN = ("DRAFT", "CREATED", "PAID", "TESTING")

treatment = StateTable(
    name="treatment",
    title=N_("Treatment"),
    type="ServiceRequest",
    states=(
        State("DRAFT", N_("Draft"), "draft"),
        State("CREATED", N_("To be paid"), "active"),
        State("PAID", N_("To be carried out"), "active"),
        State("TESTING", N_("Skin test is on"), "active"),
        State("DONE", N_("Carried out"), "completed"),
        State("CANCELLED", N_("Cancelled"), "revoked"),
    ),
    transitions=(
        Transition(None, "treatments.order", "DRAFT", DOCTOR),
        Transition("DRAFT", "treatments.issue", "CREATED", DOCTOR),
        *(Transition(state, "treatments.cancel", "CANCELLED", DOCTOR) for state in ("CREATED", "PAID")),
        Transition("CREATED", "treatments.handlers.after_settlement", "PAID", SYSTEM),
        Transition("PAID", "treatments.perform", "DONE", NURSE),
        Transition("PAID", "treatments.begin_test", "TESTING", NURSE),
        Transition("TESTING", "treatments.read_test", "DONE", NURSE),
        Transition("PAID", "treatments.handlers.after_refund", "CANCELLED", SYSTEM),
    ),
)
