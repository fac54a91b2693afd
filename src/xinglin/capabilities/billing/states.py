"""The workflows of billing."""

from xinglin.kernel.states import State, StateTable, Transition
from xinglin.kernel.text import N_

CASHIER = ("cashier",)
DESK = ("registrar", "nurse")
"""Charges the fee of a visit when it is registered, and voids it when it is cancelled; by hand the desk may neither
charge nor void, since it holds no permission for that."""
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
        State("VOIDED", N_("Voided"), "aborted"),
    ),
    transitions=(
        Transition(None, "billing.charge", "PENDING", ("doctor", "pharmacist", "cashier", *DESK)),
        Transition("PENDING", "billing.settle", "SETTLED", CASHIER),
        Transition("SETTLED", "billing.refund", "REFUNDED", CASHIER),
        Transition("PENDING", "billing.void", "VOIDED", (*DESK, "doctor", "kiosk", "app", "system")),
        Transition("PENDING", "billing.note_payment", "SETTLED", SYSTEM),
        Transition("SETTLED", "billing.pay_refund", "REFUNDED", CASHIER),
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

NOTED = "billing.note_payment"

payment = StateTable(
    name="payment",
    title=N_("Payment"),
    type="Task",
    states=(
        State("CREATED", N_("Begun"), "requested"),
        State("PENDING", N_("At the gateway"), "in-progress"),
        State("UNKNOWN", N_("No answer yet"), "on-hold"),
        State("SUCCEEDED", N_("Succeeded"), "completed"),
        State("FAILED", N_("Failed"), "failed"),
        State("CANCELLED", N_("Cancelled"), "cancelled"),
        State("REVERSED", N_("Came too late, given back"), "cancelled"),
    ),
    transitions=(
        Transition(None, "billing.begin_payment", "CREATED", CASHIER),
        *(
            Transition(before, NOTED, after, SYSTEM)
            for before in ("CREATED", "PENDING", "UNKNOWN")
            for after in ("PENDING", "UNKNOWN", "SUCCEEDED", "FAILED", "REVERSED")
            if before != after
        ),
        *(
            Transition(before, "billing.cancel_payment", "CANCELLED", CASHIER)
            for before in ("CREATED", "PENDING", "UNKNOWN")
        ),
        Transition("CANCELLED", NOTED, "REVERSED", SYSTEM),
        Transition("FAILED", NOTED, "REVERSED", SYSTEM),
    ),
)

payout = StateTable(
    name="payout",
    title=N_("Money on its way back"),
    type="Task",
    states=(
        State("REQUESTED", N_("On its way back"), "in-progress"),
        State("DONE", N_("Given back"), "completed"),
        State("FAILED", N_("Failed"), "failed"),
    ),
    transitions=(
        *(
            Transition(None, step, "REQUESTED", (*CASHIER, *SYSTEM))
            for step in ("billing.refund", "billing.pay_refund", NOTED)
        ),
        Transition("REQUESTED", "billing.note_payout", "DONE", SYSTEM),
        Transition("REQUESTED", "billing.note_payout", "FAILED", SYSTEM),
        Transition("FAILED", "billing.note_payout", "DONE", SYSTEM),
        Transition("FAILED", "billing.retry_payout", "REQUESTED", (*CASHIER, *FINANCE)),
    ),
)

refund = StateTable(
    name="refund",
    title=N_("Refund request"),
    type="Task",
    states=(
        State("REQUESTED", N_("To be approved"), "requested"),
        State("APPROVED", N_("Approved"), "accepted"),
        State("REJECTED", N_("Rejected"), "rejected"),
        State("WITHDRAWN", N_("Withdrawn"), "cancelled"),
        State("DONE", N_("Refunded"), "completed"),
    ),
    transitions=(
        Transition(None, "billing.request_refund", "REQUESTED", CASHIER),
        Transition(None, "billing.void", "APPROVED", (*DESK, "doctor", "kiosk", "app", "system")),
        Transition("REQUESTED", "billing.approve_refund", "APPROVED", FINANCE),
        Transition("REQUESTED", "billing.reject_refund", "REJECTED", FINANCE),
        Transition("REQUESTED", "billing.withdraw_refund", "WITHDRAWN", CASHIER),
        Transition("APPROVED", "billing.withdraw_refund", "WITHDRAWN", CASHIER),
        Transition("APPROVED", "billing.pay_refund", "DONE", CASHIER),
    ),
)

shift = StateTable(
    name="shift",
    title=N_("Shift"),
    type="Account",
    states=(
        State("OPEN", N_("Open"), "active"),
        State("HANDED", N_("Handed over"), "on-hold"),
        State("CLOSED", N_("Closed"), "inactive"),
    ),
    transitions=(
        Transition(None, "billing.open_shift", "OPEN", CASHIER),
        Transition("OPEN", "billing.close_shift", "HANDED", CASHIER),
        Transition("OPEN", "billing.close_shift", "CLOSED", CASHIER),
        Transition("HANDED", "billing.accept_shift", "CLOSED", CASHIER),
    ),
)
