"""The workflows of billing."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

CASHIER = ("cashier",)
FINANCE = ("accountant", "manager")
SYSTEM = ("system",)

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

price = StateTable(
    name="price",
    title=N_("Price"),
    type="ChargeItemDefinition",
    states=(
        State("PROPOSED", N_("Proposed"), "draft"),
        State("APPROVED", N_("Approved"), "active"),
        State("REJECTED", N_("Rejected"), "retired"),
        State("WITHDRAWN", N_("Withdrawn"), "retired"),
    ),
    transitions=(
        Transition(None, "billing.set_price", "APPROVED", SYSTEM),
        Transition(None, "billing.propose_price", "PROPOSED", FINANCE),
        Transition(None, "billing.import_prices", "PROPOSED", FINANCE),
        Transition("PROPOSED", "billing.add_variant", "PROPOSED", FINANCE),
        Transition("PROPOSED", "billing.remove_variant", "PROPOSED", FINANCE),
        Transition("PROPOSED", "billing.approve_prices", "APPROVED", FINANCE),
        Transition("PROPOSED", "billing.reject_prices", "REJECTED", FINANCE),
        Transition("PROPOSED", "billing.withdraw_prices", "WITHDRAWN", FINANCE),
        Transition("APPROVED", "billing.withdraw_prices", "WITHDRAWN", FINANCE),
    ),
)
