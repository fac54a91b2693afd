"""Who may see and change what: rules of the roles, bound to whoever acts."""

from xinglin.platform.access.grants import Grant, Unlimited
from xinglin.platform.access.rules import (
    ALL,
    CHANGE,
    EVERY,
    GENERAL,
    READ,
    RECORD,
    Policies,
    Rule,
    RuleError,
)

__all__ = ["ALL", "CHANGE", "EVERY", "GENERAL", "READ", "RECORD", "Grant", "Policies", "Rule", "RuleError", "Unlimited"]
