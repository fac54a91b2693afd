"""The formulary of the demonstration hospital, what is known of its medicines, their prices and first stock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache

from xinglin.capabilities.pharmacy import supplies
from xinglin.capabilities.pharmacy.batches import PLACES, STORE, WINDOW
from xinglin.capabilities.pharmacy.formulary import ATC, DRUG, FORMULARY, Medicine
from xinglin.capabilities.pharmacy.knowledge import FAMILY, Against, Interaction, Knowledge, Limit
from xinglin.capabilities.pharmacy.tables import KINDS, MEDICINES, PARTS, RULES
from xinglin.capabilities.pharmacy.tables_herbs import ANTAGONISMS, HANDLING, HERBS
from xinglin.capabilities.pharmacy.tables_rules import (
    CONTROL_FORMS,
    CONTROLLED,
    INSURED,
    INTERACTIONS,
    LACTATION,
    LIMITS,
)
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

FIRST_STOCK = 500
FIRST_GRAMS = 20000
RENAL_LIMIT = 30
"""eGFR, mL/min/1.73 m², below which the table's limits for poor kidneys hold."""


@dataclass(frozen=True)
class Entry:
    """A medicine of the formulary with the price of a pack and what is known of it."""

    medicine: Medicine
    price: Decimal
    knowledge: Knowledge


def read_medicines(table: str) -> Iterator[tuple[Medicine, Decimal]]:
    """Medicines of a table such as `MEDICINES`, with the price of a pack."""
    for row in (line.split("|") for line in table.strip().splitlines()):
        code = row[0]
        yield (
            Medicine(
                code=code,
                name=row[1],
                atc=row[2],
                form=row[3],
                strength=Decimal(row[4]),
                strength_unit=row[5],
                pack_size=int(row[6]),
                pack_unit=row[7],
                max_daily=Decimal(row[8]),
                min_age=int(row[9]),
                allergen=row[10] or None,
                kind=KINDS.get(code, "western"),
                parts=PARTS.get(code, ()),
            ),
            Decimal(row[11]),
        )


def know(medicine: Medicine, row: str) -> Knowledge:
    """What is known of a medicine: its row of a table such as `RULES`, and what holds for its ATC groups."""
    _code, pregnancy, renal, against, tier, skin, per_kg, _together, sex = row.split("|")
    limits = [Limit("daily", medicine.max_daily, youngest=0 if not per_kg else 18)]
    if per_kg:
        limits.append(Limit("daily", Decimal(per_kg), per_kg=True, before=18))
        limits.append(Limit("daily", medicine.max_daily, before=18))
    if renal:
        limits.append(Limit("daily", Decimal(renal), egfr=RENAL_LIMIT))
    for group, kind, most, egfr, only in (line.split("|") for line in LIMITS.strip().splitlines()):
        if _of(medicine, group) and only in ("", medicine.code):
            unit = Decimal("0.001") if medicine.strength_unit == "g" and kind == "single" and group == "N02AA01" else 1
            limits.append(Limit(kind, Decimal(most) * unit, egfr=int(egfr) if egfr else None))
    insured = next((held for group, held in INSURED.items() if _of(medicine, group)), None)
    return Knowledge(
        code=medicine.code,
        limits=tuple(limits),
        against=tuple(
            Against(each.lstrip("!"), "block" if each.startswith("!") else "warning") for each in against.split()
        ),
        interactions=tuple(_interactions(medicine)),
        pregnancy=pregnancy or None,
        lactation=next((value for group, value in LACTATION.items() if _of(medicine, group)), None),
        sex=sex or None,
        tier=tier or None,
        skin_test=(medicine.allergen or "penicillin") if skin else None,
        control=next((value for group, value in CONTROLLED.items() if _of(medicine, group)), None),
        control_form=CONTROL_FORMS.get(medicine.code, "other"),
        insurance=insured[0] if insured else None,
        indications=insured[1] if insured else (),
    )


def _of(medicine: Medicine, group: str) -> bool:
    return any(each.startswith(group) for each in (medicine.atc, *medicine.parts) if each)


