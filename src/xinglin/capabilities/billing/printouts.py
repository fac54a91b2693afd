"""What the cashier prints: the receipt of a payment or refund with its items, and the report of a shift."""

from collections.abc import Mapping

from xinglin.capabilities.billing import desk_views, payments, resources, views
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Json
from xinglin.kernel.context import Context
from xinglin.kernel.printout import day_of, person_facts, printout, time_text
from xinglin.kernel.text import N_
from xinglin.platform.i18n import format_money
from xinglin.platform.i18n import gettext as _


def _wanted(query: Mapping[str, str], name: str, type: str) -> str:
    reference = query.get(name, "")
    if not reference.startswith(f"{type}/"):
        raise BadRequest(_("{name}: must be like {example}").format(name=name, example=f"{type}/1"), expression=name)
    return reference


@printout(
    "billing.receipt",
    title=N_("Receipt with items"),
    permission="billing.read",
    template="billing/receipt.typ",
    paper="A5",
)
async def receipt(context: Context, query: Mapping[str, str]) -> Json:
    """A payment or refund with its items and ways of payment. Query: `invoice`, its reference."""
    held = await context.read(_wanted(query, "invoice", "Invoice"))
    lines = held.get("lineItem") or ()
    charges = await context.read_many(line["chargeItemReference"]["reference"] for line in lines)
    rows = [views.charge_row(context, charges[line["chargeItemReference"]["reference"]]) for line in lines]
    patient = await context.read(held["subject"]["reference"])
    total = build.amount(held["totalGross"])
    return {
        "invoice": f"Invoice/{held['id']}",
        "number": build.find_identifier(held, resources.INVOICE_NUMBER) or "",
        "person": person_facts(patient, day_of(held["date"])),
        "time": time_text(context, held["date"]),
        "refund": total < 0,
        "lines": [
            {
                "name": row.name,
                "price": format_money(row.unit_price),
                "quantity": str(row.quantity),
                "amount": format_money(row.total),
            }
            for row in rows
        ],
        "total": format_money(total),
        "ways": [
            {"method": part.method, "amount": format_money(part.amount)}
            for part in payments.payments_of(held)
            if part.amount
        ],
        "reason": "；".join(note["text"] for note in held.get("note") or ()),
        "cashier": str(held["participant"][0]["actor"].get("display", "")),
    }


@printout(
    "billing.shift",
    title=N_("Report of a shift"),
    permission="billing.read",
    template="billing/shift.typ",
    paper="A4",
)
async def shift(context: Context, query: Mapping[str, str]) -> Json:
    """What a cashier took and gave back in a shift, and what was counted. Query: `shift`, its reference."""
    held = await context.read(_wanted(query, "shift", "Account"))
    report = await desk_views.shift_report(context, held)
    row = report["row"]
    return {
        "shift": row.key,
        "number": row.number,
        "cashier": row.cashier,
        "since": time_text(context, row.since),
        "until": time_text(context, row.until) if row.until else "",
        "float": format_money(row.float),
        "cash": format_money(report["cash"]),
        "expected": format_money(report["expected"]),
        "counted": format_money(row.counted) if row.counted is not None else "",
        "difference": format_money(row.difference) if row.difference is not None else "",
        "explanation": row.explanation,
        "notes": [
            {"worth": format_money(worth), "count": str(report["count"][name])}
            for name, worth in report["notes"].items()
            if report["count"].get(name)
        ],
        "takings": [
            {
                "method": one.method,
                "count": str(one.count),
                "taken": format_money(one.taken),
                "refunds": str(one.refunds),
                "returned": format_money(one.returned),
                "net": format_money(one.net),
            }
            for one in report["takings"]
        ],
    }
