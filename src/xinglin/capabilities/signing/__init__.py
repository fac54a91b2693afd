"""Signing: electronic signatures of what people write, and whether it is still that."""

from xinglin.capabilities.signing import commands, screens, stamps, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="signing",
    title=N_("Signatures"),
    modules=(commands, stamps, views, screens),
    grants={
        "doctor": ("signing.sign", "signing.verify"),
        "nurse": ("signing.verify",),
        "pharmacist": ("signing.verify",),
        "custodian": ("signing.verify",),
        "integrator": ("signing.verify",),
        "system": ("signing.stamp",),
    },
    order=86,
)
