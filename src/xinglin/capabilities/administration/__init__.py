"""Administration: services and the keys by which they come in."""

from xinglin.capabilities.administration import screens, services, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="administration",
    title=N_("Administration"),
    modules=(services, views, screens),
    grants={"administrator": ("administration.read", "administration.services")},
    order=90,
)
