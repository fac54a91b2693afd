"""The workflow of an appointment."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DESK = ("registrar", "nurse")
BOOKERS = (*DESK, "doctor", "kiosk", "app")
"""Who may take places: people at the desk, doctors for their own patients, and the hospital's devices and services."""

ANYBODY = (*BOOKERS, "system")

appointment = StateTable(
    name="appointment",
    title=N_("Appointment"),
    type="Appointment",
    states=(
        State("WAITLISTED", N_("On the waiting list"), "waitlist"),
        State("HELD", N_("Place held"), "pending"),
        State("RESERVED", N_("Booked"), "booked"),
        State("ARRIVED", N_("Arrived"), "arrived"),
        State("STOPPED", N_("Clinic stopped"), "proposed"),
        State("CANCELLED", N_("Cancelled"), "cancelled"),
        State("EXPIRED", N_("Lapsed"), "cancelled"),
        State("NO_SHOW", N_("No-show"), "noshow"),
    ),
    transitions=(
        Transition(None, "scheduling.book", "RESERVED", BOOKERS),
        Transition(None, "scheduling.hold", "HELD", BOOKERS),
        Transition(None, "scheduling.join_waiting_list", "WAITLISTED", BOOKERS),
        Transition("WAITLISTED", "scheduling.offer", "HELD", ANYBODY),
        Transition("HELD", "scheduling.confirm", "RESERVED", BOOKERS),
        *(
            Transition(before, "scheduling.cancel", "CANCELLED", BOOKERS)
            for before in ("WAITLISTED", "HELD", "RESERVED", "STOPPED")
        ),
        Transition("ARRIVED", "scheduling.cancel", "CANCELLED", DESK),
        Transition("HELD", "scheduling.expire", "EXPIRED", ANYBODY),
        Transition("RESERVED", "scheduling.check_in", "ARRIVED", (*DESK, "kiosk")),
        Transition("RESERVED", "scheduling.rebook", "RESERVED", BOOKERS),
        Transition("STOPPED", "scheduling.rebook", "RESERVED", BOOKERS),
        Transition("RESERVED", "scheduling.stop", "STOPPED", DESK),
        Transition("RESERVED", "scheduling.close_day", "NO_SHOW", ("system",)),
        Transition("STOPPED", "scheduling.close_day", "CANCELLED", ("system",)),
        Transition("WAITLISTED", "scheduling.close_day", "EXPIRED", ("system",)),
    ),
)
