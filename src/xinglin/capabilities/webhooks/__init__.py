"""Webhooks: who outside of the house is told of what happens in it, and where."""

from xinglin.capabilities.webhooks import commands, screens, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="webhooks",
    title=N_("Webhooks"),
    modules=(commands, views, screens),
    needs=("administration",),
    grants={"administrator": ("webhooks.read", "webhooks.manage")},
    order=95,
)
