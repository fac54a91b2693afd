"""Checks at entry that look at who prescribes and by which rules: antibacterial tiers, controls, insurance.

Administration of Clinical Use of Antibacterials (Ministry of Health, order 84, 2012), articles 24 to 28; Measures for
the Administration of Prescriptions (order 53, 2007), articles 19 and 23 to 26.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.knowledge import CONTROLS, TIERS, Knowledge
from xinglin.capabilities.pharmacy.patient import Patient
from xinglin.capabilities.pharmacy.rules import Course, evidence_of
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.errors import Alert
from xinglin.platform.i18n import gettext as _

TITLE = "urn:xinglin:code:professional-title"
RIGHT = "urn:xinglin:code:prescribing-right"
TITLES = {"resident": "住院医师", "attending": "主治医师", "associate-chief": "副主任医师", "chief": "主任医师"}
RIGHTS = {"controlled": "麻醉药品、第一类精神药品处方权"}

TIER_TITLES = {
    "unrestricted": tuple(TITLES),
    "restricted": ("attending", "associate-chief", "chief"),
    "special": ("associate-chief", "chief"),
}
"""Titles that may prescribe antibacterials of a tier."""

DAYS = {
    "narcotic": {"injection": 1, "extended": 7, "other": 3},
    "psychotropic-1": {"injection": 1, "extended": 7, "other": 3},
}
DAYS_IN_PAIN = {"injection": 3, "extended": 15, "other": 7}
"""Most days of narcotics and psychotropics of class 1, and for cancer pain or severe chronic pain, by dosage form."""
METHYLPHENIDATE, HYPERACTIVITY, METHYLPHENIDATE_DAYS = "N06BA04", "F90", 15
PSYCHOTROPIC_2_DAYS = 7
PAIN = ("C", "R52.1", "R52.2")
USUAL_DAYS, LONG_DAYS = 7, 84
"""Days of a usual prescription, and of a long-term one (12 weeks)."""
CHRONIC = (
    *("B18", "C", "D86", "E03", "E05", "E10", "E11", "E13", "E14", "E78", "F0", "F2", "F3", "F41", "G20", "G30", "G40"),
    *("H40", "I10", "I11", "I12", "I13", "I15", "I20", "I25", "I42", "I48", "I50", "I69", "J44", "J45", "J47", "K21"),
    *("K50", "K51", "K58", "K70", "K74", "L40", "M05", "M06", "M10", "M15", "M16", "M17", "M32", "M45", "M81", "N03"),
    *("N04", "N18", "N40"),
)
"""Beginnings of ICD-10 codes of chronic diseases, for which a prescription may be longer than usual."""

CONTROLLED = ("narcotic", "psychotropic-1")


@dataclass(frozen=True)
class Prescriber:
    """Who prescribes: the highest title, and the rights that were granted."""

    title: str | None
    rights: frozenset[str] = frozenset()


def prescriber(practitioner: Resource) -> Prescriber:
    """What a Practitioner may prescribe, by the codes of the qualifications."""
    concepts = [each.get("code") for each in practitioner.get("qualification") or ()]
    held = [code for each in concepts if (code := build.first_code(each, TITLE)) in TITLES]
    order = list(TITLES)
    rights = frozenset(code for each in concepts if (code := build.first_code(each, RIGHT)))
    return Prescriber(max(held, key=order.index, default=None), rights)


def rights(title: str, *, controlled: bool) -> list[Json]:
    """A title and the right to prescribe controlled substances as qualifications of a Practitioner."""
    held = [{"code": build.concept(TITLE, title, TITLES[title])}]
    if controlled:
        held.append({"code": build.concept(RIGHT, "controlled", RIGHTS["controlled"])})
    return held


def tier(medicine: Medicine, knowledge: Knowledge, who: Prescriber, course: Course) -> list[Alert]:
    """Blocks an antibacterial above the doctor's title; for one day, in an emergency, it warns and asks why."""
    if knowledge.tier is None or knowledge.tier == "unrestricted" or who.title in TIER_TITLES[knowledge.tier]:
        return []
    allowed = "、".join(TITLES[each] for each in TIER_TITLES[knowledge.tier])
    text = _("{medicine} is an antibacterial of the tier {tier}; it may be prescribed by: {titles}").format(
        medicine=medicine.name, tier=TIERS[knowledge.tier], titles=allowed
    )
    if course.days > 1:
        text = " ".join((text, _("In an emergency others may for one day, with the reason")))
        return [Alert("block", "tier", text, "medicine", evidence_of(medicine))]
    return [Alert("warning", "tier", text, "medicine", evidence_of(medicine))]


