"""Administration: accounts and posts, departments and campuses, what roles may do, services and their keys."""

from xinglin.capabilities.administration import (
    accounts,
    importing,
    organization,
    policies,
    posts,
    screens,
    services,
    views,
)
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="administration",
    title=N_("Administration"),
    modules=(accounts, posts, organization, services, policies, importing, views, screens),
    grants={
        "administrator": (
            "administration.read",
            "administration.accounts",
            "administration.posts",
            "administration.organization",
            "administration.services",
            "administration.policies",
        )
    },
    order=90,
)
