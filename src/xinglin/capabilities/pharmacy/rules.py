"""Checks at entry of a prescription that look at medicines: allergy, duplicates, interactions, doses.

Each finding says what, why and what would be accepted, and rests on a resource or on what is known of the medicine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from xinglin.capabilities.pharmacy.formulary import ATC, UNITS_ONLY, Medicine
from xinglin.capabilities.pharmacy.knowledge import FAMILY, Interaction, Knowledge, Limit
from xinglin.capabilities.pharmacy.patient import Patient
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import Alert, Level
from xinglin.platform.i18n import gettext as _

ATC_SUBSTANCE_GROUP = 5
"""Characters of an ATC code that name the chemical subgroup (ATC level 4)."""

SPARE = 7
"""Who has a medicine for longer than these days needs no more of it."""

CROSS_REACTIVE = {"penicillin": ("cephalosporin",), "cephalosporin": ("penicillin",)}
"""Allergens that share structures: β-lactams may cross-react by their side chains."""

GRADE_LEVELS: dict[str, Level] = {"contraindicated": "block", "major": "warning", "moderate": "information"}


@dataclass(frozen=True)
class Course:
    """How a medicine is to be taken: `each` time in the strength's unit, times a day on average, days."""

    each: Decimal
    times: Decimal
    days: int
    units: Decimal = Decimal(1)


@dataclass(frozen=True)
class Running:
    """A medicine that the patient has already. `here`: in this visit; `evidence` its prescription line; `rest` days for
    which there is still some of it."""

    medicine: Medicine
    knowledge: Knowledge
    evidence: str
    here: bool = True
    rest: int = 0


def evidence_of(medicine: Medicine) -> str:
    """The reference of what the house knows of a medicine."""
    return f"MedicationKnowledge/{medicine.code}"


def allergy(medicine: Medicine, allergies: Iterable[Resource]) -> list[Alert]:
    """Blocks a medicine of a class to which the patient had a severe reaction; warns for others, and for classes that
    cross-react.

    Looks at active allergies coded by the hospital's allergens, and at the medicine's own name in those that are not.
    """
    found = []
    for item in allergies:
        name = build.concept_text(item.get("code"))
        code = build.first_code(item.get("code"), "urn:xinglin:code:allergen")
        evidence = f"AllergyIntolerance/{item['id']}"
        high = item.get("criticality") == "high"
        if (bool(name) and (name in medicine.name or medicine.name in name)) or (
            code is not None and code == medicine.allergen
        ):
            text = _("The patient is allergic to {allergen}; {medicine} belongs to it").format(
                allergen=name, medicine=medicine.name
            )
            found.append(Alert("block" if high else "warning", "allergy", text, "medicine", evidence))
        elif medicine.allergen in CROSS_REACTIVE.get(code or "", ()):
            text = _("The patient is allergic to {allergen}; {medicine} may cross-react. Choose another class").format(
                allergen=name, medicine=medicine.name
            )
            found.append(Alert("warning", "allergy-cross", text, "medicine", evidence))
    return found


def duplicate(medicine: Medicine, others: Sequence[Running]) -> list[Alert]:
    """Blocks the same medicine twice in a visit; warns for a substance that the patient has already, and for one of
    the same ATC subgroup. Solvents may be repeated, and what is nearly used up may be prescribed again."""
    if medicine.kind == "solvent":
        return []
    found = []
    for other in others:
        if other.medicine.code == medicine.code and other.here:
            text = _("{medicine} is on the prescription already").format(medicine=medicine.name)
            found.append(Alert("block", "duplicate", text, "medicine", other.evidence))
        elif not other.here and other.rest <= SPARE and other.medicine.code == medicine.code:
            continue
        elif set(other.medicine.substances) & set(medicine.substances):
            text = (
                _("{medicine} and {other} hold the same substance")
                if other.here
                else _("The patient still has {other} from another visit, which holds the substance of {medicine}")
            ).format(medicine=medicine.name, other=other.medicine.name)
            found.append(Alert("warning", "duplicate-substance", text, "medicine", other.evidence))
        elif _groups(other.medicine) & _groups(medicine):
            text = _("{medicine} and {other} belong to the same group").format(
                medicine=medicine.name, other=other.medicine.name
            )
            found.append(Alert("warning", "duplicate-group", text, "medicine", other.evidence))
    return found


def _groups(medicine: Medicine) -> set[str]:
    return {each[:ATC_SUBSTANCE_GROUP] for each in medicine.substances if len(each) >= ATC_SUBSTANCE_GROUP}