def controlled(
    medicine: Medicine, knowledge: Knowledge, who: Prescriber, course: Course, patient: Patient
) -> list[Alert]:
    """Blocks narcotics and psychotropics of class 1 without the right, without the patient's identity number, and for
    longer than the law allows; of class 2 it warns above seven days, which a chronic disease may need."""
    if knowledge.control is None:
        return []
    name = CONTROLS[knowledge.control]
    evidence = evidence_of(medicine)
    if knowledge.control == "psychotropic-2":
        if course.days <= PSYCHOTROPIC_2_DAYS:
            return []
        text = _("{medicine}: {control}, at most {days} days; more only for a chronic disease, with the reason").format(
            medicine=medicine.name, control=name, days=PSYCHOTROPIC_2_DAYS
        )
        return [Alert("warning", "controlled-days", text, "days", evidence)]
    found = []
    if "controlled" not in who.rights:
        text = _("{medicine}: {control}; you have not been granted the right to prescribe it").format(
            medicine=medicine.name, control=name
        )
        found.append(Alert("block", "controlled-right", text, "medicine", evidence))
    if not patient.identity:
        text = _("{medicine}: {control}; the patient's ID number must be on record").format(
            medicine=medicine.name, control=name
        )
        found.append(Alert("block", "controlled-identity", text, "medicine", evidence))
    most = _most_days(medicine, knowledge, patient)
    if course.days > most:
        text = _("{medicine}: {control}, at most {days} days for this dosage form and disease").format(
            medicine=medicine.name, control=name, days=most
        )
        found.append(Alert("block", "controlled-days", text, "days", evidence))
    return found


def _most_days(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> int:
    if medicine.atc == METHYLPHENIDATE and patient.ill_with(HYPERACTIVITY):
        return METHYLPHENIDATE_DAYS
    if any(patient.ill_with(code) for code in PAIN):
        return DAYS_IN_PAIN[knowledge.control_form]
    return DAYS[str(knowledge.control)][knowledge.control_form]


def length(knowledge: Knowledge, course: Course, patient: Patient) -> list[Alert]:
    """Tells of a prescription of more than seven days without a chronic disease, and warns above twelve weeks."""
    if course.days <= USUAL_DAYS or knowledge.control:
        return []
    if course.days > LONG_DAYS:
        text = _("{days} days; a long-term prescription has at most {limit}").format(days=course.days, limit=LONG_DAYS)
        return [Alert("warning", "length", text, "days")]
    if any(patient.ill_with(code) for code in CHRONIC):
        return []
    text = _("{days} days: more than seven are for chronic diseases").format(days=course.days)
    return [Alert("information", "length", text, "days")]


def insurance(medicine: Medicine, knowledge: Knowledge, patient: Patient) -> list[Alert]:
    """Tells where the insurance pays for other diseases only, so that the patient is asked before."""
    if not patient.insured or knowledge.insurance is None:
        return []
    if knowledge.insurance == "C":
        text = _("{medicine} is not paid for by the insurance; please tell the patient").format(medicine=medicine.name)
        return [Alert("information", "insurance", text, "medicine", evidence_of(medicine))]
    if knowledge.indications and not any(patient.ill_with(code) for code in knowledge.indications):
        text = _("The insurance pays for {medicine} only with a diagnosis of: {codes}").format(
            medicine=medicine.name, codes="、".join(knowledge.indications)
        )
        return [Alert("information", "insurance", text, "medicine", evidence_of(medicine))]
    return []


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts in the order in which they matter."""
    order = ("block", "warning", "information")
    return sorted(alerts, key=lambda alert: order.index(alert.level))
