"""Lists of the stock: batches, what expires, what runs out, orders, transfers, counts and losses, the stock card."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from xinglin.capabilities.pharmacy import batches, supplies
from xinglin.capabilities.pharmacy.batches import PLACES, Batch
from xinglin.capabilities.pharmacy.formulary import FORMULARY, Medicine
from xinglin.capabilities.pharmacy.stock import came
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import select
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view
from xinglin.terminology import catalogue


class OfPlace(Filter):
    """A place where stock lies; a text that a medicine's name, pinyin or code fits."""

    place: Literal["store", "window", "ward"] = Field(
        "window", title=N_("Storeroom"), json_schema_extra=select(PLACES.items())
    )
    text: str = Field("", title=N_("Search"), max_length=60)


class BatchRow(Row):
    """Packs of a batch at a place."""

    name: str = Field(title=N_("Medicine"))
    specification: str = Field(title=N_("Specification"))
    lot: str = Field(title=N_("Batch"))
    expiry: str = Field(title=N_("Expiry"))
    days: int | None = Field(title=N_("Days left"), json_schema_extra={"kind": "number"})
    packs: Decimal = Field(title=N_("Packs"), json_schema_extra={"kind": "number"})
    unit: str = Field(title=N_("Unit"))
    place: str = Field(title=N_("Storeroom"), json_schema_extra={"hidden": True})
    medicine: str = Field(title=N_("Medicine"), json_schema_extra={"hidden": True})


OF_BATCH = {"place": "place", "batch": "key"}


async def _held(context: Context, filter: OfPlace) -> list[Batch]:
    """The batches of a place, those of the medicines that fit where a text is given."""
    if filter.text:
        listing = await catalogue(context.repository, FORMULARY)
        codes = [concept.code for concept in await listing.find(filter.text, 50)]
        found = await batches.held(context, filter.place, codes)
        return [each for code in codes for each in found.get(code, ())]
    held = await context.books.holdings([f"stock:{filter.place}"])
    return [batches.parse(account, packs) for account, packs in held.items()]


async def _rows(context: Context, held: list[Batch]) -> list[BatchRow]:
    known = await medicines_of(context, (each.code for each in held))
    rows = []
    for batch in held:
        medicine = known.get(batch.code)
        rows.append(
            BatchRow(
                key=batch.key,
                name=medicine.name if medicine else batch.code,
                specification=medicine.specification if medicine else "",
                lot=batch.lot or "—",
                expiry=batch.expiry.isoformat() if batch.expiry else "",
                days=(batch.expiry - context.today).days if batch.expiry else None,
                packs=plain(batch.packs),
                unit=medicine.pack_unit if medicine else "",
                place=batch.place,
                medicine=batch.code,
            )
        )
    return rows


def plain(packs: Decimal) -> Decimal:
    """A number of packs as people write it: 200, not 200.000000."""
    return Decimal(int(packs)) if packs == int(packs) else packs.normalize()


async def medicines_of(context: Context, codes: Iterable[str]) -> dict[str, Medicine]:
    """Medicines of the formulary by code."""
    held = await context.read_many(f"Medication/{code}" for code in codes)
    return {each["id"]: Medicine.from_resource(each) for each in held.values()}


@view(
    "pharmacy.stock",
    title=N_("Stock"),
    permission="pharmacy.stock",
    row=BatchRow,
    actions=(RowAction("pharmacy.report_loss", OF_BATCH),),
    empty=N_("Nothing lies here"),
)
async def stock(context: Context, filter: OfPlace) -> Page[BatchRow]:
    """Batches of a place, of each medicine the first to expire first."""
    return Page((await _rows(context, await _held(context, filter)))[: filter.limit])


class Expiring(OfPlace):
    """Batches that expire within so many days."""

    within: int = Field(90, title=N_("Within days"), ge=0, le=3650)


@view(
    "pharmacy.expiring",
    title=N_("Expiring"),
    permission="pharmacy.stock",
    row=BatchRow,
    actions=(RowAction("pharmacy.report_loss", OF_BATCH),),
    empty=N_("Nothing expires so soon"),
)
async def expiring(context: Context, filter: Expiring) -> Page[BatchRow]:
    """Batches of a place that have expired or will within some days, the most urgent first."""
    until = context.today + timedelta(days=filter.within)
    held = [each for each in await _held(context, filter) if each.expiry is not None and each.expiry <= until]
    rows = await _rows(context, sorted(held, key=lambda each: each.expiry or date.max))
    return Page(rows[: filter.limit])