def interactions(medicine: Medicine, knowledge: Knowledge, others: Sequence[Running]) -> list[Alert]:
    """What happens between a medicine and those that the patient has: forbidden pairs block, serious ones warn."""
    found = []
    for other in others:
        meeting = _worst(
            [
                *(each for each in knowledge.interactions if _meets(each, other.medicine, other.knowledge)),
                *(each for each in other.knowledge.interactions if _meets(each, medicine, knowledge)),
            ]
        )
        if meeting is None:
            continue
        text = _("{medicine} with {other}: {effect}").format(
            medicine=medicine.name, other=other.medicine.name, effect=meeting.effect
        )
        found.append(Alert(GRADE_LEVELS[meeting.grade], "interaction", text, "medicine", other.evidence))
    return found


def _meets(interaction: Interaction, medicine: Medicine, knowledge: Knowledge) -> bool:
    if interaction.system == FAMILY:
        return knowledge.family == interaction.target
    codes = (medicine.atc, *medicine.parts) if interaction.system == ATC else (medicine.code,)
    return any(code.startswith(interaction.target) for code in codes if code)


def _worst(found: Sequence[Interaction]) -> Interaction | None:
    order = list(GRADE_LEVELS)
    return min(found, key=lambda each: order.index(each.grade), default=None)


def dose(medicine: Medicine, knowledge: Knowledge, course: Course, patient: Patient) -> list[Alert]:
    """Blocks more than twice a highest dose, and what is not given at all to somebody of this age or kidney function;
    warns above a highest dose, of a course that is too long, and where a child's weight is not known."""
    egfr = patient.egfr.value if patient.egfr else None
    limits = [each for each in knowledge.limits if each.holds(patient.years, egfr)]
    if not knowledge.limits:
        limits = [Limit("daily", medicine.max_daily)]
    found = _undivided(medicine, course)
    unknown = [each for each in limits if each.per_kg and patient.weight is None]
    if unknown:
        text = _(
            "{medicine} is dosed by weight, and no weight of the last 90 days is on record; please record it"
        ).format(medicine=medicine.name)
        found.append(Alert("warning", "weight-unknown", text, "dose", evidence_of(medicine)))
    over = [
        alert
        for each in limits
        if each not in unknown and (alert := _above(medicine, each, course, patient)) is not None
    ]
    worst = sorted(over, key=lambda alert: alert.level != "block")
    return [*found, *worst[:1]]


def _undivided(medicine: Medicine, course: Course) -> list[Alert]:
    if medicine.form not in UNITS_ONLY or course.units == course.units.to_integral_value():
        return []
    text = _("{medicine} can't be divided: whole {form} only").format(medicine=medicine.name, form=medicine.form)
    return [Alert("block", "divided", text, "dose", evidence_of(medicine))]


def _above(medicine: Medicine, limit: Limit, course: Course, patient: Patient) -> Alert | None:
    most = limit.most * patient.weight.value if limit.per_kg and patient.weight else limit.most
    given = {"single": course.each, "daily": course.each * course.times, "course": Decimal(course.days)}[limit.kind]
    if given <= most:
        return None
    evidence = patient.egfr.evidence if limit.egfr and patient.egfr else evidence_of(medicine)
    if most == 0:
        text = _("{medicine} is not given at an eGFR below {limit} mL/min/1.73 m²; it is {value}").format(
            medicine=medicine.name, limit=limit.egfr, value=patient.egfr.value if patient.egfr else "?"
        )
        return Alert("block", "kidney", text, "medicine", evidence)
    if limit.kind == "course":
        text = _("{medicine} for {days} days; at most {limit} days are usual").format(
            medicine=medicine.name, days=course.days, limit=int(most)
        )
        return Alert("warning", "course", text, "days", evidence)
    text = _said(limit).format(
        given=f"{given.normalize():f}", limit=f"{most.normalize():f}", unit=medicine.strength_unit, egfr=limit.egfr
    )
    code = "kidney" if limit.egfr else "dose"
    level: Level = "block" if given > 2 * most and not limit.egfr else "warning"
    return Alert(level, code, text, "dose", evidence)


def _said(limit: Limit) -> str:
    if limit.egfr:
        return _("{given} {unit} a day; at most {limit} {unit} at an eGFR below {egfr} mL/min/1.73 m²")
    if limit.kind == "single":
        return _("{given} {unit} each time; at most {limit} {unit} is usual")
    if limit.per_kg:
        return _("{given} {unit} a day; at most {limit} {unit} for a child of this weight")
    return _("{given} {unit} a day; at most {limit} {unit} is usual for adults")
