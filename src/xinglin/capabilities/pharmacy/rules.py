"""Checks at entry of a prescription: each finding names why, and rests on a resource or on the formulary."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Alert
from xinglin.platform.i18n import gettext as _

ATC_SUBSTANCE_GROUP = 5
"""Characters of an ATC code that name the chemical subgroup (ATC level 4)."""


def allergy(medicine: Medicine, allergies: Iterable[Resource]) -> list[Alert]:
    """Blocks a medicine of a class to which the patient had a severe reaction; warns for others.

    Looks at active allergies coded by the hospital's allergens, and at the medicine's own name in those that are not.
    """
    found = []
    for item in allergies:
        name = build.concept_text(item.get("code"))
        code = build.first_code(item.get("code"), "urn:xinglin:code:allergen")
        named = bool(name) and (name in medicine.name or medicine.name in name)
        if not (named or (code is not None and code == medicine.allergen)):
            continue
        high = item.get("criticality") == "high"
        text = _("The patient is allergic to {allergen}; {medicine} belongs to it").format(
            allergen=name, medicine=medicine.name
        )
        found.append(
            Alert("block" if high else "warning", "allergy", text, "medicine", f"AllergyIntolerance/{item['id']}")
        )
    return found


def duplicate(medicine: Medicine, others: Sequence[tuple[Medicine, str]]) -> list[Alert]:
    """Blocks the same medicine twice in a visit, warns for one of the same ATC subgroup. `others` with references."""
    found = []
    for other, evidence in others:
        if other.code == medicine.code:
            text = _("{medicine} is on the prescription already").format(medicine=medicine.name)
            found.append(Alert("block", "duplicate", text, "medicine", evidence))
        elif other.atc[:ATC_SUBSTANCE_GROUP] == medicine.atc[:ATC_SUBSTANCE_GROUP]:
            text = _("{medicine} and {other} belong to the same group").format(medicine=medicine.name, other=other.name)
            found.append(Alert("warning", "duplicate-group", text, "medicine", evidence))
    return found


def daily_dose(medicine: Medicine, dose: Decimal, times_a_day: Decimal) -> list[Alert]:
    """Blocks more than twice the highest daily dose, warns above the highest. `dose` in the medicine's unit."""
    daily = dose * times_a_day
    if daily <= medicine.max_daily:
        return []
    text = _("{daily} {unit} a day; at most {limit} {unit} is usual for adults").format(
        daily=f"{daily.normalize():f}", limit=f"{medicine.max_daily.normalize():f}", unit=medicine.strength_unit
    )
    return [Alert("block" if daily > 2 * medicine.max_daily else "warning", "dose", text, "dose")]


def age(medicine: Medicine, years: int | None) -> list[Alert]:
    """Warns when the patient is younger than the medicine is meant for, or of unknown age."""
    if years is None:
        return [Alert("warning", "age-unknown", _("The patient's age is unknown"), "medicine")]
    if years >= medicine.min_age:
        return []
    text = _("{medicine} is meant for patients of {limit} years and over; the patient is {years}").format(
        medicine=medicine.name, limit=medicine.min_age, years=years
    )
    return [Alert("warning", "age", text, "medicine")]