class ReorderRow(Row):
    """A medicine of which there is less than the point at which it is ordered."""

    name: str = Field(title=N_("Medicine"))
    packs: int = Field(title=N_("Usable packs"), json_schema_extra={"kind": "number"})
    point: int = Field(title=N_("Reorder below, packs"), json_schema_extra={"kind": "number"})
    missing: int = Field(title=N_("To be ordered"), json_schema_extra={"kind": "number"})
    medicine: str = Field(title=N_("Medicine"), json_schema_extra={"hidden": True})
    place: str = Field(title=N_("Storeroom"), json_schema_extra={"hidden": True})


@view(
    "pharmacy.reorder",
    title=N_("Running out"),
    permission="pharmacy.stock",
    row=ReorderRow,
    actions=(
        RowAction("pharmacy.order_stock", {"medicine": "medicine", "place": "place", "packs": "missing"}),
        RowAction("pharmacy.transfer", {"medicine": "medicine", "to": "place", "packs": "missing"}),
    ),
    empty=N_("Nothing runs out"),
)
async def reorder(context: Context, filter: OfPlace) -> Page[ReorderRow]:
    """Medicines below their reorder point at a place, with how many packs fill them up."""
    listed = await context.read(f"CodeSystem/{FORMULARY}")
    held = await context.read_many(f"Medication/{concept['code']}" for concept in listed.get("concept") or ())
    points = {
        code: point for code, point in ((each["id"], _point(each, filter.place)) for each in held.values()) if point
    }
    there = await batches.held(context, filter.place, points)
    rows = []
    for code, (point, upto) in points.items():
        packs = int(batches.usable(there.get(code, []), context.today))
        if packs < point:
            name = build.concept_text(held[f"Medication/{code}"]["code"])
            rows.append(
                ReorderRow(
                    key=code,
                    name=name,
                    packs=packs,
                    point=point,
                    missing=upto - packs,
                    medicine=code,
                    place=filter.place,
                )
            )
    return Page(sorted(rows, key=lambda row: row.packs / row.point)[: filter.limit])


def _point(medication: Resource, place: str) -> tuple[int, int] | None:
    for each in medication.get("extension") or ():
        if each.get("url") == supplies.REORDER:
            parts = {part["url"]: part for part in each["extension"]}
            if parts["place"]["valueCode"] == place and parts["point"]["valueInteger"]:
                return parts["point"]["valueInteger"], parts["upto"]["valueInteger"]
    return None


class OrderRow(Row):
    """A purchase order and how much of it has come."""

    number: str = Field(title=N_("Purchase order"))
    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    name: str = Field(title=N_("Medicine"))
    supplier: str = Field(title=N_("Supplier"))
    packs: int = Field(title=N_("Ordered, packs"), json_schema_extra={"kind": "number"})
    came: int = Field(title=N_("Received, packs"), json_schema_extra={"kind": "number"})
    who: str = Field(title=N_("Ordered by"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "purchase"})
    medicine: str = Field(title=N_("Medicine"), json_schema_extra={"hidden": True})
    place: str = Field(title=N_("Storeroom"), json_schema_extra={"hidden": True})
    rest: int = Field(title=N_("To come"), json_schema_extra={"hidden": True})


