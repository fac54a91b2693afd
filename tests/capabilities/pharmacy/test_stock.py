"""Stock: purchase, transfer, count, loss, expiry, reorder points, and the card that equals the ledger."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.capabilities.pharmacy.test_dispensing import receive, stock
from tests.hospital import Hospital
from xinglin.fhir.types import Resource
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.operations.hospital import furnish


async def keeps(hospital: Hospital, command: str, **values: Any) -> Resource:
    """Does something to the stock as the first pharmacist."""
    return await hospital.do("pharmacist", f"pharmacy.{command}", **values)


async def test_what_is_ordered_comes_in_parts_and_never_more(hospital: Hospital) -> None:
    code = "losartan-50"
    order = await keeps(hospital, "order_stock", medicine=code, packs=100, supplier="华东医药", place="store")
    reference = f"SupplyRequest/{order['id']}"
    goods = {"medicine": code, "place": "store", "order": reference, "batch": "L1", "price": "18.2"}
    later = (hospital.clock() + timedelta(days=500)).date()
    with pytest.raises(Refused, match="过期"):
        await keeps(hospital, "receive_stock", packs=60, expiry="2026-01-01", **goods)
    with pytest.raises(Refused, match="十年"):
        await keeps(hospital, "receive_stock", packs=60, expiry="2062-01-01", **goods)
    await keeps(hospital, "receive_stock", packs=60, expiry=later, **goods)
    with pytest.raises(Refused, match="40"):
        await keeps(hospital, "receive_stock", packs=41, expiry=later, **goods)
    row = next(row for row in await hospital.rows("pharmacist", "pharmacy.orders") if row.key == reference)
    assert (row.came, row.rest, row.state) == (60, 40, "ORDERED")
    await keeps(hospital, "receive_stock", packs=40, expiry=later, **goods)
    assert await hospital.state("purchase", reference) == "ARRIVED"
    with pytest.raises(Refused):
        await keeps(hospital, "receive_stock", packs=1, expiry=later, **goods)
    assert (await stock(hospital, "store", code))["L1"] == 100
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "pharmacy.receive_stock", packs=1, expiry=later, **goods)


async def test_a_transfer_is_on_the_way_until_somebody_else_confirms_it(hospital: Hospital) -> None:
    code = "valsartan-80"
    before = await stock(hospital, "window", code)
    sent = await keeps(hospital, "transfer", medicine=code, place="store", to="window", packs=30)
    reference = f"SupplyDelivery/{sent['id']}"
    assert await stock(hospital, "transit", code) == {"DEMO-002": 30}
    with pytest.raises(Refused, match="另一人"):
        await keeps(hospital, "confirm_transfer", transfer=reference)
    await hospital.do("pharmacist2", "pharmacy.confirm_transfer", transfer=reference)
    assert await stock(hospital, "window", code) == {**before, "DEMO-002": 30}
    with pytest.raises(Refused):
        await hospital.do("pharmacist2", "pharmacy.refuse_transfer", transfer=reference, reason="重复")
    back = await keeps(hospital, "transfer", medicine=code, place="store", to="ward", packs=5, batch="DEMO-002")
    await hospital.do(
        "pharmacist2", "pharmacy.refuse_transfer", transfer=f"SupplyDelivery/{back['id']}", reason="数量不符"
    )
    assert await stock(hospital, "transit", code) == {}
    assert await stock(hospital, "store", code) == {"DEMO-002": 470}
    with pytest.raises(Refused, match="470"):
        await keeps(hospital, "transfer", medicine=code, place="store", to="window", packs=471)
    states = {row.key: row.state for row in await hospital.rows("pharmacist", "pharmacy.transfers")}
    assert states[reference] == "RECEIVED"


async def test_a_count_is_blind_and_its_difference_is_booked_by_another(hospital: Hospital) -> None:
    code = "bisoprolol-5"
    key = next(row.key for row in await hospital.rows("pharmacist", "pharmacy.stock", text=code))
    agrees = await keeps(hospital, "count", place="window", batch=key, counted=500)
    assert await hospital.state("adjustment", f"Task/{agrees['id']}") == "AGREES"
    counted = await keeps(hospital, "count", place="window", batch=key, counted=497)
    reference = f"Task/{counted['id']}"
    mine = next(row for row in await hospital.rows("pharmacist", "pharmacy.adjustments") if row.key == reference)
    theirs = next(row for row in await hospital.rows("pharmacist2", "pharmacy.adjustments") if row.key == reference)
    assert (mine.difference, theirs.difference) == (None, -3)
    with pytest.raises(Refused, match="另一人"):
        await keeps(hospital, "approve_adjustment", adjustment=reference)
    lost = await keeps(hospital, "report_loss", place="window", batch=key, packs=2, reason="跌落破损")
    await hospital.do("pharmacist2", "pharmacy.approve_adjustment", adjustment=reference)
    await hospital.do("pharmacist2", "pharmacy.approve_adjustment", adjustment=f"Task/{lost['id']}")
    assert await stock(hospital, "window", code) == {"DEMO-001": 495}
    found = await keeps(hospital, "count", place="window", batch=key, counted=496)
    await hospital.do("pharmacist2", "pharmacy.approve_adjustment", adjustment=f"Task/{found['id']}")
    refused = await keeps(hospital, "count", place="window", batch=key, counted=1)
    await hospital.do("pharmacist2", "pharmacy.refuse_adjustment", adjustment=f"Task/{refused['id']}")
    rows = await hospital.rows("pharmacist", "pharmacy.card", medicine=code, place="window")
    assert [(row.what, row.amount, row.total) for row in rows] == [
        ("count", 1, 496),
        ("loss", -2, 495),
        ("count", -3, 497),
        ("receipt", 500, 500),
    ]
    page = await hospital.application.view(
        "pharmacy.card", {"medicine": code, "place": "window", "limit": 2}, hospital.people["pharmacist"]
    )
    assert page.next is not None
    older = await hospital.rows("pharmacist", "pharmacy.card", medicine=code, place="window", cursor=page.next)
    assert [row.total for row in older] == [497, 500]
    with pytest.raises(Refused, match="496"):
        await keeps(hospital, "report_loss", place="window", batch=key, packs=497, reason="全部丢失")
    with pytest.raises(Refused, match="药品:效期:批号"):
        await keeps(hospital, "count", place="window", batch="bisoprolol-5:soon:X", counted=1)


async def test_what_expires_is_warned_of_in_time(hospital: Hospital) -> None:
    await receive(hospital, "gliclazide-30", "NEAR", 20, 7)
    await receive(hospital, "gliclazide-30", "LATER", 120, 7)

    async def lots(within: int) -> set[str]:
        rows = await hospital.rows("pharmacist", "pharmacy.expiring", within=within, limit=500)
        return {row.lot for row in rows if row.medicine == "gliclazide-30"}

    assert await lots(10) == set()
    assert await lots(30) == {"NEAR"}
    assert await lots(180) == {"NEAR", "LATER"}


async def test_what_runs_out_is_named_with_how_much_to_order(hospital: Hospital) -> None:
    code = "acarbose-50"
    with pytest.raises(Refused):
        await keeps(hospital, "set_reorder", medicine=code, place="window", point=600, upto=600)
    await keeps(hospital, "set_reorder", medicine=code, place="window", point=600, upto=900)
    await keeps(hospital, "set_reorder", medicine=code, place="store", point=10, upto=20)
    rows = [row for row in await hospital.rows("pharmacist", "pharmacy.reorder") if row.key == code]
    assert [(row.packs, row.point, row.missing) for row in rows] == [(500, 600, 400)]
    await keeps(hospital, "set_reorder", medicine=code, place="window", point=0, upto=1)
    assert code not in {row.key for row in await hospital.rows("pharmacist", "pharmacy.reorder")}
    assert Decimal(500) == sum((await stock(hospital, "window", code)).values())


async def test_what_has_run_out_is_not_given_anew_at_the_next_start(hospital: Hospital) -> None:
    code = "febuxostat-40"
    for place in ("window", "store"):
        key = next(row.key for row in await hospital.rows("pharmacist", "pharmacy.stock", text=code, place=place))
        lost = await keeps(hospital, "report_loss", place=place, batch=key, packs=500, reason="水损")
        await hospital.do("pharmacist2", "pharmacy.approve_adjustment", adjustment=f"Task/{lost['id']}")
    await furnish(hospital.application)
    assert await stock(hospital, "window", code) == await stock(hospital, "store", code) == {}
