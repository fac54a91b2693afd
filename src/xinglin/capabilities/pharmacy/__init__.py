"""Pharmacy: the formulary, prescriptions from draft to dispensing, and the stock."""

from xinglin.capabilities.pharmacy import (
    commands,
    counting,
    dispensing,
    events,
    handlers,
    herbal,
    issuing,
    printouts,
    reserving,
    reviewing,
    rights,
    screens,
    seed,
    skintests,
    states,
    stock,
    transfers,
    views,
    views_card,
    views_stock,
    views_window,
)
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

capability = Capability(
    name="pharmacy",
    title=N_("Pharmacy"),
    modules=(
        commands,
        herbal,
        issuing,
        rights,
        skintests,
        reviewing,
        reserving,
        dispensing,
        handlers,
        events,
        stock,
        transfers,
        counting,
        states,
        views,
        views_window,
        views_stock,
        views_card,
        screens,
        printouts,
    ),
    needs=("patients", "billing", "signing"),
    grants={
        "doctor": ("pharmacy.read", "pharmacy.prescribe", "pharmacy.skin_test"),
        "nurse": ("pharmacy.skin_test",),
        "pharmacist": ("pharmacy.read", "pharmacy.review", "pharmacy.dispense", "pharmacy.stock"),
        "cashier": (),
        "manager": ("pharmacy.rights",),
        "system": ("pharmacy.read", "pharmacy.stock", "pharmacy.close"),
    },
    access={
        # Signatures too: a prescription is dispensed because a doctor answers for it.
        "pharmacist": (
            Rule(("MedicationRequest", "MedicationDispense", "Task", "Provenance"), READ, campus=True, labels=("*",)),
            Rule(("SupplyRequest", "SupplyDelivery"), READ),
        ),
        "cashier": (Rule(("MedicationRequest", "MedicationDispense", "Task"), READ, campus=True, labels=("*",)),),
    },
    seed=seed.seed,
    order=40,
)
