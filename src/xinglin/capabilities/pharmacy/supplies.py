"""How this capability writes what happens to stock as R4 resources: orders, deliveries, counts and losses."""

from decimal import Decimal

from xinglin.capabilities.pharmacy.batches import PLACES, Batch, batch_extension, parse_key
from xinglin.capabilities.pharmacy.formulary import DRUG, Medicine
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context

SUPPLY = "http://terminology.hl7.org/CodeSystem/supply-item-type"
ADJUSTMENT = "urn:xinglin:code:stock-adjustment"
ORDER_NUMBER = "urn:xinglin:id:purchase-order"
RECEIPT_NUMBER = "urn:xinglin:id:goods-receipt"
FROM = "urn:xinglin:extension:from-place"
PRICE = "urn:xinglin:extension:purchase-price"
REORDER = "urn:xinglin:extension:reorder-point"
LOCATION = "Location/stock-"


def place_reference(place: str) -> Json:
    """The Location of a place."""
    return build.reference(f"{LOCATION}{place}", PLACES[place])


def place_of(reference: Json | None) -> str:
    """The code of the place that a reference names."""
    return str((reference or {}).get("reference", "")).removeprefix(LOCATION)


def location(place: str) -> Resource:
    """A place where stock lies."""
    kind = build.concept("http://terminology.hl7.org/CodeSystem/location-physical-type", "area")
    return {"resourceType": "Location", "status": "active", "name": PLACES[place], "physicalType": kind}


def order(number: str, medicine: Medicine, packs: int, supplier: str, place: str, context: Context) -> Resource:
    """A SupplyRequest: packs of a medicine that a supplier shall bring."""
    return {
        "resourceType": "SupplyRequest",
        "identifier": [build.identifier(ORDER_NUMBER, number)],
        "itemCodeableConcept": build.concept(DRUG, medicine.code, medicine.name),
        "quantity": {"value": packs, "unit": medicine.pack_unit},
        "authoredOn": build.instant(context.now),
        "requester": build.reference(str(context.actor.practitioner), context.actor.name),
        "supplier": [{"display": supplier}],
        "deliverTo": place_reference(place),
    }


def delivery(
    kind: str,
    medicine: Medicine,
    held: list[Batch],
    to: str,
    context: Context,
    *,
    number: str | None = None,
    order: str | None = None,
    price: Decimal | None = None,
) -> Resource:
    """A SupplyDelivery of some batches: a `receipt` from a supplier, or a `transfer` from the place they are at."""
    marks = [batch_extension(each) for each in held]
    if kind == "transfer":
        marks.append({"url": FROM, "valueCode": held[0].place})
    if price is not None:
        marks.append({"url": PRICE, "valueMoney": {"value": price, "currency": "CNY"}})
    packs = sum((each.packs for each in held), Decimal(0))
    return build.without_empty(
        {
            "resourceType": "SupplyDelivery",
            "extension": marks,
            "identifier": [build.identifier(RECEIPT_NUMBER, number)] if number else [],
            "basedOn": [build.reference(order)] if order else [],
            "type": build.concept(SUPPLY, "medication"),
            "suppliedItem": {
                "quantity": {"value": packs, "unit": medicine.pack_unit},
                "itemCodeableConcept": build.concept(DRUG, medicine.code, medicine.name),
            },
            "occurrenceDateTime": build.instant(context.now),
            "supplier": build.reference(str(context.actor.practitioner), context.actor.name)
            if context.actor.practitioner
            else None,
            "destination": place_reference(to),
        }
    )


def from_place(delivery: Resource) -> str:
    """The place from which a transfer comes."""
    return next((each["valueCode"] for each in delivery.get("extension") or () if each.get("url") == FROM), "")


def adjustment(kind: str, batch: Batch, packs: Decimal, book: Decimal, reason: str, context: Context) -> Resource:
    """A Task: a `count` of a batch or a `loss` of packs, with what the books held at that moment."""
    values: list[tuple[str, str | Decimal]] = [("batch", batch.key), ("packs", packs), ("book", book)]
    return build.without_empty(
        {
            "resourceType": "Task",
            "intent": "order",
            "code": build.concept(ADJUSTMENT, kind),
            "focus": build.reference(f"Medication/{batch.code}"),
            "authoredOn": build.instant(context.now),
            "requester": build.reference(str(context.actor.practitioner), context.actor.name),
            "location": place_reference(batch.place),
            "reasonCode": {"text": reason} if reason else None,
            "input": [
                {"type": {"text": name}, "valueString" if isinstance(value, str) else "valueDecimal": value}
                for name, value in values
            ],
        }
    )


def adjusted(task: Resource) -> tuple[Batch, Decimal, Decimal]:
    """The batch of an adjustment at its place, the packs that were counted or lost, and what the books held then."""
    values = {each["type"]["text"]: each for each in task["input"]}
    batch = parse_key(place_of(task["location"]), values["batch"]["valueString"])
    return batch, Decimal(str(values["packs"]["valueDecimal"])), Decimal(str(values["book"]["valueDecimal"]))
