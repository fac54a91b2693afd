"""One random history: a visit is charged, paid, refunded, cancelled and paid again, as cashiers and a gateway would."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

from xinglin.capabilities.billing import settling, shifts
from xinglin.fhir import build
from xinglin.fhir.outcome import FhirError
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system, reference
from xinglin.platform.access import Unlimited
from xinglin.platform.identity import Actor

STATUSES = ("succeeded", "succeeded", "succeeded", "failed", "unknown", "pending", "sent")
MEDICINE = "amlodipine-5"
PRICED = {"bench-odd": "3.03", "bench-even": "25.00", "bench-dear": "610.00"}


@dataclass
class Counts:
    """What has been done."""

    histories: int = 0
    commands: int = 0
    refused: int = 0
    repeated: int = 0
    received: int = 0
    """Packs of `MEDICINE` that came from a supplier."""
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Staff:
    """Who acts: cashiers, who approves, who receives stock."""

    cashiers: tuple[Actor, ...]
    approver: Actor
    pharmacist: Actor


class History:
    """A visit from its first charge to wherever chance leads. Every command may be sent again under its key."""

    def __init__(self, application: Application, staff: Staff, random: Random, counts: Counts) -> None:
        self.application = application
        self.staff = staff
        self.random = random
        self.counts = counts
        self.visit = ""
        self.payments: list[str] = []
        self.payouts: list[str] = []
        self.requests: list[str] = []
        self.invoices: list[str] = []

    async def run(self, steps: int = 9) -> None:
        """Carries out a number of random steps."""
        self.visit = await self._new_visit()
        await self.charge()
        ways: list[Callable[[], Awaitable[None]]] = [
            *[self.charge, self.settle, self.settle, self.refund, self.refund],
            *[self.begin, self.note, self.note, self.cancel, self.pay_out],
            *[self.ask, self.decide, self.give, self.open_shift, self.close_shift, self.receive],
        ]
        for _step in range(steps):
            await self.random.choice(ways)()
        self.counts.histories += 1

    async def _new_visit(self) -> str:
        async with self.application.database.transaction() as connection:
            context = self.application.context(connection, as_system("zh_CN"))
            actor = self.staff.cashiers[0]
            marks = self.application.grant(actor)
            assert marks is not None
            context.repository.access = Unlimited(actor.account_id, marks.marks("Patient"))
            patient = await context.create({"resourceType": "Patient", "name": [{"text": "账目"}]})
            visit = await context.create(
                {
                    "resourceType": "Encounter",
                    "status": "in-progress",
                    "class": {"code": "AMB"},
                    "subject": build.reference(patient),
                }
            )
        return reference(visit)

    async def do(self, actor: Actor, command: str, /, **values: Any) -> Resource | None:
        """Runs a command, now and then twice under one key; None where it is refused."""
        key = str(uuid4())
        try:
            outcome = await self.application.execute(command, values, actor, key=key)
        except FhirError:
            self.counts.refused += 1
            return None
        self.counts.commands += 1
        if self.random.random() < 0.2:
            again = await self.application.execute(command, values, actor, key=key)
            self.counts.repeated += 1
            if not again.replayed or again.resource.get("id") != outcome.resource.get("id"):
                self.counts.wrong.append(f"{command}: a repeated request was carried out again")
        return outcome.resource

    @property
    def cashier(self) -> Actor:
        """One of the cashiers."""
        return self.random.choice(self.staff.cashiers)

    async def open_charges(self) -> list[Resource]:
        """What the visit owes."""
        async with self.application.reading(as_system("zh_CN")) as context:
            tag = context.registry.tables["charge"].tag("PENDING")
            query = [("context", self.visit), ("_tag", tag), ("_count", "100")]
            return (await context.search("ChargeItem", query)).resources

    async def charge(self) -> None:
        """Something costs money."""
        values = {"item": self.random.choice(list(PRICED)), "quantity": self.random.randint(1, 3)}
        service = f"Basic/{uuid4()}"
        await self.do(self.cashier, "billing.charge", visit=self.visit, service=service, **values)

    async def _bill(self) -> dict[str, Any] | None:
        charges = await self.open_charges()
        if not charges:
            return None
        chosen = [item for item in charges if self.random.random() < 0.7] or charges
        total = sum((build.amount(item["priceOverride"]) for item in chosen), Decimal(0))
        named = [reference(item) for item in chosen] if len(chosen) < len(charges) else []
        return {"visit": self.visit, "total": total, "charges": named}

    async def settle(self) -> None:
        """Pays some or all of it, by one way or several."""
        bill = await self._bill()
        if bill is None:
            return
        ways = (
            self._split(bill["total"])
            if self.random.random() < 0.4
            else {"method": self.random.choice(["cash", "card"])}
        )
        invoice = await self.do(self.cashier, "billing.settle", **bill, **ways)
        if invoice is not None:
            self.invoices.append(reference(invoice))

    def _split(self, total: Decimal) -> dict[str, Decimal]:
        card = (total * self.random.randint(1, 9) / 10).quantize(Decimal("0.01"))
        left = total - card
        return {"card": card, "cash": (left / Decimal("0.1")).quantize(Decimal(1), "ROUND_HALF_UP") * Decimal("0.1")}

    async def begin(self) -> None:
        """Begins a payment by code."""
        bill = await self._bill()
        task = bill and await self.do(self.cashier, "billing.begin_payment", **bill, code="281234567890")
        if task:
            self.payments.append(build.find_identifier(task, settling.PAYMENT_NUMBER) or "")

    async def note(self) -> None:
        """The gateway says something, perhaps too late, perhaps twice."""
        if not self.payments:
            return
        number = self.random.choice(self.payments)
        status = self.random.choice(STATUSES)
        for _time in range(self.random.choice([1, 1, 2])):
            await self.do(as_system("zh_CN"), "billing.note_payment", number=number, status=status)

    async def cancel(self) -> None:
        """A payment is given up."""
        if self.payments:
            await self.do(self.cashier, "billing.cancel_payment", number=self.random.choice(self.payments))

    async def pay_out(self) -> None:
        """The gateway gives back what it was asked for, or says that it can't."""
        async with self.application.reading(as_system("zh_CN")) as context:
            tag = context.registry.tables["payout"].tag("REQUESTED")
            found = (await context.search("Task", [("encounter", self.visit), ("_tag", tag)])).resources
        for task in found:
            number = build.find_identifier(task, "urn:xinglin:id:payout")
            done = self.random.random() < 0.8
            await self.do(as_system("zh_CN"), "billing.note_payout", number=number, done=done)

    async def _paid(self) -> dict[str, Any] | None:
        async with self.application.reading(as_system("zh_CN")) as context:
            tag = context.registry.tables["charge"].tag("SETTLED")
            query = [("context", self.visit), ("_tag", tag), ("_count", "100")]
            settled = {reference(item) for item in (await context.search("ChargeItem", query)).resources}
            patient = (await context.read(self.visit))["subject"]["reference"]
            invoices = (await context.search("Invoice", [("subject", patient), ("_count", "100")])).resources
        for invoice in self.random.sample(invoices, len(invoices)):
            held = [line["chargeItemReference"]["reference"] for line in invoice["lineItem"]]
            wanted = [item for item in held if item in settled and self.random.random() < 0.7]
            if wanted and build.amount(invoice["totalGross"]) > 0:
                return {"invoice": reference(invoice), "charges": wanted, "reason": "账目"}
        return None

    async def refund(self) -> None:
        """Gives something back, or everything twice over."""
        if values := await self._paid():
            await self.do(self.cashier, "billing.refund", **values)

    async def ask(self) -> None:
        """Asks for the approval of a refund."""
        values = await self._paid()
        task = values and await self.do(self.cashier, "billing.request_refund", **values)
        if task:
            self.requests.append(reference(task))

    async def decide(self) -> None:
        """Somebody else decides a refund."""
        if self.requests:
            step, extra = self.random.choice(
                [
                    ("billing.approve_refund", {}),
                    ("billing.approve_refund", {}),
                    ("billing.reject_refund", {"reason": "账目"}),
                ]
            )
            await self.do(self.staff.approver, step, request=self.random.choice(self.requests), **extra)

    async def give(self) -> None:
        """A cashier gives an approved refund, perhaps twice."""
        if self.requests:
            await self.do(self.cashier, "billing.pay_refund", request=self.random.choice(self.requests))

    async def open_shift(self) -> None:
        """Change money comes into a drawer."""
        await self.do(self.cashier, "billing.open_shift", change=self.random.choice(["0", "100.00", "37.30"]))

    async def close_shift(self) -> None:
        """A drawer is counted, right or wrong."""
        cashier = self.cashier
        async with self.application.reading(as_system("zh_CN")) as context:
            shift = await shifts.current(context, cashier.practitioner)
            held = await shifts.in_drawer(context, str(cashier.practitioner))
        if shift is None:
            return
        dimes = int(held * 10) + self.random.choice([0, 0, 3, -2])
        counted = {"c10": max(dimes, 0) % 100_000, "n10": max(dimes, 0) // 100_000 * 1000}
        await self.do(cashier, "billing.close_shift", shift=reference(shift), explanation="账目", **counted)

    async def receive(self) -> None:
        """Medicines come from a supplier."""
        expiry = self.application.clock().date() + timedelta(days=400)
        values = {
            "medicine": MEDICINE,
            "packs": self.random.randint(1, 9),
            "batch": "B1",
            "expiry": expiry,
            "place": "window",
        }
        if await self.do(self.staff.pharmacist, "pharmacy.receive_stock", **values):
            self.counts.received += values["packs"]
