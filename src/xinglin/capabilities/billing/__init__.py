"""Billing: prices, charges, settlement and refunds; every cent goes through the ledger."""

from xinglin.capabilities.billing import (
    commands,
    events,
    price_files,
    price_views,
    pricing,
    refunds,
    screens,
    seed,
    services,
    states,
    views,
)
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

MONEY = ("Account", "ChargeItem", "Invoice")
TAGS = "billing.price_tags"
"""Lets one see what something costs; everybody may who orders, hands over or charges."""

capability = Capability(
    name="billing",
    title=N_("Billing"),
    modules=(commands, services, refunds, pricing, price_files, states, events, views, price_views, screens),
    needs=("patients",),
    grants={
        "accountant": ("billing.read", "billing.prices", "billing.approve_prices", TAGS),
        "cashier": ("billing.read", "billing.settle", "billing.refund", "billing.charge", TAGS),
        "doctor": ("billing.charge", TAGS),
        "manager": ("billing.read", "billing.prices", "billing.approve_prices", TAGS),
        "nurse": (TAGS,),
        "pharmacist": ("billing.charge", TAGS),
        "registrar": (TAGS,),
        "system": ("billing.read", "billing.prices", "billing.set_price", TAGS),
    },
    access={
        role: (Rule(MONEY, READ, campus=True, labels=("*",)),)
        for role in ("accountant", "cashier", "doctor", "manager", "pharmacist")
    },
    seed=seed.seed,
    order=50,
)
