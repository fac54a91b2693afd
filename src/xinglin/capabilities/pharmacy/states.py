"""The workflow of a prescription; every line of a prescription takes its steps together with the others."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

DOCTOR = ("doctor",)
PHARMACIST = ("pharmacist",)
SYSTEM = ("system",)

prescription = StateTable(
    name="prescription",
    title=N_("Prescription"),
    type="MedicationRequest",
    states=(
        State("DRAFT", N_("Draft"), "draft"),
        State("CREATED", N_("To be reviewed"), "active"),
        State("CHECKED", N_("Second signature"), "active"),
        State("REVIEWED", N_("To be paid"), "active"),
        State("REJECTED", N_("Returned to doctor"), "on-hold"),
        State("PAID", N_("Paid"), "active"),
        State("DISPENSING", N_("Being prepared"), "active"),
        State("DISPENSED", N_("Dispensed"), "completed"),
        State("RETURNED", N_("Taken back"), "stopped"),
        State("CANCELLED", N_("Cancelled"), "cancelled"),
    ),
    transitions=(
        Transition(None, "pharmacy.prescribe", "DRAFT", DOCTOR),
        Transition(None, "pharmacy.prescribe_all", "DRAFT", DOCTOR),
        Transition(None, "pharmacy.prescribe_herbs", "DRAFT", DOCTOR),
        Transition("DRAFT", "pharmacy.issue", "CREATED", DOCTOR),
        Transition("CREATED", "pharmacy.review", "REVIEWED", PHARMACIST),
        Transition("CREATED", "pharmacy.review", "CHECKED", PHARMACIST),
        Transition("CHECKED", "pharmacy.review", "REVIEWED", PHARMACIST),
        Transition("CREATED", "pharmacy.reject", "REJECTED", PHARMACIST),
        Transition("CHECKED", "pharmacy.reject", "REJECTED", PHARMACIST),
        Transition("REJECTED", "pharmacy.withdraw", "CANCELLED", DOCTOR),
        Transition("REJECTED", "pharmacy.uphold", "CREATED", DOCTOR),
        Transition("REVIEWED", "pharmacy.handlers.after_settlement", "PAID", SYSTEM),
        Transition("PAID", "pharmacy.prepare", "DISPENSING", PHARMACIST),
        Transition("DISPENSING", "pharmacy.call", "DISPENSING", PHARMACIST),
        Transition("DISPENSING", "pharmacy.dispense", "DISPENSED", PHARMACIST),
        Transition("DISPENSED", "pharmacy.take_back", "RETURNED", PHARMACIST),
        Transition("PAID", "pharmacy.handlers.after_refund", "CANCELLED", SYSTEM),
        Transition("DISPENSING", "pharmacy.handlers.after_refund", "CANCELLED", SYSTEM),
    ),
)
