"""The cashier's desk: chosen items, several ways of payment, refunds with approval, shifts that close to the cent."""

from decimal import Decimal

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.billing import payments, resources, shifts
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted, Refused


async def bill(hospital: Hospital, *prices: str) -> tuple[str, list[str]]:
    """A visit that owes something for each price: its reference, and its charges."""
    visit = await hospital.consultation(await hospital.patient("收费"))
    charges = []
    for position, price in enumerate(prices):
        item = f"desk-{price}"
        values = {"item": item, "name": f"项目 {price}", "price": price}
        await hospital.application.execute("billing.set_price", values, as_system("zh_CN"), key=f"{item}")
        written = await hospital.do("cashier", "billing.charge", visit=visit, item=item, service=f"Basic/{position}")
        charges.append(f"ChargeItem/{written['id']}")
    return visit, charges


async def balance(hospital: Hospital, account: str) -> Decimal:
    async with hospital.application.reading(as_system("zh_CN")) as context:
        return (await context.books.balances([account])).get(account, Decimal(0))


async def drawer(hospital: Hospital) -> Decimal:
    return await balance(hospital, payments.drawer(str(hospital.people["cashier"].practitioner)))


async def close(hospital: Hospital, **counted: object) -> Resource:
    (shift,) = [row for row in await hospital.rows("cashier", "billing.shifts") if row.state == "OPEN"]
    return await hospital.do("cashier", "billing.close_shift", shift=shift.key, **counted)


async def test_chosen_items_are_paid_and_the_others_stay_open(hospital: Hospital) -> None:
    visit, charges = await bill(hospital, "10.00", "20.00", "30.00")
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.settle", visit=visit, total="60.00", charges=charges[:2])
    await hospital.do("cashier", "billing.settle", visit=visit, total="30.00", charges=charges[:2], method="card")
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.settle", visit=visit, total="30.00", charges=charges[:2])
    states = [await hospital.state("charge", charge) for charge in charges]
    assert states == ["SETTLED", "SETTLED", "PENDING"]


async def test_a_bill_by_several_ways_goes_back_by_the_ways_it_came(hospital: Hospital) -> None:
    before = await drawer(hospital)
    visit, charges = await bill(hospital, "10.03", "40.00")
    given = {"visit": visit, "total": "50.03", "card": "20.00", "qr": "10.00"}
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.settle", **given)
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.settle", **given, cash="20.00", tendered="10.00")
    invoice = await hospital.do("cashier", "billing.settle", **given, cash="20.00", tendered="50.00")
    assert {part.method: part.amount for part in payments.payments_of(invoice)} == {
        "card": 20,
        "qr": 10,
        "cash": 20,
        "rounding": Decimal("0.03"),
    }
    assert await drawer(hospital) == before + 20
    about = {"invoice": f"Invoice/{invoice['id']}", "reason": "不做了"}
    first = await hospital.do("cashier", "billing.refund", charges=charges[1:], **about)
    assert build.amount(first["totalGross"]) == -40
    parts = {part.method: part.amount for part in payments.payments_of(first)}
    assert (parts["card"], parts["qr"], parts["cash"]) == (-20, -10, -10)
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", charges=charges[1:], **about)
    await hospital.do("cashier", "billing.refund", **about)
    assert await drawer(hospital) == before
    async with hospital.application.reading(as_system("zh_CN")) as context:
        assert await context.books.faults() == []