@view(
    "pharmacy.orders",
    title=N_("Purchase orders"),
    permission="pharmacy.stock",
    row=OrderRow,
    actions=(
        RowAction(
            "pharmacy.receive_stock",
            {"order": "key", "medicine": "medicine", "place": "place", "packs": "rest"},
            frozenset({"ORDERED"}),
        ),
        RowAction("pharmacy.cancel_order", {"order": "key"}, frozenset({"ORDERED"})),
    ),
    empty=N_("Nothing is ordered"),
)
async def orders(context: Context, filter: Filter) -> Page[OrderRow]:
    """Purchase orders, the newest first."""
    table = context.registry.tables["purchase"]
    query = [("_tag", f"{table.system}|"), ("_sort", "-date"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("SupplyRequest", query)
    rows = []
    for each in found.resources:
        state, arrived, packs = table.of(each), await came(context, reference(each)), build.amount(each["quantity"])
        rows.append(
            OrderRow(
                key=reference(each),
                number=build.find_identifier(each, supplies.ORDER_NUMBER) or "",
                at=each["authoredOn"],
                name=build.concept_text(each["itemCodeableConcept"]),
                supplier=str(each["supplier"][0].get("display", "")),
                packs=int(packs),
                came=int(arrived),
                who=str(each["requester"].get("display", "")),
                state=state.code if state else "",
                medicine=build.first_code(each["itemCodeableConcept"]) or "",
                place=supplies.place_of(each["deliverTo"]),
                rest=int(packs - arrived),
            )
        )
    return Page(rows, found.next)


class TransferRow(Row):
    """Stock that goes from one place to another."""

    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    name: str = Field(title=N_("Medicine"))
    packs: str = Field(title=N_("Packs"))
    batch: str = Field(title=N_("Batch"))
    origin: str = Field(title=N_("From"))
    target: str = Field(title=N_("To"))
    who: str = Field(title=N_("Sent by"))
    receiver: str = Field(title=N_("Received by"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "transfer"})


@view(
    "pharmacy.transfers",
    title=N_("Transfers"),
    permission="pharmacy.stock",
    row=TransferRow,
    actions=(
        RowAction("pharmacy.confirm_transfer", {"transfer": "key"}, frozenset({"SENT"})),
        RowAction("pharmacy.refuse_transfer", {"transfer": "key"}, frozenset({"SENT"})),
    ),
    empty=N_("Nothing is on the way"),
)
async def transfers(context: Context, filter: Filter) -> Page[TransferRow]:
    """Transfers between places, the newest first."""
    table = context.registry.tables["transfer"]
    query = [("_tag", f"{table.system}|"), ("_sort", "-_lastUpdated"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("SupplyDelivery", query)
    return Page(
        [_transfer_row(each, state.code if (state := table.of(each)) else "") for each in found.resources], found.next
    )


def _transfer_row(each: Resource, state: str) -> TransferRow:
    quantity = each["suppliedItem"]["quantity"]
    return TransferRow(
        key=reference(each),
        at=each["occurrenceDateTime"],
        name=build.concept_text(each["suppliedItem"]["itemCodeableConcept"]),
        packs=f"{build.amount(quantity).normalize():f} {quantity.get('unit', '')}",
        batch="；".join(batches.batch_texts(each)),
        origin=PLACES.get(supplies.from_place(each), ""),
        target=PLACES.get(supplies.place_of(each["destination"]), ""),
        who=str((each.get("supplier") or {}).get("display", "")),
        receiver="、".join(str(one.get("display", "")) for one in each.get("receiver") or ()),
        state=state,
    )


class AdjustmentRow(Row):
    """A count or a loss. Of a count what the books say is shown once it was approved or agrees."""

    at: str = Field(title=N_("Time"), json_schema_extra={"kind": "datetime"})
    kind: str = Field(title=N_("Kind"), json_schema_extra={"kind": "code"})
    name: str = Field(title=N_("Medicine"))
    lot: str = Field(title=N_("Batch"))
    place: str = Field(title=N_("Storeroom"))
    packs: Decimal = Field(title=N_("Packs"), json_schema_extra={"kind": "number"})
    difference: Decimal | None = Field(title=N_("Difference"), json_schema_extra={"kind": "number"})
    reason: str = Field(title=N_("Reason"))
    who: str = Field(title=N_("Reported by"))
    approver: str = Field(title=N_("Approved by"))
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "adjustment"})


@view(
    "pharmacy.adjustments",
    title=N_("Counts and losses"),
    permission="pharmacy.stock",
    row=AdjustmentRow,
    actions=(
        RowAction("pharmacy.approve_adjustment", {"adjustment": "key"}, frozenset({"TO_APPROVE"})),
        RowAction("pharmacy.refuse_adjustment", {"adjustment": "key"}, frozenset({"TO_APPROVE"})),
    ),
    empty=N_("Nothing was counted"),
)
async def adjustments(context: Context, filter: Filter) -> Page[AdjustmentRow]:
    """Counts and losses, the newest first. The difference is hidden from who counted until another has decided."""
    query = [("code", f"{supplies.ADJUSTMENT}|"), ("_sort", "-authored-on"), ("_count", str(filter.limit))]
    if filter.cursor:
        query.append(("_cursor", filter.cursor))
    found = await context.search("Task", query)
    names = await medicines_of(context, (each["focus"]["reference"].partition("/")[2] for each in found.resources))
    return Page([_adjustment_row(context, each, names) for each in found.resources], found.next)


def _adjustment_row(context: Context, task: Resource, names: dict[str, Medicine]) -> AdjustmentRow:
    batch, packs, book = supplies.adjusted(task)
    state = context.registry.tables["adjustment"].of(task)
    kind, code = str(build.first_code(task["code"])), state.code if state else ""
    own = (task.get("requester") or {}).get("reference") == context.actor.practitioner
    blind = kind == "count" and own and code == "TO_APPROVE"
    return AdjustmentRow(
        key=reference(task),
        at=task["authoredOn"],
        kind=kind,
        name=names[batch.code].name if batch.code in names else batch.code,
        lot=batch.lot or "—",
        place=PLACES.get(batch.place, batch.place),
        packs=plain(packs),
        difference=None if blind else plain(packs - book if kind == "count" else -packs),
        reason=build.concept_text(task.get("reasonCode")),
        who=str((task.get("requester") or {}).get("display", "")),
        approver=str((task.get("owner") or {}).get("display", "")),
        state=code,
    )
