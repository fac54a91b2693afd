"""The roles of a hospital, and what people call them."""

from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

ROLES = {
    "registrar": N_("Registrar"),
    "nurse": N_("Nurse"),
    "doctor": N_("Doctor"),
    "pharmacist": N_("Pharmacist"),
    "cashier": N_("Cashier"),
    "manager": N_("Manager"),
    "integrator": N_("Integrator"),
    "custodian": N_("Custodian"),
    "administrator": N_("Administrator"),
    "system": N_("System"),
}

FHIR_PERMISSIONS = {
    "integrator": frozenset({"fhir.read", "fhir.write", "fhir.export", "fhir.import"}),
    "custodian": frozenset({"fhir.read", "fhir.expunge"}),
}
"""Roles that may use FHIR REST: no role of the wards, since it reaches everybody's record. To remove versions for good
is for the custodian alone, who can't write any."""


def role_name(code: str) -> str:
    """The name of a role; a role that nobody has named stands for itself."""
    return _(ROLES[code]) if code in ROLES else code
