"""A cashier's shift: the float, the drawer, the count at the end, and who takes over.

A shift is an Account whose subject is the cashier; its cash lies on an account of the ledger that can't go below zero.
It ends only when what was counted and what the ledger holds agree to the cent, or the difference is explained.
"""

from decimal import Decimal
from typing import Any

from pydantic import Field

from xinglin.capabilities.billing import resources
from xinglin.capabilities.billing.payments import drawer
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.text import N_
from xinglin.ledger import UnknownAccount
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

ACCOUNT_TYPE = "urn:xinglin:code:account"
SHIFT_NUMBER = "urn:xinglin:id:shift"
FLOAT = "urn:xinglin:extension:shift-float"
COUNT = "urn:xinglin:extension:shift-count"
SAFE = "cash:safe"
DIFFERENCE = "cash:difference"
NOTES = {
    "n100": Decimal(100),
    "n50": Decimal(50),
    "n20": Decimal(20),
    "n10": Decimal(10),
    "n5": Decimal(5),
    "n1": Decimal(1),
    "c50": Decimal("0.50"),
    "c10": Decimal("0.10"),
}
"""Notes and coins of the renminbi, by the field that counts them."""


class OpenShift(Input):
    """Change money that a cashier takes from the safe."""

    change: Decimal = Field(
        Decimal(0), title=N_("Change money"), ge=0, le=100000, decimal_places=2, json_schema_extra={"widget": "money"}
    )


@command(
    "billing.open_shift",
    title=N_("Begin shift"),
    permission="billing.settle",
    done=N_("Shift begun"),
    tone="primary",
)
async def open_shift(context: Context, input: OpenShift) -> Resource:
    """Begins the cashier's shift with change money from the safe; in a shift that runs, more change comes to it."""
    held = await current(context, lock=True)
    if held is not None and not input.change:
        raise Refused(_("Your shift has begun already"))
    shift = held or await _begin(context)
    if not input.change:
        return shift
    await move_cash(context, number_of(shift), SAFE, drawer(cashier_of(context)), input.change, "float")
    return await _with_float(context, shift, input.change)


async def _with_float(context: Context, shift: Resource, more: Decimal) -> Resource:
    """The shift, with what came into its drawer otherwise than from patients."""
    kept = [entry for entry in shift.get("extension") or () if entry.get("url") != FLOAT]
    whole = build.money(float_of(shift) + more)
    return await context.update({**shift, "extension": [*kept, {"url": FLOAT, "valueMoney": whole}]})


def float_of(shift: Resource) -> Decimal:
    """What came into the drawer of a shift otherwise than from patients."""
    return build.amount(resources.extension(shift, FLOAT).get("valueMoney"))


def cashier_of(context: Context) -> str:
    """The signed-in cashier's reference. Raises `NotPermitted` for who is no member of staff."""
    if context.actor.practitioner is None:
        raise NotPermitted(_("Only a member of staff takes money"))
    return context.actor.practitioner


async def current(context: Context, cashier: str | None = None, *, lock: bool = False) -> Resource | None:
    """The open shift of a cashier, or of whoever acts; with `lock`, nobody else begins or ends one meanwhile."""
    who = cashier or cashier_of(context)
    if lock:
        await context.lock(f"billing.shift.{who}")
    tag = context.registry.tables["shift"].tag("OPEN")
    found = await context.search("Account", [("subject", who), ("_tag", tag), ("_count", "1")])
    if not found.resources:
        return None
    return await context.read(f"Account/{found.resources[0]['id']}", lock=lock)


async def working(context: Context) -> Resource:
    """The shift of the cashier who takes or gives money now; the first money of the day begins one."""
    held = await current(context, lock=True)
    return held or await context.call("billing.open_shift")


