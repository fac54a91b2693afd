"""Billing: prices, charges, settlement and refunds; every cent goes through the ledger."""

from xinglin.capabilities.billing import commands, events, refunds, screens, seed, services, states, views, voiding
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

capability = Capability(
    name="billing",
    title=N_("Billing"),
    modules=(commands, services, refunds, states, events, views, screens, voiding),
    needs=("patients",),
    grants={
        "cashier": ("billing.read", "billing.settle", "billing.refund", "billing.charge"),
        "doctor": ("billing.charge",),
        "pharmacist": ("billing.charge",),
        "manager": ("billing.read", "billing.prices"),
        "system": ("billing.read", "billing.prices"),
    },
    access={
        role: (Rule(("Account", "ChargeItem", "Invoice"), READ, campus=True, labels=("*",)),)
        for role in ("cashier", "doctor", "manager", "pharmacist")
    },
    seed=seed.seed,
    order=50,
)