async def test_a_large_refund_waits_for_somebody_else(hospital: Hospital) -> None:
    visit, charges = await bill(hospital, "800.00", "1.00")
    invoice = await hospital.do("cashier", "billing.settle", visit=visit, total="801.00", method="card")
    about = {"invoice": f"Invoice/{invoice['id']}", "charges": charges[:1], "reason": "检查取消"}
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", **about)
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.request_refund", **{**about, "charges": charges[1:]})
    request = f"Task/{(await hospital.do('cashier', 'billing.request_refund', **about))['id']}"
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.request_refund", **about)
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "billing.approve_refund", request=request)
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.pay_refund", request=request)
    await hospital.do("accountant", "billing.approve_refund", request=request)
    assert await hospital.state("charge", charges[0]) == "SETTLED"
    credit = await hospital.do("cashier", "billing.pay_refund", request=request)
    assert build.amount(credit["totalGross"]) == -800
    assert await hospital.state("charge", charges[0]) == "REFUNDED"
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.pay_refund", request=request)
    (row,) = [row for row in await hospital.rows("accountant", "billing.refunds_decided") if row.key == request]
    assert row.state == "DONE"


async def test_cash_of_another_day_waits_too_and_a_rejected_one_stays_paid(hospital: Hospital) -> None:
    visit, charges = await bill(hospital, "33.00")
    invoice = await hospital.do("cashier", "billing.settle", visit=visit, total="33.00", method="cash")
    hospital.clock.forward(days=1)
    try:
        about = {"invoice": f"Invoice/{invoice['id']}", "reason": "不做了"}
        with pytest.raises(Refused):
            await hospital.do("cashier", "billing.refund", **about)
        request = f"Task/{(await hospital.do('cashier', 'billing.request_refund', **about))['id']}"
        await hospital.do("manager", "billing.reject_refund", request=request, reason="已检查")
        assert await hospital.state("charge", charges[0]) == "SETTLED"
        request = f"Task/{(await hospital.do('cashier', 'billing.request_refund', **about))['id']}"
        await hospital.do("cashier", "billing.withdraw_refund", request=request)
    finally:
        hospital.clock.forward(days=-1)
    await hospital.do("cashier", "billing.refund", **about)


async def test_a_shift_closes_to_the_cent(hospital: Hospital) -> None:
    if await drawer(hospital) or [r for r in await hospital.rows("cashier", "billing.shifts") if r.state == "OPEN"]:
        await close(hospital, explanation="测试前清点")
    await hospital.do("cashier", "billing.open_shift", change="200.00")
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.open_shift")
    visit, _charges = await bill(hospital, "56.50")
    await hospital.do("cashier", "billing.settle", visit=visit, total="56.50", method="cash", tendered="100")
    assert await drawer(hospital) == Decimal("256.50")
    safe, difference = await balance(hospital, shifts.SAFE), await balance(hospital, shifts.DIFFERENCE)
    with pytest.raises(BadRequest):
        await close(hospital, n100=2, n50=1)
    closed = await close(hospital, n100=2, n50=1, n5=1, n1=1, explanation="找零差错")
    assert await drawer(hospital) == 0
    assert await balance(hospital, shifts.SAFE) == safe + 256
    assert await balance(hospital, shifts.DIFFERENCE) == difference + Decimal("0.50")
    assert shifts.count_of(closed)["expected"] == Decimal("256.50")
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.close_shift", shift=f"Account/{closed['id']}")


async def test_a_drawer_pays_out_no_more_than_it_holds(hospital: Hospital) -> None:
    visit, _charges = await bill(hospital, "70.00")
    invoice = await hospital.do("cashier", "billing.settle", visit=visit, total="70.00", method="cash")
    await close(hospital, n50=1, n20=1)
    await hospital.do("cashier", "billing.open_shift", change="20.00")
    with pytest.raises(Refused, match=r"20\.00"):
        await hospital.do("cashier", "billing.refund", invoice=f"Invoice/{invoice['id']}", reason="不做了")
    await close(hospital, n20=1)


async def test_the_day_in_figures_is_what_the_ledger_holds(hospital: Hospital) -> None:
    rows = await hospital.rows("manager", "billing.day_report")
    for method in ("card", "qr"):
        net = sum((row.net for row in rows if row.method == method), Decimal(0))
        assert net == await balance(hospital, resources.method_account(method))
    with pytest.raises(NotPermitted):
        await hospital.rows("doctor", "billing.day_report")