async def _begin(context: Context) -> Resource:
    day = context.today.strftime("%y%m%d")
    number = f"SH{day}{await next_number(context.connection, f'shift-{day}'):03d}"
    return await context.create(
        context.moved(
            "shift",
            {
                "resourceType": "Account",
                "identifier": [build.identifier(SHIFT_NUMBER, number)],
                "type": build.concept(ACCOUNT_TYPE, "shift", "收费员班次"),
                "name": f"{context.actor.name} {number}",
                "subject": [build.reference(cashier_of(context), context.actor.name)],
                "servicePeriod": {"start": build.instant(context.now)},
                "extension": [{"url": FLOAT, "valueMoney": build.money(Decimal(0))}],
            },
        )
    )


def number_of(shift: Resource) -> str:
    """The number of a shift."""
    return build.find_identifier(shift, SHIFT_NUMBER) or str(shift["id"])


async def move_cash(context: Context, reference: str, source: str, target: str, amount: Decimal, memo: str) -> None:
    """Moves cash between accounts of the ledger; a drawer can't give more than it holds."""
    for code in (source, target):
        await context.books.open_account(code, "money", "CNY", floor_zero=code.startswith("cash:drawer:"))
    await context.books.post(reference, [(source, -amount, "CNY"), (target, amount, "CNY")], memo=memo)


async def in_drawer(context: Context, cashier: str) -> Decimal:
    """What a cashier's drawer holds by the ledger."""
    try:
        return await context.books.balance(drawer(cashier))
    except UnknownAccount:
        return Decimal(0)


class CloseShift(Input):
    """What was counted in the drawer, by notes and coins."""

    shift: str = Field(title=N_("Shift"), pattern=r"^Account/", json_schema_extra={"widget": "hidden"})
    n100: int = Field(0, title=N_("¥100"), ge=0, le=100000)
    n50: int = Field(0, title=N_("¥50"), ge=0, le=100000)
    n20: int = Field(0, title=N_("¥20"), ge=0, le=100000)
    n10: int = Field(0, title=N_("¥10"), ge=0, le=100000)
    n5: int = Field(0, title=N_("¥5"), ge=0, le=100000)
    n1: int = Field(0, title=N_("¥1"), ge=0, le=100000)
    c50: int = Field(0, title=N_("¥0.50"), ge=0, le=100000)
    c10: int = Field(0, title=N_("¥0.10"), ge=0, le=100000)
    expected: Decimal | None = Field(
        None, title=N_("By the ledger"), decimal_places=2, json_schema_extra={"widget": "hidden"}
    )
    explanation: str | None = Field(None, title=N_("Explanation of a difference"), max_length=200)
    to: str | None = Field(
        None,
        title=N_("Hand over to"),
        pattern=r"^Practitioner/",
        json_schema_extra={"widget": "select", "source": "billing.cashiers"},
    )

    @property
    def counted(self) -> Decimal:
        """What notes and coins come to."""
        return sum((getattr(self, name) * worth for name, worth in NOTES.items()), Decimal("0.00"))


@command(
    "billing.close_shift",
    title=N_("Close shift"),
    permission="billing.settle",
    done=N_("Shift closed"),
    tone="primary",
)
async def close_shift(context: Context, input: CloseShift) -> Resource:
    """Closes the cashier's shift: what was counted leaves the drawer for the safe, or for a colleague.

    Refused while a payment of this cashier is on its way, and, without an explanation, where what was counted is not
    what the ledger holds. A difference that is explained is booked as such, so that the drawer is empty to the cent.
    """
    me = cashier_of(context)
    shift = await current(context, lock=True)
    if shift is None or f"Account/{shift['id']}" != input.shift:
        raise Refused(_("This is not your open shift"), expression="shift")
    if input.to == me:
        raise BadRequest(_("Hand over to a colleague, or leave it blank for the safe"), expression="to")
    await refuse_under_way(context, me)
    expected = await in_drawer(context, me)
    if input.expected not in (None, expected):
        raise Refused(_("Money has moved since this was opened; look again"), expression="expected")
    difference = input.counted - expected
    if difference and not (input.explanation or "").strip():
        text = _("Counted {counted}, but the ledger holds {expected}: {difference}. Count again, or explain it")
        raise BadRequest(
            text.format(
                counted=input.counted, expected=expected.quantize(Decimal("0.01")), difference=f"{difference:+.2f}"
            ),
            expression="explanation",
        )
    number = number_of(shift)
    if difference > 0:
        await move_cash(context, number, DIFFERENCE, drawer(me), difference, "surplus")
    elif difference < 0:
        await move_cash(context, number, drawer(me), DIFFERENCE, -difference, "shortage")
    if input.counted:
        target = handed(shift) if input.to else SAFE
        await move_cash(context, number, drawer(me), target, input.counted, "closing")
    left = await in_drawer(context, me)
    assert left == 0, f"a drawer that was emptied holds {left}"
    return await _closed(context, shift, input, expected)


