"""All checks of one medicine for one patient: gathers what is known, asks every rule, the worst finding first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xinglin.capabilities.pharmacy import resources, rules, rules_authority, rules_patient
from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.knowledge import Knowledge
from xinglin.capabilities.pharmacy.patient import Patient, know_patient
from xinglin.capabilities.pharmacy.resources import Dosage
from xinglin.capabilities.pharmacy.rules import Course, Running
from xinglin.capabilities.pharmacy.rules_authority import Prescriber
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert

OPEN_STATES = frozenset({"DRAFT", "CREATED", "CHECKED", "REVIEWED", "PAID", "DISPENSING", "DISPENSED"})
"""States of the lines of this visit with which a new one is compared."""


@dataclass
class Case:
    """A patient with what was prescribed so far, and who prescribes now; `running` grows with every line."""

    patient: Patient
    running: list[Running]
    who: Prescriber

    def check(self, medicine: Medicine, knowledge: Knowledge, dosage: Dosage) -> list[Alert]:
        """Every finding on one more medicine."""
        course = Course(dosage.units * medicine.strength, dosage.frequency.per_day, dosage.days, dosage.units)
        patient, others = self.patient, self.running
        found: Iterable[Alert] = [
            *rules.allergy(medicine, patient.allergies),
            *rules.duplicate(medicine, others),
            *rules.interactions(medicine, knowledge, others),
            *rules.dose(medicine, knowledge, course, patient),
            *rules_patient.age(medicine, patient.years),
            *rules_patient.sex(medicine, knowledge, patient),
            *rules_patient.pregnancy(medicine, knowledge, patient),
            *rules_patient.lactation(medicine, knowledge, patient),
            *rules_patient.kidneys(medicine, knowledge, patient),
            *rules_patient.diseases(medicine, knowledge, patient),
            *rules_patient.skin_test(medicine, knowledge, patient),
            *rules_authority.tier(medicine, knowledge, self.who, course),
            *rules_authority.controlled(medicine, knowledge, self.who, course, patient),
            *rules_authority.length(knowledge, course, patient),
            *rules_authority.insurance(medicine, knowledge, patient),
        ]
        return rules_authority.worst_first(found)


async def open_case(context: Context, encounter: Resource) -> Case:
    """What is known before anything new is prescribed in a visit."""
    patient = encounter["subject"]["reference"]
    lines = await _lines(context, patient, f"Encounter/{encounter['id']}")
    codes = [resources.drug_code(line) for line, _here in lines]
    known = await read_known(context, codes)
    running = [
        Running(*known[code], evidence=f"MedicationRequest/{line['id']}", here=here, rest=_rest(line, context.now))
        for (line, here), code in zip(lines, codes, strict=True)
        if code in known
    ]
    doctor = await context.read_many([context.actor.practitioner])
    who = rules_authority.prescriber(next(iter(doctor.values()), {}))
    return Case(await know_patient(context, patient), running, who)


async def read_known(context: Context, codes: Iterable[str]) -> dict[str, tuple[Medicine, Knowledge]]:
    """Medicines of the formulary with what is known of them; what an older house wrote may have no knowledge."""
    wanted = [code for code in dict.fromkeys(codes) if code]
    held = await context.read_many(
        f"{type}/{code}" for code in wanted for type in ("Medication", "MedicationKnowledge")
    )
    found = {}
    for code in wanted:
        medicine, knowledge = held.get(f"Medication/{code}"), held.get(f"MedicationKnowledge/{code}")
        if medicine is not None:
            read = Knowledge.from_resource(knowledge) if knowledge else Knowledge(code)
            found[code] = (Medicine.from_resource(medicine), read)
    return found


async def _lines(context: Context, patient: str, visit: str) -> Sequence[tuple[Resource, bool]]:
    """Lines that count: of this visit those that are open, of others those whose supply is not used up yet."""
    table = context.registry.tables["prescription"]
    found = await context.search(
        "MedicationRequest",
        [("patient", patient), ("status", "active,draft,completed"), ("_sort", "-authoredon"), ("_count", "200")],
    )
    counted = []
    for line in found.resources:
        here = (line.get("encounter") or {}).get("reference") == visit
        state = table.of(line)
        if here and (state is None or state.code in OPEN_STATES):
            counted.append((line, True))
        elif not here and _rest(line, context.now) > 0:
            counted.append((line, False))
    return counted


def _rest(line: Resource, now: datetime) -> int:
    """Days for which the patient still has some of it; 0 where it is used up, or nobody knows."""
    supply = (line.get("dispenseRequest") or {}).get("expectedSupplyDuration")
    begun = str(line.get("authoredOn") or "")
    if not supply or len(begun) < len("2026-11-25T08:00"):
        return 0
    return max(0, (datetime.fromisoformat(begun) + timedelta(days=int(build.amount(supply))) - now).days)
