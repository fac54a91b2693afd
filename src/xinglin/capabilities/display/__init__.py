"""The waiting-room display: who is called, where to, and who is next, for a television that nobody looks after."""

from xinglin.capabilities.display import screens, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

capability = Capability(
    name="display",
    title=N_("Waiting-room display"),
    modules=(views, screens),
    needs=("outpatient", "scheduling"),
    grants={"display": ("display.read",), "registrar": ("display.read",), "nurse": ("display.read",)},
    # Places in queues bear the name of their patient; the record itself is none of a display's business.
    access={"display": (Rule(("Task",), READ),)},
    order=35,
)
