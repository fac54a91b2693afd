"""Administration: services and the keys by which they come in."""

from xinglin.capabilities.administration import policies, screens, services, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="administration",
    title=N_("Administration"),
    modules=(services, policies, views, screens),
    grants={"administrator": ("administration.read", "administration.services", "administration.policies")},
    order=90,
)
