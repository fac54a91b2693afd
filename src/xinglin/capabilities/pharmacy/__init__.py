"""Pharmacy: the formulary, prescriptions from draft to dispensing, and the stock."""

from xinglin.capabilities.pharmacy import commands, dispensing, handlers, screens, seed, states, stock, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="pharmacy",
    title=N_("Pharmacy"),
    modules=(commands, dispensing, handlers, stock, states, views, screens),
    needs=("patients", "billing"),
    grants={
        "doctor": ("pharmacy.read", "pharmacy.prescribe"),
        "pharmacist": ("pharmacy.read", "pharmacy.review", "pharmacy.dispense", "pharmacy.stock"),
        "cashier": (),
        "system": ("pharmacy.read", "pharmacy.stock"),
    },
    seed=seed.seed,
    order=40,
)
