"""The kiosk: patients identify themselves, check in, take a number and see where they stand."""

from xinglin.capabilities.kiosk import commands, screens
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

SEEN = ("Patient", "Appointment", "Encounter", "Task", "ChargeItem")

capability = Capability(
    name="kiosk",
    title=N_("Kiosk"),
    modules=(commands, screens),
    needs=("patients", "scheduling", "outpatient"),
    # The window's places are what a kiosk gives out.
    grants={"kiosk": ("kiosk.use", "scheduling.window", "outpatient.loads")},
    access={"kiosk": (Rule(SEEN, READ, labels=("*",)),)},
    order=36,
)
