"""Critical findings: results that a doctor must hear of at once, from sending to what was done about them."""

from xinglin.capabilities.critical import commands, screens, states, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import READ, Rule

_OF = f"code={commands.TASK_CODE}"
_ALL = (Rule(("Task",), READ, criteria=_OF, labels=("*",)),)
_THEIRS = (
    Rule(("Task",), READ, criteria=f"{_OF}&owner=%practitioner", labels=("*",)),
    Rule(("Task",), READ, criteria=f"{_OF}&_tag={commands.FOR_DEPARTMENT}|%department", labels=("*",)),
)

capability = Capability(
    name="critical",
    title=N_("Critical findings"),
    modules=(commands, states, views, screens),
    needs=("patients",),
    grants={
        "doctor": ("critical.answer",),
        "technician": ("critical.send", "critical.follow"),
        "radiographer": ("critical.send", "critical.follow"),
        "radiologist": ("critical.send", "critical.follow"),
        "system": ("critical.escalate",),
    },
    access={"technician": _ALL, "radiographer": _ALL, "radiologist": _ALL, "doctor": _THEIRS},
    order=46,
)
