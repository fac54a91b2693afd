"""Checks at entry that look at the patient: age, sex, pregnancy, lactation, kidneys, diseases, skin test."""

from datetime import timedelta

from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.knowledge import Knowledge
from xinglin.capabilities.pharmacy.patient import TEST_HOLDS, Patient
from xinglin.capabilities.pharmacy.rules import evidence_of
from xinglin.kernel.errors import Alert
from xinglin.platform.i18n import gettext as _

FERTILE = range(12, 56)
"""Ages at which a pregnancy is thought of."""


def age(medicine: Medicine, years: int | None) -> list[Alert]:
    """Warns when the patient is younger than the medicine is meant for, or of unknown age."""
    if years is None:
        return [Alert("warning", "age-unknown", _("The patient's age is unknown"), "medicine")]
    if years >= medicine.min_age:
        return []
    text = _("{medicine} is meant for patients of {limit} years and over; the patient is {years}").format(
        medicine=medicine.name, limit=medicine.min_age, years=years
    )
    return [Alert("warning", "age", text, "medicine", evidence_of(medicine))]


def sex(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Blocks what is given to the other sex only; warns where the patient's is not known."""
    if knowledge.sex in (None, patient.sex):
        return []
    known = patient.sex in ("male", "female")
    who = _("men") if knowledge.sex == "male" else _("women")
    text = _("{medicine} is for {who} only").format(medicine=medicine.name, who=who)
    return [Alert("block" if known else "warning", "sex", text, "medicine", evidence_of(medicine))]


def pregnancy(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Blocks in pregnancy what is contraindicated then, warns of what is weighed up; tells of a pregnancy that nobody
    has asked for."""
    if patient.pregnant is not None:
        if knowledge.pregnancy == "never":
            text = _("The patient is pregnant; {medicine} is contraindicated in pregnancy").format(
                medicine=medicine.name
            )
            return [Alert("block", "pregnancy", text, "medicine", patient.pregnant.evidence)]
        if knowledge.pregnancy != "allowed":
            text = _("The patient is pregnant; {medicine} only where its benefit outweighs the risk").format(
                medicine=medicine.name
            )
            return [Alert("warning", "pregnancy", text, "medicine", patient.pregnant.evidence)]
        return []
    if knowledge.pregnancy == "never" and patient.sex == "female" and patient.years in FERTILE:
        text = _("{medicine} is contraindicated in pregnancy; please ask whether the patient may be pregnant").format(
            medicine=medicine.name
        )
        return [Alert("information", "pregnancy-unknown", text, "medicine", evidence_of(medicine))]
    return []


def lactation(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Warns where a nursing mother gets what passes into the milk."""
    if patient.lactating is None or knowledge.lactation in (None, "allowed"):
        return []
    text = (
        _("The patient is breastfeeding; {medicine} is not given then, or breastfeeding is stopped")
        if knowledge.lactation == "never"
        else _("The patient is breastfeeding; {medicine} only where its benefit outweighs the risk")
    ).format(medicine=medicine.name)
    return [Alert("warning", "lactation", text, "medicine", patient.lactating.evidence)]


def kidneys(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Tells where the dose depends on kidneys of which nothing recent is known."""
    if patient.egfr is not None or not any(limit.egfr for limit in knowledge.limits):
        return []
    text = _("{medicine} depends on the kidneys; no eGFR or creatinine of the last 180 days is on record").format(
        medicine=medicine.name
    )
    return [Alert("information", "kidney-unknown", text, "medicine", evidence_of(medicine))]


def diseases(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Blocks or warns where the patient has a disease that speaks against the medicine."""
    found = []
    for against in knowledge.against:
        fact = patient.ill_with(against.icd)
        if fact is None:
            continue
        text = (
            _("{medicine} is contraindicated with diagnosis {code}")
            if against.level == "block"
            else _("{medicine} is avoided with diagnosis {code}")
        ).format(medicine=medicine.name, code=fact.value)
        level = "block" if against.level == "block" else "warning"
        found.append(Alert(level, "contraindication", text, "medicine", fact.evidence))  # type: ignore[arg-type]
    return found


def skin_test(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Blocks without a negative skin test of the last 72 hours, and after a positive one."""
    if knowledge.skin_test is None:
        return []
    own = [each for each in patient.skin_tests if each.allergen == knowledge.skin_test]
    newest = max(own, key=lambda each: each.at, default=None)
    if newest is not None and newest.positive:
        text = _("The skin test for {medicine} was positive").format(medicine=medicine.name)
        return [Alert("block", "skin-test", text, "medicine", newest.evidence)]
    if newest is None or patient.now - newest.at > TEST_HOLDS or newest.at - patient.now > timedelta(minutes=5):
        text = _("{medicine} needs a negative skin test of the last 72 hours; please order the skin test first").format(
            medicine=medicine.name
        )
        return [Alert("block", "skin-test", text, "medicine", evidence_of(medicine))]
    return []
