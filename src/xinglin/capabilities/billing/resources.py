"""How this capability writes charges and invoices as R4 resources, and which accounts the money moves on."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from xinglin.capabilities.billing import prices
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

INVOICE_NUMBER = "urn:xinglin:id:invoice"
REFUND_OF = "urn:xinglin:extension:refund-of"
PAYMENT_METHOD = "urn:xinglin:extension:payment-method"
TENDERED = "urn:xinglin:extension:tendered"
RENDERED = "urn:xinglin:extension:rendered"

METHODS = {"cash": "现金", "card": "银行卡", "qr": "扫码支付"}
INCOME = "income:outpatient"


def method_account(method: str) -> str:
    """The ledger account of a payment method."""
    return f"money:{method}"


def charge(
    encounter: Resource, definition: Resource, price: Decimal, quantity: int, service: str, context: Context
) -> Resource:
    """A ChargeItem; `priceOverride` is the total at the `price` of one unit now and stays as it is, as does which
    version of the price list gave it (`definitionCanonical`).

    What it is for stands in `supportingInformation`, since R4 lets `service` name neither a request nor a visit.
    """
    return {
        "resourceType": "ChargeItem",
        "extension": with_rendered({}, rendered=False),
        "definitionUri": [definition["url"]],
        "definitionCanonical": [prices.canonical(definition)],
        "code": definition["code"],
        "subject": encounter["subject"],
        "context": build.reference(f"Encounter/{encounter['id']}"),
        "occurrenceDateTime": build.instant(context.now),
        "quantity": {"value": quantity},
        "priceOverride": build.money(price * quantity),
        "supportingInformation": [build.reference(service)],
        "enteredDate": build.instant(context.now),
        "enterer": actor(context),
    }


def total(charges: Sequence[Resource]) -> Decimal:
    """The sum of charges, exact to the cent."""
    return sum((build.amount(item["priceOverride"]) for item in charges), Decimal("0.00"))


def services(charges: Sequence[Resource]) -> list[str]:
    """References of what the charges are for."""
    return sorted({item["reference"] for charge in charges for item in charge.get("supportingInformation") or ()})


def rendered(item: Resource) -> bool | None:
    """Whether a charge is marked as rendered; None for one that was written before charges were marked."""
    return extension(item, RENDERED).get("valueBoolean")


def with_rendered(item: Resource, *, rendered: bool) -> list[dict[str, Any]]:
    """The extensions of a charge, with the mark of what it is for."""
    others = [entry for entry in item.get("extension") or () if entry.get("url") != RENDERED]
    return [*others, {"url": RENDERED, "valueBoolean": rendered}]


def invoice(
    number: str,
    charges: Sequence[Resource],
    context: Context,
    *,
    sign: int,
    extensions: list[dict[str, Any]],
    note: str | None = None,
) -> Resource:
    """An Invoice over charges of one patient; `sign` is 1 for a payment and -1 for a refund."""
    amount = build.money(sign * total(charges))
    return build.without_empty(
        {
            "resourceType": "Invoice",
            "extension": extensions,
            "identifier": [build.identifier(INVOICE_NUMBER, number)],
            "status": "balanced",
            "type": {"text": "收费" if sign > 0 else "退费"},
            "subject": charges[0]["subject"],
            "recipient": charges[0]["subject"],
            "date": build.instant(context.now),
            "participant": [{"actor": actor(context)}],
            "lineItem": [
                {
                    "sequence": position,
                    "chargeItemReference": build.reference(item, build.concept_text(item["code"])),
                    "priceComponent": [
                        {"type": "base", "amount": build.money(sign * build.amount(item["priceOverride"]))}
                    ],
                }
                for position, item in enumerate(charges, 1)
            ],
            "totalNet": amount,
            "totalGross": amount,
            "note": [{"text": note}] if note else [],
        }
    )


def actor(context: Context) -> dict[str, Any]:
    """Whoever acts, as a Reference; a machine that is no member of staff by its name alone."""
    who = context.actor.practitioner
    return build.reference(who, context.actor.name) if who else {"display": context.actor.name}


def extension(resource: Resource, url: str) -> dict[str, Any]:
    """The extension of a resource with this url; empty where it has none."""
    return next((item for item in resource.get("extension") or () if item.get("url") == url), {})
