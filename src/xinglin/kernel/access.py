"""The rules that are there whatever capabilities are: what everybody in the hospital sees, and the roles for FHIR."""

from xinglin.platform.access import ALL, EVERY, GENERAL, READ, RECORD, Policies, Rule

EVERYBODY = Rule((GENERAL,), READ)
"""What everybody sees who works in the hospital: all that is in nobody's record."""

POLICIES: Policies = {
    "integrator": (Rule((EVERY,), ALL, labels=("*",)),),
    "custodian": (Rule((EVERY,), READ | {"delete"}, labels=("*",)),),
    "patient": (Rule((RECORD,), READ, own=True, labels=("*",)),),
}
