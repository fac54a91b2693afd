"""The workflows of a laboratory test and of its specimen."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DOCTOR = ("doctor",)
COLLECTOR = ("nurse", "technician")
TECHNICIAN = ("technician",)
ENTRY = ("technician", "integrator")
"""Who enters results: people, and instruments that come in with the key of a service."""

SYSTEM = ("system",)
OPEN = ("DRAFT", "CREATED", "PAID", "COLLECTED", "RECEIVED", "ENTERED", "REJECTED")
"""States of a test whose result is not there yet."""

test = StateTable(
    name="test",
    title=N_("Laboratory test"),
    type="ServiceRequest",
    states=(
        State("DRAFT", N_("Draft"), "draft"),
        State("CREATED", N_("To be paid"), "active"),
        State("PAID", N_("To be collected"), "active"),
        State("COLLECTED", N_("Collected"), "active"),
        State("RECEIVED", N_("In the laboratory"), "active"),
        State("ENTERED", N_("To be verified"), "active"),
        State("REPORTED", N_("Reported"), "completed"),
        State("CORRECTING", N_("Being corrected"), "completed"),
        State("CORRECTED", N_("Correction to be verified"), "completed"),
        State("REJECTED", N_("To be collected again"), "active"),
        State("CANCELLED", N_("Cancelled"), "revoked"),
    ),
    transitions=(
        Transition(None, "laboratory.order", "DRAFT", DOCTOR),
        Transition("DRAFT", "laboratory.issue", "CREATED", DOCTOR),
        Transition("CREATED", "laboratory.handlers.after_settlement", "PAID", SYSTEM),
        Transition("PAID", "laboratory.collect", "COLLECTED", COLLECTOR),
        Transition("REJECTED", "laboratory.collect", "COLLECTED", COLLECTOR),
        Transition("COLLECTED", "laboratory.receive", "RECEIVED", TECHNICIAN),
        *(Transition(state, "laboratory.reject", "REJECTED", TECHNICIAN) for state in ("COLLECTED", "RECEIVED")),
        *(
            Transition(state, command, "ENTERED", ENTRY)
            for command in ("laboratory.enter", "laboratory.measure")
            for state in ("RECEIVED", "ENTERED")
        ),
        Transition("CORRECTING", "laboratory.enter", "CORRECTED", TECHNICIAN),
        Transition("CORRECTED", "laboratory.enter", "CORRECTED", TECHNICIAN),
        Transition("ENTERED", "laboratory.send_back", "RECEIVED", TECHNICIAN),
        Transition("CORRECTED", "laboratory.send_back", "CORRECTING", TECHNICIAN),
        Transition("ENTERED", "laboratory.verify", "REPORTED", TECHNICIAN),
        Transition("CORRECTED", "laboratory.verify", "REPORTED", TECHNICIAN),
        Transition("REPORTED", "laboratory.correct", "CORRECTING", TECHNICIAN),
        *(Transition(state, "laboratory.handlers.after_refund", "CANCELLED", SYSTEM) for state in ("PAID", "REJECTED")),
    ),
)

specimen = StateTable(
    name="specimen",
    title=N_("Specimen"),
    type="Specimen",
    states=(
        State("LABELLED", N_("Labelled"), "unavailable"),
        State("COLLECTED", N_("Collected"), "available"),
        State("RECEIVED", N_("In the laboratory"), "available"),
        State("REJECTED", N_("Rejected"), "unsatisfactory"),
        State("VOID", N_("Void"), "entered-in-error"),
    ),
    transitions=(
        Transition(None, "laboratory.label", "LABELLED", COLLECTOR),
        Transition("LABELLED", "laboratory.collect", "COLLECTED", COLLECTOR),
        Transition("LABELLED", "laboratory.handlers.after_refund", "VOID", SYSTEM),
        Transition("COLLECTED", "laboratory.receive", "RECEIVED", TECHNICIAN),
        *(Transition(state, "laboratory.reject", "REJECTED", TECHNICIAN) for state in ("COLLECTED", "RECEIVED")),
    ),
)
