"""By which ways a bill is paid: what each takes, what is rounded, and on which accounts of the ledger it moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xinglin.capabilities.billing import resources
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import listed
from xinglin.ledger import InsufficientBalance
from xinglin.platform.i18n import gettext as _

PAYMENT = "urn:xinglin:extension:payment"
ROUNDING = "rounding"
CASH_STEP = Decimal("0.10")
"""The smallest amount of cash: fen are not handed out any more; a half rounds up."""
CENT = Decimal("0.01")
OWED = "payable:qr"
"""The ledger account of what the gateway was asked to give back and has not given yet."""
BACK_FIRST = ("qr", "card", "cash", ROUNDING)
"""The order in which a part of a bill is given back by the ways it was paid."""


@dataclass(frozen=True)
class Payment:
    """A part of a bill by one way; negative where it is given back. `intent` is the Task of one by the gateway."""

    method: str
    amount: Decimal
    intent: str | None = None

    def extension(self) -> dict[str, Any]:
        """As an Invoice keeps it."""
        parts: list[dict[str, Any]] = [
            {"url": "method", "valueCode": self.method},
            {"url": "amount", "valueMoney": build.money(self.amount)},
        ]
        if self.intent:
            parts.append({"url": "intent", "valueReference": build.reference(self.intent)})
        return {"url": PAYMENT, "extension": parts}


def split(total: Decimal, method: str, given: dict[str, Decimal | None]) -> list[Payment]:
    """The payments of a bill: all by one method, or by those for which an amount is `given`.

    Cash takes what the others leave, rounded to ten fen; the difference is a payment of its own (`rounding`). Refused
    where the amounts don't come to the total.
    """
    amounts = {name: amount for name, amount in given.items() if amount}
    if not amounts:
        amounts = {method: total} if total else {}
    others = sum((amount for name, amount in amounts.items() if name != "cash"), Decimal(0))
    due = total - others
    cash = rounded(due) if "cash" in amounts else Decimal(0)
    if due < 0 or (due and "cash" not in amounts):
        raise Refused(
            _("The amounts come to {sum}, but {total} are due").format(sum=others, total=total), expression="qr"
        )
    if method != "cash" and "cash" in given and given["cash"] and given["cash"] != cash:
        raise Refused(_("{cash} are left for cash").format(cash=cash), expression="cash")
    found = [Payment(name, amount) for name, amount in amounts.items() if name != "cash"]
    found += [Payment("cash", cash)] if cash else []
    return [*found, *([Payment(ROUNDING, due - cash)] if "cash" in amounts and due != cash else [])]


def rounded(amount: Decimal) -> Decimal:
    """What an amount comes to in cash."""
    return (amount / CASH_STEP).quantize(Decimal(1), ROUND_HALF_UP) * CASH_STEP


def payments_of(invoice: Resource) -> list[Payment]:
    """By which ways an invoice was paid; one from before there were several was paid by its one method."""
    found = []
    for entry in invoice.get("extension") or ():
        if entry.get("url") == PAYMENT:
            parts = {part["url"]: part for part in entry["extension"]}
            intent = parts.get("intent", {}).get("valueReference", {}).get("reference")
            found.append(Payment(parts["method"]["valueCode"], build.amount(parts["amount"]["valueMoney"]), intent))
    method = resources.extension(invoice, resources.PAYMENT_METHOD).get("valueCode")
    return found or ([Payment(str(method), build.amount(invoice["totalGross"]))] if method else [])


def summary(payments: Sequence[Payment]) -> str:
    """The one method of an invoice, or `mixed`."""
    methods = {payment.method for payment in payments if payment.method != ROUNDING}
    return methods.pop() if len(methods) == 1 else "mixed" if methods else "none"


def give_back(amount: Decimal, paid: Iterable[Payment], returned: Iterable[Payment]) -> list[Payment]:
    """The payments, negative, by which a part of a bill goes back: by the ways it was paid, each no more than is left.

    Cash is rounded, as long as not all of the bill goes back. Raises `ValueError` where less is left than that.
    """
    left: dict[str, Decimal] = {}
    intents: dict[str, str | None] = {}
    for payment in (*paid, *returned):
        left[payment.method] = left.get(payment.method, Decimal(0)) + payment.amount
        intents.setdefault(payment.method, payment.intent)
    if amount > sum(left.values()):
        raise ValueError("more than was paid")
    if amount == sum(left.values()):
        return [Payment(method, -part, intents[method]) for method, part in left.items() if part]
    found = []
    for method in (name for name in sorted(left, key=_back_first) if name not in ("cash", ROUNDING)):
        part = min(amount, left[method])
        if part > 0:
            found.append(Payment(method, -part, intents[method]))
            amount -= part
    paid_out = min(rounded(amount), left.get("cash", Decimal(0)))
    found += [Payment("cash", -paid_out)] if paid_out else []
    return [*found, *([Payment(ROUNDING, paid_out - amount)] if paid_out != amount else [])]


def _back_first(method: str) -> int:
    return BACK_FIRST.index(method) if method in BACK_FIRST else -1


def drawer(cashier: str) -> str:
    """The ledger account of a cashier's cash, for a `Practitioner/…`."""
    return f"cash:drawer:{cashier.partition('/')[2]}"


def account_for(payment: Payment, cashier: str) -> str:
    """The ledger account that a payment moves on. What the gateway gives back is owed until it says that it did."""
    if payment.method == "cash":
        return drawer(cashier)
    if payment.intent and payment.amount < 0:
        return OWED
    return "rounding:outpatient" if payment.method == ROUNDING else resources.method_account(payment.method)


async def book(context: Context, number: str, payments: Sequence[Payment], cashier: str, memo: str = "") -> None:
    """Books the payments of an invoice against the hospital's income, as one entry.

    Refused where the cashier's drawer does not hold what is to be paid out.
    """
    lines = [(account_for(payment, cashier), payment.amount) for payment in payments if payment.amount]
    total = sum((amount for _account, amount in lines), Decimal(0))
    if total:
        lines.append((resources.INCOME, -total))
    if not lines:
        return
    for code, _amount in lines:
        await context.books.open_account(code, "money", "CNY", floor_zero=code.startswith("cash:drawer:"))
    try:
        await context.books.post(number, [(code, amount, "CNY") for code, amount in lines], memo=memo)
    except InsufficientBalance as error:
        text = _("Your drawer holds {held}, but {wanted} are to be paid out")
        raise Refused(text.format(held=error.available.quantize(CENT), wanted=error.wanted.quantize(CENT))) from error


def check_methods(payments: Iterable[Payment], accepted: Iterable[str]) -> None:
    """Refuses payments by ways that can't be taken here."""
    known = list(accepted)
    strange = [payment.method for payment in payments if payment.method not in (*known, ROUNDING)]
    if strange:
        text = _("{method} can't be taken here; accepted are {accepted}")
        raise Refused(text.format(method=strange[0], accepted=listed(known)), expression="method")
