"""Payments through the gateway by real HTTP, with every way in which a network and a provider can misbehave."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import uvicorn
from psycopg import AsyncConnection

from tests.capabilities.billing.test_desk import balance, bill
from tests.hospital import SECRET_KEY, Hospital
from xinglin.capabilities.billing import gateway, payments, resources, settling
from xinglin.exchange.payments import HttpGateway, create_callbacks
from xinglin.fhir import build, json
from xinglin.fhir.outcome import FhirError
from xinglin.fhir.types import Resource
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import Refused
from xinglin.operations.simulated.payments import Provider
from xinglin.platform.settings import Settings
from xinglin.platform.signed_http import signed

SECRET = "shared-in-the-tests"


class Quiet(uvicorn.Server):
    """A server that leaves the signals of the tests alone."""

    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """An application behind a real port."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        server = Quiet(uvicorn.Config(app, log_level="warning", lifespan="off"))
        task = asyncio.create_task(server.serve([held]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{held.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@dataclass
class Desk:
    """A hospital whose mobile payments go to a simulated provider. `jobs` are those that wait, oldest first."""

    hospital: Hospital
    provider: Provider
    callbacks: str
    before: Decimal

    async def begin(self, ending: str, *prices: str) -> tuple[str, str, Resource]:
        """Begins a payment by a code with an ending: the visit, the payment's number and its Task."""
        visit, _charges = await bill(self.hospital, *prices)
        due = str(sum(map(Decimal, prices)))
        task = await self.hospital.do(
            "cashier", "billing.begin_payment", visit=visit, total=due, code=f"28{12345678}{ending}"
        )
        return visit, str(build.find_identifier(task, settling.PAYMENT_NUMBER)), task

    async def work(self) -> None:
        """Does the jobs of billing that wait, at once, whenever they are due; a failing one is tried three times."""
        tasks = {task.name: task for task in (gateway.pay, gateway.query, gateway.close, gateway.pay_out)}
        async with self.hospital.application.database.transaction() as connection:
            waiting = await _take(connection)
        for name, arguments in waiting:
            if name in tasks:
                arguments.pop("_trace", None)
                for _attempt in range(3):
                    with suppress(RuntimeError):
                        await tasks[name](**arguments)
                        break

    async def state(self, task: Resource) -> str:
        return await self.hospital.state("payment", f"Task/{task['id']}")


async def _take(connection: AsyncConnection[Any]) -> list[tuple[str, dict[str, Any]]]:
    query = "DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args"
    rows = await (await connection.execute(query)).fetchall()
    return [(name, dict(arguments)) for _id, name, arguments in sorted(rows)]


@pytest.fixture
async def desk(hospital: Hospital) -> AsyncIterator[Desk]:
    hospital.clock.now = datetime.now(UTC)
    before = hospital.application.settings
    callbacks = create_callbacks(hospital.application, Settings(payment_secret=SECRET))
    async with serving(callbacks) as own:
        provider = Provider(SECRET, f"{own}/payments", late=0.05, silence=1.0)
        async with serving(provider.application()) as url, httpx.AsyncClient(timeout=0.4, trust_env=False) as client:
            hospital.application.settings = Settings(secret_key=SECRET_KEY, payment_url=url, payment_secret=SECRET)
            gateway.provide(gateway.House(hospital.application, HttpGateway(client, url, SECRET)))
            yield Desk(hospital, provider, own, await held(hospital))
    hospital.application.settings = before


async def held(hospital: Hospital) -> Decimal:
    """What the ledger says that the provider holds for us."""
    return await balance(hospital, resources.method_account("qr")) + await balance(hospital, payments.OWED)


async def books_agree(desk: Desk) -> None:
    """What the provider took in this test is what the ledger says, less what is owed; the books prove themselves."""
    assert await held(desk.hospital) - desk.before == desk.provider.balance()
    async with desk.hospital.application.reading(as_system("zh_CN")) as context:
        assert await context.books.faults() == []


async def test_a_payment_goes_through_once(desk: Desk) -> None:
    visit, number, task = await desk.begin("00", "12.00", "13.00")
    with pytest.raises(Refused):
        await desk.hospital.do("cashier", "billing.settle", visit=visit, total="25.00", method="cash")
    with pytest.raises(Refused):
        await desk.hospital.do("cashier", "billing.settle", visit=visit, total="25.00", method="qr")
    await desk.work()
    assert await desk.state(task) == "SUCCEEDED"
    await gateway.pay(number, "25.00", "2812345678")
    assert len(desk.provider.payments) == 1
    with pytest.raises(Refused):
        await desk.hospital.do("cashier", "billing.settle", visit=visit, total="25.00", method="cash")
    await books_agree(desk)


async def test_a_refused_one_leaves_the_bill_open(desk: Desk) -> None:
    visit, _number, task = await desk.begin("01", "15.00")
    await desk.work()
    assert await desk.state(task) == "FAILED"
    assert "余额不足" in (await desk.hospital.read(f"Task/{task['id']}"))["statusReason"]["text"]
    await desk.hospital.do("cashier", "billing.settle", visit=visit, total="15.00", method="cash")
    await books_agree(desk)


@pytest.mark.parametrize("ending", ["02", "04"])
async def test_a_late_answer_settles_once_however_often_it_comes(desk: Desk, ending: str) -> None:
    visit, _number, task = await desk.begin(ending, f"16.{ending}")
    await desk.work()
    assert await desk.state(task) == "PENDING"
    await asyncio.sleep(0.5)
    assert await desk.state(task) == "SUCCEEDED"
    totals = [row.total for row in await desk.hospital.rows("cashier", "billing.invoices")]
    assert totals.count(Decimal(f"16.{ending}")) == 1
    assert visit not in {row.key for row in await desk.hospital.rows("cashier", "billing.open_bills")}
    await books_agree(desk)


async def test_no_answer_is_no_failure_and_is_asked_for(desk: Desk) -> None:
    visit, _number, task = await desk.begin("03", "17.00")
    await desk.work()
    assert await desk.state(task) == "UNKNOWN"
    with pytest.raises(Refused):
        await desk.hospital.do("cashier", "billing.settle", visit=visit, total="17.00", method="cash")
    shift = next(row for row in await desk.hospital.rows("cashier", "billing.shifts") if row.state == "OPEN")
    with pytest.raises(Refused):
        await desk.hospital.do("cashier", "billing.close_shift", shift=shift.key, explanation="…")
    await gateway.query_all(0)
    assert await desk.state(task) == "SUCCEEDED"
    await books_agree(desk)


async def test_what_never_arrived_is_lost_after_a_while(desk: Desk) -> None:
    _visit, number, task = await desk.begin("05", "18.00")
    await desk.work()
    assert await desk.state(task) == "UNKNOWN"
    assert number not in desk.provider.payments
    await gateway.query_all(0)
    assert await desk.state(task) == "UNKNOWN"
    desk.hospital.clock.forward(minutes=3)
    await gateway.query_all(0)
    assert await desk.state(task) == "FAILED"


@pytest.mark.parametrize(("ending", "state", "refunds"), [("06", "CANCELLED", 0), ("07", "REVERSED", 1)])
async def test_a_success_after_the_cancellation_goes_back(desk: Desk, ending: str, state: str, refunds: int) -> None:
    visit, number, task = await desk.begin(ending, "19.00")
    await desk.work()
    await desk.hospital.do("cashier", "billing.cancel_payment", number=number)
    await desk.hospital.do("cashier", "billing.settle", visit=visit, total="19.00", method="cash")
    await desk.work()
    await asyncio.sleep(0.5)
    await desk.work()
    assert await desk.state(task) == state
    assert len(desk.provider.payments[number].refunds) == refunds
    assert sum(desk.provider.payments[number].refunds.values()) == 19 * refunds
    await books_agree(desk)


async def test_a_mixed_bill_and_its_refund_by_the_gateway(desk: Desk) -> None:
    visit, charges = await bill(desk.hospital, "30.00", "20.00")
    values = {"visit": visit, "total": "50.00", "qr": "35.00", "cash": "15.00", "code": "281234567809"}
    await desk.hospital.do("cashier", "billing.begin_payment", **values)
    await desk.work()
    (row,) = [row for row in await desk.hospital.rows("cashier", "billing.invoices") if row.total == 50]
    await desk.hospital.do("cashier", "billing.refund", invoice=row.key, charges=charges[1:], reason="不做了")
    assert await balance(desk.hospital, payments.OWED) == -20
    await desk.work()
    assert await balance(desk.hospital, payments.OWED) == 0
    assert [sum(item.refunds.values()) for item in desk.provider.payments.values()] == [20]
    await books_agree(desk)


async def test_a_refund_that_the_gateway_refuses_is_seen_and_tried_again(desk: Desk) -> None:
    _visit, number, _task = await desk.begin("08", "21.00")
    await desk.work()
    (row,) = [row for row in await desk.hospital.rows("cashier", "billing.invoices") if row.total == 21]
    await desk.hospital.do("cashier", "billing.refund", invoice=row.key, reason="不做了")
    await desk.work()
    (waiting,) = await desk.hospital.rows("cashier", "billing.payouts")
    assert (waiting.state, waiting.amount) == ("FAILED", 21)
    desk.provider.payments[number].code = "00"
    await desk.hospital.do("cashier", "billing.retry_payout", number=waiting.key)
    await desk.work()
    assert await desk.hospital.rows("cashier", "billing.payouts") == []
    await books_agree(desk)


async def test_only_the_gateway_may_call(desk: Desk) -> None:
    _visit, number, task = await desk.begin("06", "22.00")
    await desk.work()
    body = json.dumps({"number": number, "status": "succeeded", "amount": "22.00"})
    good = signed(SECRET, "x", body, desk.hospital.clock())
    old = signed(SECRET, "x", body, desk.hospital.clock() - timedelta(hours=1))
    async with httpx.AsyncClient(trust_env=False) as client:
        for headers in ({}, old, signed("somebody-else-s", "x", body, desk.hospital.clock())):
            answer = await client.post(f"{desk.callbacks}/payments", content=body, headers=headers)
            assert answer.status_code == 401
        assert (await client.post(f"{desk.callbacks}/payments", content=body + b" ", headers=good)).status_code == 401
        assert await desk.state(task) == "PENDING"
        wrong = json.dumps({"number": number, "status": "succeeded", "amount": "2.00"})
        headers = signed(SECRET, "y", wrong, desk.hospital.clock())
        assert (await client.post(f"{desk.callbacks}/payments", content=wrong, headers=headers)).status_code == 200
    assert await desk.state(task) == "REVERSED"
    with pytest.raises(FhirError):
        await desk.hospital.do("cashier", "billing.note_payment", number=number, status="succeeded")
