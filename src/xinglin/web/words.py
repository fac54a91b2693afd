"""Codes that people see: what a code of FHIR or of this house is called in the reader's language."""

from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

WORDS = {
    "male": N_("Male"),
    "female": N_("Female"),
    "other": N_("Other"),
    "unknown": N_("Unknown"),
    "mild": N_("Mild"),
    "moderate": N_("Moderate"),
    "severe": N_("Severe"),
    "cash": N_("Cash"),
    "card": N_("Bank card"),
    "wechat": N_("WeChat Pay"),
    "alipay": N_("Alipay"),
    "insurance": N_("Medical insurance"),
}
ROLES = {
    "registrar": N_("Registrar"),
    "doctor": N_("Doctor"),
    "nurse": N_("Nurse"),
    "pharmacist": N_("Pharmacist"),
    "cashier": N_("Cashier"),
    "system": N_("System"),
}

TONES = {
    "WAITING": "info",
    "RESERVED": "info",
    "REGISTERED": "info",
    "CREATED": "info",
    "CALLED": "warn",
    "PENDING": "warn",
    "PENDING_FEE": "warn",
    "PENDING_MEDICATION": "warn",
    "REVIEWED": "brand",
    "PAID": "brand",
    "IN_CONSULT": "brand",
    "SERVING": "brand",
    "DISPENSING": "brand",
    "ARRIVED": "good",
    "SETTLED": "good",
    "FINISHED": "good",
    "DISPENSED": "good",
    "REJECTED": "danger",
    "NO_SHOW": "danger",
}
"""Colours of states; all others are grey."""


def tone(state: str) -> str:
    """The tone of a tag that shows `state`."""
    return TONES.get(state, "plain")


def word(code: str) -> str:
    """The word for a code; a code that nobody has named stands for itself."""
    return _(WORDS[code]) if code in WORDS else code


def role(code: str) -> str:
    """The name of a role."""
    return _(ROLES[code]) if code in ROLES else code
