"""The workflow of an appointment."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DESK = ("registrar", "nurse")

appointment = StateTable(
    name="appointment",
    title=N_("Appointment"),
    type="Appointment",
    states=(
        State("RESERVED", N_("Booked"), "booked"),
        State("ARRIVED", N_("Arrived"), "arrived"),
        State("CANCELLED", N_("Cancelled"), "cancelled"),
        State("NO_SHOW", N_("No-show"), "noshow"),
    ),
    transitions=(
        Transition(None, "scheduling.book", "RESERVED", DESK),
        Transition("RESERVED", "scheduling.check_in", "ARRIVED", DESK),
        Transition("RESERVED", "scheduling.cancel", "CANCELLED", DESK),
        Transition("RESERVED", "scheduling.close_day", "NO_SHOW", ("system",)),
    ),
)
