"""Jobs: what runs, waits or failed behind the screens; and for whoever asked for some of it, how far it is."""

from collections.abc import Mapping

from xinglin.capabilities.jobs import commands, own, screens, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

GRANTS: Mapping[str, tuple[str, ...]] = {
    "administrator": ("jobs.read", "jobs.manage"),
    "integrator": ("jobs.own",),
}

capability = Capability(
    name="jobs",
    title=N_("Jobs"),
    modules=(commands, own, views, screens),
    grants=GRANTS,
    order=95,
)
