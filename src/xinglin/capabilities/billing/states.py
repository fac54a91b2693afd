"""The workflow of a charge."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

CASHIER = ("cashier",)
DESK = ("registrar", "nurse")
"""Charges the fee of a visit when it is registered, and gives it back when it is cancelled; by hand the desk may
neither charge nor refund, since it holds no permission for that."""

charge = StateTable(
    name="charge",
    title=N_("Charge"),
    type="ChargeItem",
    states=(
        State("PENDING", N_("To be paid"), "billable"),
        State("SETTLED", N_("Paid"), "billed"),
        State("REFUNDED", N_("Refunded"), "aborted"),
        State("VOIDED", N_("Voided"), "aborted"),
    ),
    transitions=(
        Transition(None, "billing.charge", "PENDING", ("doctor", "pharmacist", "cashier", *DESK)),
        Transition("PENDING", "billing.settle", "SETTLED", CASHIER),
        Transition("SETTLED", "billing.refund", "REFUNDED", (*CASHIER, *DESK)),
        Transition("PENDING", "billing.void", "VOIDED", (*DESK, "doctor", "kiosk", "app", "system")),
    ),
)
