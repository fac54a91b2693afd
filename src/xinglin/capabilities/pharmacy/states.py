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

purchase = StateTable(
    name="purchase",
    title=N_("Purchase order"),
    type="SupplyRequest",
    states=(
        State("ORDERED", N_("Ordered"), "active"),
        State("ARRIVED", N_("All received"), "completed"),
        State("CANCELLED", N_("Cancelled"), "cancelled"),
    ),
    transitions=(
        Transition(None, "pharmacy.order_stock", "ORDERED", PHARMACIST),
        Transition("ORDERED", "pharmacy.receive_stock", "ARRIVED", PHARMACIST),
        Transition("ORDERED", "pharmacy.cancel_order", "CANCELLED", PHARMACIST),
    ),
)

transfer = StateTable(
    name="transfer",
    title=N_("Transfer"),
    type="SupplyDelivery",
    states=(
        State("SENT", N_("On the way"), "in-progress"),
        State("RECEIVED", N_("Received"), "completed"),
        State("SENT_BACK", N_("Sent back"), "abandoned"),
    ),
    transitions=(
        Transition(None, "pharmacy.transfer", "SENT", PHARMACIST),
        Transition("SENT", "pharmacy.confirm_transfer", "RECEIVED", PHARMACIST),
        Transition("SENT", "pharmacy.refuse_transfer", "SENT_BACK", PHARMACIST),
    ),
)

adjustment = StateTable(
    name="adjustment",
    title=N_("Adjustment of stock"),
    type="Task",
    states=(
        State("TO_APPROVE", N_("To be approved"), "requested"),
        State("AGREES", N_("Agrees with the books"), "completed"),
        State("APPROVED", N_("Approved"), "completed"),
        State("REFUSED", N_("Refused"), "rejected"),
    ),
    transitions=(
        Transition(None, "pharmacy.count", "TO_APPROVE", PHARMACIST),
        Transition(None, "pharmacy.count", "AGREES", PHARMACIST),
        Transition(None, "pharmacy.report_loss", "TO_APPROVE", PHARMACIST),
        Transition("TO_APPROVE", "pharmacy.approve_adjustment", "APPROVED", PHARMACIST),
        Transition("TO_APPROVE", "pharmacy.refuse_adjustment", "REFUSED", PHARMACIST),
    ),
)