def _interactions(medicine: Medicine) -> Iterator[Interaction]:
    for one, other, grade, effect in (line.split("|") for line in INTERACTIONS.strip().splitlines()):
        if _of(medicine, one):
            yield Interaction(ATC, other, grade, effect)
        elif _of(medicine, other):
            yield Interaction(ATC, one, grade, effect)


def herbs() -> Iterator[Entry]:
    """Chinese herbs: dosed, sold and stocked by the gram."""
    for row in (line.split("|") for line in HERBS.strip().splitlines()):
        code, name, most, pregnancy, family, price = row
        medicine = Medicine(code, name, "", "g", Decimal(1), "g", 1, "g", Decimal(most), 0, None, "herbal")
        against = [
            Interaction(FAMILY, target, "major", effect)
            for one, others, effect in ANTAGONISMS
            for target in ((others if family == one else (one,)) if family == one or family in others else ())
        ]
        yield Entry(
            medicine,
            Decimal(price),
            Knowledge(
                code=code,
                limits=(Limit("single", Decimal(most)),),
                interactions=tuple(against),
                pregnancy=pregnancy or None,
                family=family or None,
                handling=HANDLING.get(code),
            ),
        )


@cache
def formulary() -> dict[str, Entry]:
    """The demonstration's formulary by code."""
    rules = {line.partition("|")[0]: line for line in RULES.strip().splitlines()}
    found = {
        medicine.code: Entry(medicine, price, know(medicine, rules[medicine.code]))
        for medicine, price in read_medicines(MEDICINES)
    }
    return {**found, **{entry.medicine.code: entry for entry in herbs()}}


def formulary_resource() -> Resource:
    """The CodeSystem of all medicines by name."""
    return {
        "resourceType": "CodeSystem",
        "id": FORMULARY,
        "url": DRUG,
        "name": "HospitalFormulary",
        "title": "医院基本用药目录",
        "status": "active",
        "content": "complete",
        "concept": [{"code": code, "display": entry.medicine.name} for code, entry in formulary().items()],
    }


async def seed(context: Context) -> None:
    """Writes what is missing of formulary, knowledge, prices and first stock; what is there stays as it is."""
    codes = list(formulary())
    places = await context.read_many(f"{supplies.LOCATION}{place}" for place in PLACES)
    for place in PLACES:
        if f"{supplies.LOCATION}{place}" not in places:
            await context.create(supplies.location(place), id=f"stock-{place}")
    held = await context.read_many(
        f"{type}/{code}"
        for code in [*codes, FORMULARY]
        for type in ("Medication", "MedicationKnowledge", "ChargeItemDefinition", "CodeSystem")
    )
    for code, entry in formulary().items():
        await _seed(context, code, entry, held)
    listed = held.get(f"CodeSystem/{FORMULARY}")
    if listed is None:
        await context.create(formulary_resource(), id=FORMULARY)
        return
    known = {concept["code"] for concept in listed.get("concept") or ()}
    missing = [concept for concept in formulary_resource()["concept"] if concept["code"] not in known]
    if missing:
        await context.update({**listed, "concept": [*(listed.get("concept") or ()), *missing]})


async def _seed(context: Context, code: str, entry: Entry, held: dict[str, Resource]) -> None:
    if f"Medication/{code}" not in held:
        await context.create(entry.medicine.to_resource(), id=code)
    if f"MedicationKnowledge/{code}" not in held:
        await context.create(entry.knowledge.to_resource(entry.medicine, entry.price), id=code)
    if f"ChargeItemDefinition/{code}" not in held:
        await context.call("billing.set_price", item=code, name=entry.medicine.name, price=entry.price)
    if f"Medication/{code}" in held:
        # Its stock is its own affair, also where none is left.
        return
    packs = FIRST_GRAMS if entry.medicine.kind == "herbal" else FIRST_STOCK
    for place, lot, days in ((WINDOW, "DEMO-001", 400), (STORE, "DEMO-002", 700)):
        expiry = context.today + timedelta(days=days)
        values = {"medicine": code, "packs": packs, "batch": lot, "expiry": expiry, "place": place}
        await context.call("pharmacy.receive_stock", **values)
