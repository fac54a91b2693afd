"""The manager's day: figures that agree with the lists behind them."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.management import figures
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted

CHINA = timezone(timedelta(hours=8))


async def test_figures_agree_with_the_lists_behind_them(hospital: Hospital) -> None:
    seen = await hospital.consultation(await hospital.patient("管一"))
    waiting = await hospital.waiting_visit(await hospital.patient("管二"))
    values = {"visit": seen, "item": "consultation", "service": seen}
    await hospital.do("doctor", "billing.charge", **values)
    paid = await hospital.pay(seen, "card")
    (row,) = [row for row in await hospital.rows("manager", "management.clinics") if row.visits]
    assert (row.visits, row.waiting, row.consulting, row.before) == (2, 1, 1, 0)
    behind = await hospital.rows("manager", "management.visits", clinic=row.clinic)
    assert {one.key for one in behind} == {seen, waiting}
    hours = await hospital.rows("manager", "management.hours")
    assert sum(one.visits for one in hours) == 2
    for one in hours:
        assert len(await hospital.rows("manager", "management.visits", hour=one.key)) == one.visits
    total = Decimal(str(paid["totalGross"]["value"]))
    for by in ("clinic", "payer", "method"):
        rows = await hospital.rows("manager", "management.income", by=by)
        assert sum(one.net for one in rows) == total
    assert [one.name for one in await hospital.rows("manager", "management.income", by="method")] == ["card"]
    assert await hospital.rows("manager", "management.clinics", campus="Location/campus-east") == []
    hospital.clock.forward(days=7)
    try:
        (row,) = await hospital.rows("manager", "management.clinics")
        assert (row.visits, row.before) == (0, 2)
    finally:
        hospital.clock.forward(days=-7)
    with pytest.raises(NotPermitted):
        await hospital.rows("doctor", "management.clinics")


async def test_who_did_not_come_is_seen(hospital: Hospital) -> None:
    patient = await hospital.patient("管三")
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/respiratory"))[0]
    await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    day = hospital.clock().date()
    hospital.clock.forward(days=1)
    try:
        await hospital.application.execute("scheduling.close_day", {"day": day}, as_system("zh_CN"))
    finally:
        hospital.clock.forward(days=-1)
    rows = await hospital.rows("manager", "management.no_shows", day=day)
    assert [row.patient_name for row in rows] == ["管三"]


def test_a_wait_is_from_check_in_to_the_consultation() -> None:
    def visit(id: str, status: str, start: datetime) -> dict[str, object]:
        period = {"start": start.isoformat()}
        return {"id": id, "status": status, "period": period, "serviceType": {"text": "内科"}}

    nine = datetime(2026, 11, 23, 9, tzinfo=CHINA)
    visits = [
        visit("1", "finished", nine + timedelta(minutes=30)),
        visit("2", "in-progress", nine + timedelta(minutes=50)),
        visit("3", "arrived", nine),
        visit("4", "cancelled", nine),
    ]
    places = [{"focus": {"reference": f"Encounter/{number}"}, "authoredOn": nine.isoformat()} for number in range(1, 5)]
    waited = figures.waits(visits, places)
    assert waited == {"Encounter/1": 30, "Encounter/2": 50}
    clinic = figures.by_clinic(visits, waited)["内科"]
    assert (clinic.visits, clinic.waiting, clinic.done, clinic.cancelled, clinic.wait) == (3, 1, 1, 1, 40)
    assert figures.by_hour(visits, CHINA) == {9: 3}
