"""Billing: prices, charges, settlement and refunds; every cent goes through the ledger."""

from xinglin.capabilities.billing import commands, refunds, screens, seed, states, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="billing",
    title=N_("Billing"),
    modules=(commands, refunds, states, views, screens),
    needs=("patients",),
    grants={
        "cashier": ("billing.read", "billing.settle", "billing.refund", "billing.charge"),
        "doctor": ("billing.charge",),
        "pharmacist": ("billing.charge",),
        "manager": ("billing.read", "billing.prices"),
        "system": ("billing.read", "billing.prices"),
    },
    seed=seed.seed,
    order=50,
)
