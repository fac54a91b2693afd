"""Codes that people see: what a code of FHIR or of this house is called in the reader's language."""

from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

WORDS = {
    # R4 administrative-gender, reaction-event-severity, condition-ver-status, medicationrequest-status
    "male": N_("Male"),
    "female": N_("Female"),
    "other": N_("Other"),
    "unknown": N_("Unknown"),
    "mild": N_("Mild"),
    "moderate": N_("Moderate"),
    "severe": N_("Severe"),
    "confirmed": N_("Confirmed"),
    "provisional": N_("Provisional"),
    "active": N_("Active"),
    "stopped": N_("Stopped"),
    "completed": N_("Completed"),
    "cancelled": N_("Cancelled"),
    "on-hold": N_("On hold"),
    "draft": N_("Draft"),
    "closed": N_("Closed"),
    "ended": N_("Ended"),
    "yes": N_("Yes"),
    "due": N_("To be changed"),
    "revoked": N_("Revoked"),
    "off": N_("Switched off"),
    "held": N_("Held"),
    "resting": N_("Resting"),
    "expired": N_("Expired"),
    "entered-in-error": N_("Entered in error"),
    # v3-ActCode: class of an Encounter
    "AMB": N_("Outpatient"),
    "EMER": N_("Emergency"),
    "IMP": N_("Inpatient"),
    "HH": N_("Home care"),
    "VR": N_("Telemedicine"),
    # action and outcome of an entry of the audit
    "read": N_("Seen"),
    "print": N_("Printed"),
    "write": N_("Changed"),
    "command": N_("Done"),
    "event": N_("By the system"),
    "sign-in": N_("Signed in"),
    "sign-out": N_("Signed out"),
    "success": N_("Succeeded"),
    "refused": N_("Refused"),
    "failed": N_("Failed"),
    # entry of an order set
    "diagnosis": N_("Diagnosis"),
    "note": N_("Record"),
    "order": N_("Order"),
    # payment
    "cash": N_("Cash"),
    "card": N_("Bank card"),
    "qr": N_("Mobile payment"),
    "routine": N_("Routine"),
    "urgent": N_("Urgent"),
    "stat": N_("Immediately"),
    "mixed": N_("Several ways"),
    "rounding": N_("Rounding"),
    "none": N_("Nothing to pay"),
    # frequency and route of a medicine
    "qd": N_("Once a day"),
    "bid": N_("Twice a day"),
    "tid": N_("Three times a day"),
    "qid": N_("Four times a day"),
    "qn": N_("Once at night"),
    "qod": N_("Every other day"),
    "qw": N_("Once a week"),
    "once": N_("Once only"),
    "oral": N_("By mouth"),
    "inhalation": N_("Inhaled"),
    "topical": N_("On the skin"),
    "sublingual": N_("Under the tongue"),
    # allergens
    "penicillin": N_("Penicillins"),
    "cephalosporin": N_("Cephalosporins"),
    "sulfonamide": N_("Sulfonamides"),
    "nsaid": N_("NSAIDs"),
    "iodine-contrast": N_("Iodinated contrast media"),
    "quinolone": N_("Quinolones"),
    "macrolide": N_("Macrolides"),
    "seafood": N_("Seafood"),
    "egg": N_("Egg"),
    "pollen": N_("Pollen"),
    "latex": N_("Latex"),
    "other-allergen": N_("Other"),
    # risks and needs of patients
    "fall-risk": N_("High risk of falling"),
    "pressure-injury-risk": N_("High risk of pressure injury"),
    "thrombosis-risk": N_("High risk of thromboembolism"),
    "bleeding-risk": N_("High risk of bleeding"),
    "difficult-airway": N_("Difficult airway"),
    "implant": N_("Implant (pacemaker, metal)"),
    "contact-isolation": N_("Contact isolation"),
    "droplet-isolation": N_("Droplet isolation"),
    "airborne-isolation": N_("Airborne isolation"),
    "blood-borne": N_("Blood-borne precautions"),
    "self-harm": N_("Risk of self-harm"),
    "violence": N_("Risk of violence"),
    "pregnant": N_("Pregnant"),
    "breastfeeding": N_("Breastfeeding"),
    "hearing": N_("Hard of hearing"),
    "vision": N_("Low vision"),
    "interpreter": N_("Needs an interpreter"),
    "mobility": N_("Needs help to move"),
    "vip": N_("VIP"),
    "other-risk": N_("Other risk"),
}
TONES = {
    "IN_FORCE": "warn",
    "WAITING": "info",
    "RESERVED": "info",
    "REGISTERED": "info",
    "CREATED": "info",
    "CALLED": "warn",
    "PENDING": "warn",
    "PENDING_FEE": "warn",
    "PENDING_MEDICATION": "warn",
    "IN_EXECUTION": "brand",
    "REVIEWED": "brand",
    "PAID": "brand",
    "IN_CONSULT": "brand",
    "SERVING": "brand",
    "DISPENSING": "brand",
    "PROPOSED": "warn",
    "REQUESTED": "warn",
    "UNKNOWN": "warn",
    "OPEN": "info",
    "HANDED": "warn",
    "DONE": "good",
    "SUCCEEDED": "good",
    "FAILED": "danger",
    "APPROVED": "good",
    "ARRIVED": "good",
    "SETTLED": "good",
    "FINISHED": "good",
    "DISPENSED": "good",
    "ACTIVE": "good",
    "SUBMITTED": "warn",
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


def label_of(code: str, label: str) -> str:
    """The word for a code where there is one, else the declared `label`, translated where the catalogue has it."""
    return _(WORDS[code]) if code in WORDS else _(label)
