"""The payment gateway: what it is asked, and the jobs that ask it.

A job sends outside of any transaction and tells the answer to a command. No answer is no failure: the payment is then
unknown, and is asked for until the gateway says how it ended.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system
from xinglin.platform import jobs

PATIENCE = timedelta(seconds=60)
"""A payment that the gateway does not know is taken for lost after this time: until then it may be on its way there."""
PAUSES = (2, 4, 8, 16)
"""Seconds between questions for a payment that has no end yet; then it is asked for every minute."""


@dataclass(frozen=True)
class Answer:
    """What the gateway says: `status` is pending, succeeded, failed, closed or missing."""

    status: str
    amount: str | None = None
    transaction: str | None = None
    reason: str | None = None


class NoAnswerError(Exception):
    """The gateway did not answer, or not in a way that tells anything."""


class PaymentGateway(Protocol):
    """A provider of payments. Numbers are ours; the same number is carried out once. All raise `NoAnswerError`."""

    async def pay(self, number: str, amount: str, code: str) -> Answer:
        """Takes an amount by the code on the patient's telephone."""

    async def query(self, number: str) -> Answer:
        """Tells how a payment stands."""

    async def close(self, number: str) -> Answer:
        """Gives up a payment that has no end yet: closed, or succeeded where that came first."""

    async def refund(self, number: str, payment: str, amount: str) -> Answer:
        """Gives a part of a payment back."""


@dataclass(frozen=True)
class House:
    """What the jobs of a worker work with."""

    application: Application
    gateway: PaymentGateway


_house: ContextVar[House] = ContextVar("payment_house")


def provide(house: House) -> None:
    """Gives the jobs of this worker what they work with."""
    _house.set(house)


async def _note(command: str, **values: Any) -> None:
    given = {name: value for name, value in values.items() if value is not None}
    await _house.get().application.execute(command, given, as_system("zh_CN"))


@jobs.task("billing.pay")
async def pay(number: str, amount: str, code: str) -> None:
    """Sends a payment. That it is sent is noted first, so that whoever comes after a crash knows to ask."""
    await _note("billing.note_payment", number=number, status="sent")
    try:
        answer = await _house.get().gateway.pay(number, amount, code)
    except NoAnswerError as error:
        await _note("billing.note_payment", number=number, status="unknown", reason=str(error)[:200])
        await _later(number, 0)
        return
    await _take(number, answer)
    if answer.status == "pending":
        await _later(number, 0)


async def _take(number: str, answer: Answer) -> None:
    """Tells the payment how it stands."""
    status = "failed" if answer.status == "closed" else answer.status
    if status != "missing":
        details = {"amount": answer.amount, "transaction": answer.transaction, "reason": answer.reason}
        await _note("billing.note_payment", number=number, status=status, **details)


async def _later(number: str, attempt: int) -> None:
    if attempt < len(PAUSES):
        application = _house.get().application
        at = application.clock() + timedelta(seconds=PAUSES[attempt])
        async with application.database.transaction() as connection:
            await jobs.enqueue(connection, query, at=at, number=number, attempt=attempt + 1)


@jobs.task("billing.query_payment", attempts=1)
async def query(number: str, attempt: int) -> None:
    """Asks how a payment stands, and again a little later while it has no end."""
    if not await ask(number):
        await _later(number, attempt)


async def ask(number: str, *, lost: bool = False) -> bool:
    """Asks how a payment stands, and returns whether it has ended; `lost`: one that is not known there has failed."""
    try:
        answer = await _house.get().gateway.query(number)
    except NoAnswerError:
        return False
    if answer.status == "missing" and lost:
        answer = Answer("failed", reason="the gateway does not know it")
    await _take(number, answer)
    return answer.status not in ("pending", "missing")


@jobs.task("billing.query_payments", cron="* * * * *")
async def query_all(timestamp: int) -> None:  # noqa: ARG001  (its time, which every such job is given)
    """Every minute: asks for every payment that has no end yet, and for what was cancelled a short while ago."""
    if (house := _house.get(None)) is None:
        return
    page = await house.application.view("billing.payments_to_ask", {"limit": 500}, as_system("zh_CN"))
    for row in page.rows:
        await ask(row.key, lost=row.old)


@jobs.task("billing.close_payment")
async def close(number: str) -> None:
    """Closes a payment that was cancelled. Without an answer it is tried again."""
    try:
        answer = await _house.get().gateway.close(number)
    except NoAnswerError as error:
        raise RuntimeError("the gateway did not close a payment") from error
    if answer.status == "succeeded":
        await _take(number, answer)


async def _gave_up(number: str, payment: str, amount: str) -> None:  # noqa: ARG001  (what the job was given)
    await _note("billing.note_payout", number=number, done=False, reason="the gateway did not answer")


@jobs.task("billing.pay_out", given_up=_gave_up)
async def pay_out(number: str, payment: str, amount: str) -> None:
    """Gives money back. Without an answer it is tried again under the same number, so it is given once."""
    try:
        answer = await _house.get().gateway.refund(number, payment, amount)
    except NoAnswerError as error:
        raise RuntimeError("the gateway did not answer a refund") from error
    done = answer.status == "succeeded"
    await _note("billing.note_payout", number=number, done=done, reason=answer.reason)


async def called_back(application: Application, values: Mapping[str, Any]) -> None:
    """Takes what the gateway tells by itself: `{"number", "status", "amount", "transaction"}`.

    Raises what the command raises; a payment that is not known is `NotFound`.
    """
    names = ("number", "status", "amount", "transaction", "reason")
    given = {name: values[name] for name in names if values.get(name) is not None}
    await application.execute("billing.note_payment", given, as_system("zh_CN"))
