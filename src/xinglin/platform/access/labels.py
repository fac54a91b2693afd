"""Labels of what is more sensitive than the rest of a record (HL7 v3 ActCode and Confidentiality, in meta.security).

A label on a Patient goes for all that is about this patient.
"""

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

LABELS = {
    "HIV": ACT,
    "PSY": ACT,
    "ETH": ACT,
    "STD": ACT,
    "SDV": ACT,
    "SEX": ACT,
    "CEL": ACT,
    "EMP": ACT,
    "R": CONFIDENTIALITY,
    "V": CONFIDENTIALITY,
}
"""Code → system: HIV, psychiatry, substance abuse, sexually transmitted, domestic violence, reproduction, public
figures (VIP), staff as patients; restricted and very restricted."""


def tokens(allowed: tuple[str, ...]) -> list[str]:
    """As values of the search parameter `_security`: the labels that are not among those allowed."""
    return [] if "*" in allowed else [f"{system}|{code}" for code, system in LABELS.items() if code not in allowed]
