"""The roles of a hospital, and what people call them."""

from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

ROLES = {
    "registrar": N_("Registrar"),
    "nurse": N_("Nurse"),
    "doctor": N_("Doctor"),
    "head": N_("Head of department"),
    "pharmacist": N_("Pharmacist"),
    "cashier": N_("Cashier"),
    "technician": N_("Laboratory technician"),
    "radiographer": N_("Radiographer"),
    "radiologist": N_("Radiologist"),
    "records": N_("Medical records officer"),
    "accountant": N_("Accountant"),
    "manager": N_("Manager"),
    "integrator": N_("Integrator"),
    "custodian": N_("Custodian"),
    "auditor": N_("Auditor"),
    "administrator": N_("Administrator"),
    "app": N_("Booking app"),
    "kiosk": N_("Kiosk"),
    "display": N_("Waiting-room display"),
    "system": N_("System"),
}

FHIR_PERMISSIONS = {
    "integrator": frozenset({"fhir.read", "fhir.write", "fhir.export", "fhir.import"}),
    "custodian": frozenset({"fhir.read", "fhir.expunge"}),
}
"""What roles may do by FHIR REST beside reading, which everybody may as far as the rules of their roles let them see
anything. The wards write by commands, which know the workflows. To remove versions for good is for the custodian alone,
who can't write any."""


def role_name(code: str) -> str:
    """The name of a role; a role that nobody has named stands for itself."""
    return _(ROLES[code]) if code in ROLES else code
