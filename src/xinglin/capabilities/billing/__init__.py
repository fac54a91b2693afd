"""Billing: prices, charges, settlement and refunds; every cent goes through the ledger."""

from xinglin.capabilities.billing import (
    choosing,
    commands,
    desk_views,
    events,
    intents,
    price_files,
    price_views,
    pricing,
    printouts,
    refunds,
    screens,
    seed,
    services,
    settling,
    shifts,
    states,
    views,
    voiding,
)
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

MONEY = ("Account", "ChargeItem", "Coverage", "Invoice")
TAGS = "billing.price_tags"
"""Lets one see what something costs; everybody may who orders, hands over or charges."""

capability = Capability(
    name="billing",
    title=N_("Billing"),
    modules=(
        commands,
        services,
        settling,
        choosing,
        intents,
        refunds,
        shifts,
        pricing,
        price_files,
        states,
        events,
        views,
        desk_views,
        price_views,
        printouts,
        screens,
        voiding,
    ),
    needs=("patients",),
    grants={
        "accountant": (
            *("billing.read", "billing.prices", "billing.approve_prices", "billing.approve_refunds"),
            TAGS,
        ),
        "cashier": ("billing.read", "billing.payer", "billing.settle", "billing.refund", "billing.charge", TAGS),
        "doctor": ("billing.charge", TAGS),
        "manager": (
            *("billing.read", "billing.prices", "billing.approve_prices", "billing.approve_refunds"),
            TAGS,
        ),
        "nurse": (TAGS,),
        "pharmacist": ("billing.charge", TAGS),
        "registrar": ("billing.payer", TAGS),
        "system": ("billing.read", "billing.prices", "billing.set_price", "billing.gateway", TAGS),
    },
    access={
        **{role: (Rule(MONEY, READ, campus=True, labels=("*",)),) for role in ("doctor", "pharmacist")},
        # Who answers for the money sees whose it was, and nothing of why they came.
        **{
            role: (Rule((*MONEY, "Encounter", "Patient", "Task"), READ, campus=True, labels=("*",)),)
            for role in ("accountant", "cashier", "manager")
        },
    },
    seed=seed.seed,
    order=50,
)
