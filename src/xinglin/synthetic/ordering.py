"""What a visit orders: reports with their values, prescriptions, and what is charged for them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from xinglin.capabilities.billing.prices import CHARGE_CODE
from xinglin.capabilities.imaging.resources import REPORT
from xinglin.capabilities.pharmacy.formulary import DRUG
from xinglin.capabilities.pharmacy.resources import PRESCRIPTION_NUMBER, ROUTE
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic import references
from xinglin.synthetic.catalogue.laboratory import STUDY, TEST, analytes, panels, studies
from xinglin.synthetic.catalogue.medicines import ROUTES
from xinglin.synthetic.courses.model import Visit
from xinglin.synthetic.pen import Pen
from xinglin.synthetic.prescribing import Order
from xinglin.synthetic.prices import items, price
from xinglin.synthetic.results import observation, value
from xinglin.synthetic.wording import filled

SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074"
LABORATORY = build.concept(SERVICE, "LAB")
EXAMINATION = build.concept(REPORT, "examination", "检查")


def reports(
    pen: Pen, visit: Visit, encounter: Resource, ordered: datetime, words: Mapping[str, object]
) -> list[tuple[Resource, str, datetime]]:
    """The reports of a visit: the DiagnosticReport, the code of its price, and when it came."""
    about = {"subject": pen.patient, "encounter": build.reference(encounter)}
    found = []
    held: dict[str, Decimal] = {}
    for code in visit.panels:
        panel = panels()[code]
        taken = ordered + timedelta(minutes=pen.chance.whole(6, 20))
        issued = taken + timedelta(minutes=round(panel.minutes * pen.chance.between(0.7, 1.2)))
        by = {**about, "performer": [references.department(pen.plan, "laboratory")]}
        results = [_result(pen, visit, each, by, taken, issued, held) for each in panel.analytes]
        found.append(
            (
                pen.add(_report(build.concept(TEST, code, panel.name), [LABORATORY], by, taken, issued, results)),
                code,
                issued,
            )
        )
    for code, finding in visit.studies:
        study = studies()[code]
        taken = ordered + timedelta(minutes=pen.chance.whole(8, 30))
        issued = taken + timedelta(minutes=round(study.minutes * pen.chance.between(0.7, 1.2)))
        by = {**about, "performer": [references.department(pen.plan, "imaging")]}
        kinds = [EXAMINATION, build.concept(SERVICE, "RAD" if study.rays else "OTH")]
        report = _report(build.concept(STUDY, code, study.name), kinds, by, taken, issued, [])
        report["conclusion"] = filled(finding, pen.chance, words)
        found.append((pen.add(report), code, issued))
    return found


def _result(
    pen: Pen, visit: Visit, code: str, by: Json, taken: datetime, issued: datetime, held: dict[str, Decimal]
) -> Json:
    analyte, given = analytes()[code], visit.values.get(code)
    if analyte.usual is not None:
        text = pen.chance.one(given.split("|")) if isinstance(given, str) else analyte.usual
        made = observation(pen.next_id(), analyte, text, pen.body, by, taken, issued)
    else:
        assert not isinstance(given, str)
        # What two panels have in common is one value.
        number = held[code] = held.get(code) or value(pen.chance, analyte, given, pen.body, held)
        made = observation(pen.next_id(), analyte, number, pen.body, by, taken, issued)
    return build.reference(pen.add(made))


def _report(
    code: Json, kinds: list[Json], by: Json, taken: datetime, issued: datetime, results: list[Json]
) -> Resource:
    return build.without_empty(
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "category": kinds,
            "code": code,
            **by,
            "effectiveDateTime": build.instant(taken),
            "issued": build.instant(issued),
            "result": results,
        }
    )


def prescription(pen: Pen, orders: list[Order], encounter: Resource, doctor: Json, moment: datetime) -> list[Resource]:
    """The lines of a prescription, under one number."""
    number = build.identifier(PRESCRIPTION_NUMBER, f"{encounter['id']}-RX".upper())
    return [pen.add(_line(pen, order, encounter, doctor, moment, number)) for order in orders]


def _line(pen: Pen, order: Order, encounter: Resource, doctor: Json, moment: datetime, number: Json) -> Resource:
    medicine = order.drug.medicine
    over = moment.date() + timedelta(days=order.days) <= pen.plan.until
    return {
        "resourceType": "MedicationRequest",
        "status": "completed" if over else "active",
        "intent": "order",
        "medicationCodeableConcept": build.concept(DRUG, medicine.code, medicine.name),
        "subject": pen.patient,
        "encounter": build.reference(encounter),
        "authoredOn": build.instant(moment),
        "requester": doctor,
        "groupIdentifier": number,
        "dosageInstruction": [
            {
                "text": order.text,
                "timing": order.frequency.timing(order.days),
                "route": build.concept(ROUTE, order.route, ROUTES[order.route]),
                "doseAndRate": [{"doseQuantity": {"value": order.units, "unit": medicine.form}}],
            }
        ],
        "dispenseRequest": {
            "quantity": {"value": order.packs, "unit": medicine.pack_unit},
            "expectedSupplyDuration": build.quantity(order.days, "天", "d"),
        },
    }


def charge_item(
    pen: Pen, encounter: Resource, code: str, count: int, what: Resource, campus: int, moment: datetime
) -> Resource:
    """A ChargeItem, as billing writes it, that was paid."""
    return {
        "resourceType": "ChargeItem",
        "status": "billed",
        "definitionUri": [f"urn:xinglin:price:{code}"],
        "code": build.concept(CHARGE_CODE, code, items()[code].name),
        "subject": pen.patient,
        "context": build.reference(encounter),
        "occurrenceDateTime": build.instant(moment),
        "quantity": {"value": count},
        "priceOverride": build.money(price(pen.plan, code, moment.date(), campus) * count),
        "supportingInformation": [build.reference(what)],
    }
