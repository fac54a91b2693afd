"""The workflow of a charge."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

CASHIER = ("cashier",)

charge = StateTable(
    name="charge",
    title=N_("Charge"),
    type="ChargeItem",
    states=(
        State("PENDING", N_("To be paid"), "billable"),
        State("SETTLED", N_("Paid"), "billed"),
        State("REFUNDED", N_("Refunded"), "aborted"),
    ),
    transitions=(
        Transition(None, "billing.charge", "PENDING", ("doctor", "pharmacist", "cashier")),
        Transition("PENDING", "billing.settle", "SETTLED", CASHIER),
        Transition("SETTLED", "billing.refund", "REFUNDED", CASHIER),
    ),
)
