"""The table: what happens to an element, by its path or else by its data type. What is not in it is left out.

`KEEP` leaves a value as it is; `WALK` goes on with the parts of it; the others are told at their names. Texts that
people write, names, numbers, addresses below the city, attachments, notes, narratives, signatures, contained resources
and extensions are in no line, and so in no export.
"""

from collections.abc import Mapping

KEEP, WALK = "keep", "walk"
SHIFT = "shift"
"""A date, earlier by the patient's days; without a patient it is left out."""
REFER = "refer"
"""A reference by the pseudonym of its target, without display and identifier; others than `Type/id` are left out."""
BIRTH = "birth"
"""A birth date, shifted; of who is or became 90 and more, only the year of somebody who is 90."""
AGE = "age"
"""An age, of more than 89 years as 90."""
CITY = "city"
"""The name of a city, state or country, where it looks like one: short and without digits."""
SYSTEM = "system"
"""The URI of a code system."""
UNIT = "unit"
"""A unit, where it looks like one."""

TYPES = frozenset(
    {
        "AllergyIntolerance",
        "CarePlan",
        "ChargeItem",
        "Claim",
        "Condition",
        "Device",
        "DiagnosticReport",
        "Encounter",
        "EpisodeOfCare",
        "ExplanationOfBenefit",
        "FamilyMemberHistory",
        "Goal",
        "ImagingStudy",
        "Immunization",
        "Medication",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "Patient",
        "Procedure",
        "ServiceRequest",
        "Specimen",
    }
)
"""The resource types that are exported. Of staff, places, organizations and documents there are only pseudonyms."""

BY_TYPE: Mapping[str, str] = {
    "Address": WALK,
    "Age": AGE,
    "CodeableConcept": WALK,
    "Coding": WALK,
    "Count": WALK,
    "Distance": WALK,
    "Dosage": WALK,
    "Duration": WALK,
    "Money": WALK,
    "Period": WALK,
    "Quantity": AGE,
    "Range": WALK,
    "Ratio": WALK,
    "Reference": REFER,
    "Timing": WALK,
    "boolean": KEEP,
    "code": KEEP,
    "date": SHIFT,
    "dateTime": SHIFT,
    "decimal": KEEP,
    "instant": SHIFT,
    "integer": KEEP,
    "positiveInt": KEEP,
    "time": KEEP,
    "unsignedInt": KEEP,
}
"""By data type; backbones, such as `Observation.component`, are walked through."""

LEAVE_OUT = ""
BY_PATH: Mapping[str, str] = {
    "Address.city": CITY,
    "Address.country": CITY,
    "Address.period": LEAVE_OUT,
    "Address.state": CITY,
    "Coding.system": SYSTEM,
    "Patient.birthDate": BIRTH,
    "Patient.contact": LEAVE_OUT,
    "Patient.link": LEAVE_OUT,
    "Patient.multipleBirth": LEAVE_OUT,
    "Quantity.system": SYSTEM,
    "Quantity.unit": UNIT,
    "Age.system": SYSTEM,
    "Age.unit": UNIT,
    "Count.system": SYSTEM,
    "Count.unit": UNIT,
    "Distance.system": SYSTEM,
    "Distance.unit": UNIT,
    "Duration.system": SYSTEM,
    "Duration.unit": UNIT,
    "Immunization.education": LEAVE_OUT,
    "Device.expirationDate": LEAVE_OUT,
    "Device.manufactureDate": LEAVE_OUT,
}
"""By path, which goes before the data type."""


def action(path: str, data_type: str) -> str:
    """What happens to an element: `path` is its type or backbone and its name, such as `Patient.birthDate`."""
    found = BY_PATH.get(path)
    if found is not None:
        return found
    return WALK if "." in data_type else BY_TYPE.get(data_type, LEAVE_OUT)