async def _closed(context: Context, shift: Resource, input: CloseShift, expected: Decimal) -> Resource:
    notes: list[dict[str, Any]] = [
        {"url": name, "valueInteger": getattr(input, name)} for name in NOTES if getattr(input, name)
    ]
    notes += [
        {"url": "counted", "valueMoney": build.money(input.counted)},
        {"url": "expected", "valueMoney": build.money(expected)},
    ]
    if input.explanation:
        notes.append({"url": "explanation", "valueString": input.explanation})
    if input.to:
        notes.append({"url": "to", "valueReference": build.reference(input.to)})
    moved = context.moved("shift", shift, to="HANDED" if input.to and input.counted else "CLOSED")
    period = {**shift["servicePeriod"], "end": build.instant(context.now)}
    extensions = [*(shift.get("extension") or ()), {"url": COUNT, "extension": notes}]
    return await context.update({**moved, "servicePeriod": period, "extension": extensions})


def handed(shift: Resource) -> str:
    """The ledger account of cash that is on its way from one cashier to the next."""
    return f"cash:handed:{number_of(shift)}"


def count_of(shift: Resource) -> dict[str, Any]:
    """What was counted at the end: `counted`, `expected`, `explanation`, `to` and the number of each note."""
    entry = resources.extension(shift, COUNT)
    found: dict[str, Any] = {}
    for part in entry.get("extension") or ():
        value = next(value for name, value in part.items() if name.startswith("value"))
        found[part["url"]] = build.amount(value) if "valueMoney" in part else value
    return found


async def refuse_under_way(context: Context, cashier: str) -> None:
    """Refuses while a payment that a cashier began has no end yet."""
    table = context.registry.tables["payment"]
    tags = ",".join(table.tag(code) for code in ("CREATED", "PENDING", "UNKNOWN"))
    found = await context.search("Task", [("requester", cashier), ("_tag", tags), ("_count", "1")])
    if found.resources:
        raise Refused(_("A payment is still on its way; wait for it, or cancel it"))


class AcceptShift(Input):
    """A shift whose cash a colleague takes over."""

    shift: str = Field(title=N_("Shift"), pattern=r"^Account/", json_schema_extra={"widget": "hidden"})


@command(
    "billing.accept_shift",
    title=N_("Take over"),
    permission="billing.settle",
    done=N_("Taken over"),
    tone="primary",
    confirm=N_("Did you count the cash and does it agree?"),
)
async def accept_shift(context: Context, input: AcceptShift) -> Resource:
    """Takes over the cash of a colleague's shift that was handed to the signed-in cashier."""
    shift = await context.read(input.shift, lock=True)
    count = count_of(shift)
    if not count:
        raise NotFound(_("This shift was not handed over"))
    if count.get("to", {}).get("reference") != cashier_of(context):
        raise NotPermitted(_("This shift was handed to somebody else"))
    closed = await context.move("shift", shift)
    own = await working(context)
    amount = await context.books.balance(handed(shift))
    await move_cash(context, number_of(shift), handed(shift), drawer(cashier_of(context)), amount, "handover")
    await _with_float(context, own, amount)
    return closed
