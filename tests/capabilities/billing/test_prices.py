"""The price list: versions, variants, approval by somebody else, and files in and out."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.billing import prices
from xinglin.capabilities.billing.prices import Circumstances, Variant
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.kernel.errors import Alerted, NotPermitted, Refused
from xinglin.platform.spreadsheets import WORKBOOK, write_workbook

ITEM = "consultation"


@asynccontextmanager
async def days_later(hospital: Hospital, days: int) -> AsyncIterator[None]:
    """Some days on, and back again."""
    hospital.clock.forward(days=days)
    try:
        yield
    finally:
        hospital.clock.forward(days=-days)


async def propose(hospital: Hospital, price: str, days: int = 1, item: str = ITEM) -> tuple[str, str]:
    """A proposal for some days from now: its sheet and its reference."""
    start = hospital.clock().date() + timedelta(days=days)
    values = {"item": item, "name": "门诊诊查费", "price": price, "start": start, "why": "医保发〔2026〕8 号"}
    written = await hospital.do("accountant", "billing.propose_price", **values)
    return str(build.find_identifier(written, prices.BATCH)), f"ChargeItemDefinition/{written['id']}"


async def price_now(hospital: Hospital, item: str = ITEM) -> Decimal:
    """The usual price as a doctor sees it."""
    (row,) = await hospital.rows("doctor", "billing.current_prices", items=[item])
    return Decimal(row.price)


async def test_a_version_starts_by_itself_and_the_charge_keeps_what_it_was_charged(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("价一"))
    before = await hospital.do("doctor", "billing.charge", visit=visit, item=ITEM, service=visit)
    sheet, _version = await propose(hospital, "30.00", days=2)
    with pytest.raises(NotPermitted):
        await hospital.do("accountant", "billing.approve_prices", batch=sheet)
    assert await price_now(hospital) == 25
    await hospital.do("manager", "billing.approve_prices", batch=sheet)
    assert await price_now(hospital) == 25
    async with days_later(hospital, 1):
        assert await price_now(hospital) == 25
    async with days_later(hospital, 2):
        assert await price_now(hospital) == 30
        after = await hospital.do("doctor", "billing.charge", visit=visit, item=ITEM, service=visit)
        assert build.amount(after["priceOverride"]) == 30
    kept = await hospital.read(f"ChargeItem/{before['id']}")
    assert build.amount(kept["priceOverride"]) == 25
    assert kept["definitionCanonical"] == [f"urn:xinglin:price:{ITEM}|1"]
    assert after["definitionCanonical"] == [f"urn:xinglin:price:{ITEM}|2"]
    await hospital.do("accountant", "billing.withdraw_prices", batch=sheet, reason="文件撤回")
    async with days_later(hospital, 5):
        assert await price_now(hospital) == 25


async def test_proposals_are_held_to_their_day_their_author_and_to_reason(hospital: Hospital) -> None:
    with pytest.raises(BadRequest):
        await propose(hospital, "30.00", days=-1)
    with pytest.raises(Alerted):
        await propose(hospital, "250.00", days=3)
    sheet, version = await propose(hospital, "26.00", days=3)
    with pytest.raises(BadRequest):
        await propose(hospital, "27.00", days=3)
    with pytest.raises(NotPermitted):
        await hospital.do("manager", "billing.add_variant", version=version, price="10.00", age=7)
    await hospital.do("manager", "billing.reject_prices", batch=sheet, reason="依据不足")
    with pytest.raises(Refused):
        await hospital.do("manager", "billing.approve_prices", batch=sheet)
    with pytest.raises(NotPermitted):
        await hospital.do(
            "cashier", "billing.propose_price", item="x", name="x", price="1", start="2026-12-01", why="??"
        )


async def test_variants_go_by_doctor_age_payer_and_place(hospital: Hospital) -> None:
    item = "variant-test"
    sheet, version = await propose(hospital, "20.00", days=0, item=item)
    for values in (
        {"level": "associate-chief", "price": "40.00"},
        {"level": "associate-chief", "age": 7, "price": "44.00"},
    ):
        await hospital.do("accountant", "billing.add_variant", version=version, **values)
    with pytest.raises(BadRequest):
        await hospital.do("accountant", "billing.add_variant", version=version, price="1.00")
    with pytest.raises(BadRequest):
        await hospital.do("accountant", "billing.add_variant", version=version, price="9.00", level="associate-chief")
    await hospital.do("accountant", "billing.add_variant", version=version, price="9.00", payer="self")
    await hospital.do("accountant", "billing.remove_variant", version=version, position=3)
    await hospital.do("manager", "billing.approve_prices", batch=sheet)
    for born, expected in (("1960-02-01", 40), ("2022-02-01", 44)):
        visit = await hospital.consultation(await hospital.patient("价二", birth_date=born))
        charged = await hospital.do("doctor", "billing.charge", visit=visit, item=item, service=visit, quantity=2)
        assert build.amount(charged["priceOverride"]) == 2 * expected
    rows = await hospital.rows("accountant", "billing.prices", text=item)
    assert [(row.price, row.conditions) for row in rows][:2] == [(20, []), (40, ["副主任医师"])]


def test_the_most_conditions_win() -> None:
    east = Variant({"campus": ["Location/east"]}, Decimal(20))
    child = Variant({"age": ["7"], "campus": ["Location/east"]}, Decimal(26))
    definition = prices.price_definition("x", "X", Decimal(25), variants=[east, child])
    assert prices.variants(definition) == [east, child]
    assert prices.price_for(definition, Circumstances()) == 25
    here = frozenset({"Location/east"})
    assert prices.price_for(definition, Circumstances(campuses=here, age=8)) == 20
    assert prices.price_for(definition, Circumstances(campuses=here, age=6)) == 26
    assert prices.price_for(definition, Circumstances(age=6)) == 25


def test_conditions_of_the_earlier_form_are_understood_and_strange_ones_refused() -> None:
    definition = prices.price_definition("x", "X", Decimal(25), variants=[Variant({"day": ["sat"]}, Decimal(30))])
    condition = definition["propertyGroup"][1]["applicability"][0]
    condition["expression"] = "%context.location.location.reference = 'Location/a' or %campus = 'Location/b'"
    assert prices.variants(definition)[0].conditions == {"campus": ["Location/a", "Location/b"]}
    condition["expression"] = "%payer = 'self' and %age < 7"
    with pytest.raises(prices.UnknownConditionError):
        prices.price_for(definition, Circumstances())


LINES = [
    ["item", "name", "price", "start", "campus", "level", "age"],
    ["new-1", "清创缝合", "120.00", "", "", "", ""],
    ["new-1", "清创缝合", "150.50", "", "东院区", "", ""],
    ["new-2", "换药", "abc", "", "", "", ""],
    ["new-3", "拔甲", "80", "2026-11-01", "", "", ""],
    ["new-4", "导尿", "60", "", "西院区", "", ""],
    ["new-5", "雾化", "18", "", "", "", "3.5"],
]


async def test_a_file_is_refused_line_by_line_and_the_good_ones_pass(hospital: Hospital) -> None:
    values = {"start": hospital.clock().date() + timedelta(days=1), "why": "新增项目"}
    csv = "\n".join(",".join(row) for row in LINES)
    with pytest.raises(Alerted) as told:
        await hospital.do("accountant", "billing.import_prices", content=csv, **values)
    assert told.value.blocked
    text = "\n".join(alert.text for alert in told.value.alerts)
    for number in (4, 5, 6, 7):
        assert f" {number} " in text, text
    assert " 2 " not in text
    book = WORKBOOK + base64.b64encode(write_workbook(LINES[0], LINES[1:])).decode()
    with pytest.raises(Alerted) as warned:
        await hospital.do("accountant", "billing.import_prices", content=book, keep="good", **values)
    assert not warned.value.blocked
    await hospital.do("accountant", "billing.import_prices", content=book, keep="good", reason="其余另报", **values)
    (change,) = [row for row in await hospital.rows("manager", "billing.price_changes") if row.what == "清创缝合"]
    await hospital.do("manager", "billing.approve_prices", batch=change.key)
    async with days_later(hospital, 1):
        rows = await hospital.rows("manager", "billing.prices", text="清创")
        assert [(row.price, row.campus) for row in rows] == [(Decimal(120), ""), (Decimal("150.50"), "东院区")]
        with pytest.raises(Refused):
            good = "\n".join(",".join(row) for row in LINES[:3])
            await hospital.do("accountant", "billing.import_prices", content=good, **values)


@pytest.mark.parametrize("content", ["item,name\nx,y", "data:x;base64,AAAA", "data:x;base64,!", ""])
async def test_what_is_no_price_file_is_told(hospital: Hospital, content: str) -> None:
    values = {"start": hospital.clock().date() + timedelta(days=1), "why": "新增项目"}
    with pytest.raises(BadRequest):
        await hospital.do("accountant", "billing.import_prices", content=content, **values)
