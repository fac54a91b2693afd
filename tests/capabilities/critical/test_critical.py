"""Critical findings: to whom they go, and until when."""

import pytest

from tests.hospital import Hospital
from tests.laboratory import ELECTROLYTES, published
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import Refused

CRITICAL = {**ELECTROLYTES, "k": "6.80"}


async def escalate(hospital: Hospital) -> None:
    """What the worker does every minute."""
    await hospital.application.execute("critical.escalate", {}, as_system("zh_CN"))


async def test_acknowledged_and_handled_by_the_doctor_who_ordered(hospital: Hospital) -> None:
    patient = await hospital.patient("危急一")
    visit, _report = await published(hospital, patient, "electrolytes", CRITICAL)
    (row,) = await hospital.rows("doctor", "critical.mine")
    assert (row.patient, row.visit, row.state, row.own) == (patient, visit, "SENT", True)
    assert "6.80" in row.finding
    assert "HH" in row.finding
    with pytest.raises(Refused):
        await hospital.do("doctor2", "critical.acknowledge", finding=row.key)
    with pytest.raises(Refused):
        await hospital.do("doctor", "critical.handle", finding=row.key, action="x y")
    hospital.clock.forward(minutes=4)
    await hospital.do("doctor", "critical.acknowledge", finding=row.key)
    hospital.clock.forward(minutes=2)
    await hospital.do("doctor", "critical.handle", finding=row.key, action="通知患者来院，复查心电图")
    assert not await hospital.rows("doctor", "critical.mine")
    (logged,) = [each for each in await hospital.rows("technician", "critical.log") if each.key == row.key]
    assert (logged.minutes, logged.state, logged.handled) == (4, "HANDLED", "通知患者来院，复查心电图")


async def test_overdue_ones_go_to_the_department(hospital: Hospital) -> None:
    await published(hospital, await hospital.patient("危急二"), "electrolytes", CRITICAL)
    (row,) = await hospital.rows("doctor", "critical.mine")
    hospital.clock.forward(minutes=14)
    await escalate(hospital)
    assert await hospital.state("critical", row.key) == "SENT"
    hospital.clock.forward(minutes=2)
    await escalate(hospital)
    assert await hospital.state("critical", row.key) == "ESCALATED"
    assert row.key in {each.key for each in await hospital.rows("technician", "critical.open")}
    assert row.key not in {each.key for each in await hospital.rows("doctor2", "critical.mine")}
    colleague = hospital.people["doctor2"]
    hospital.people["colleague"] = type(colleague)(**{**vars(colleague), "post": hospital.people["doctor"].post})
    assert row.key in {each.key for each in await hospital.rows("colleague", "critical.mine")}
    await hospital.do("colleague", "critical.acknowledge", finding=row.key)
    await hospital.do("doctor", "critical.handle", finding=row.key, action="已处理")


async def test_told_by_telephone(hospital: Hospital) -> None:
    await published(hospital, await hospital.patient("危急三"), "electrolytes", CRITICAL)
    (row,) = await hospital.rows("doctor", "critical.mine")
    await hospital.do("technician", "critical.phone", finding=row.key, told="陈立新")
    assert await hospital.state("critical", row.key) == "ACKNOWLEDGED"
    (waiting,) = await hospital.rows("doctor", "critical.mine")
    assert waiting.state == "ACKNOWLEDGED"
    await hospital.do("doctor", "critical.handle", finding=row.key, action="已处理")
