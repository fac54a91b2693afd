"""Who comes back with results waits for the same doctor again, in the same visit."""

import pytest

from tests.hospital import Hospital
from xinglin.kernel.errors import Refused
from xinglin.server.worker import close_yesterday


async def finished(hospital: Hospital, name: str) -> str:
    visit = await hospital.consultation(await hospital.patient(name))
    with pytest.raises(Refused):
        await hospital.do("registrar", "outpatient.rejoin", visit=visit)
    await hospital.write_record(visit)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    return visit


async def test_back_to_the_same_doctor_without_another_fee(hospital: Hospital) -> None:
    visit = await finished(hospital, "华佗")
    begun = (await hospital.read(visit))["period"]["start"]
    hospital.clock.forward(minutes=50)
    await hospital.do("registrar", "outpatient.rejoin", visit=visit)
    row = next(row for row in await hospital.rows("doctor", "outpatient.queue") if row.visit == visit)
    assert (row.state, row.returns, row.waited) == ("WAITING", True, 0)
    await hospital.do("doctor", "outpatient.call_in", visit=visit)
    await hospital.do("doctor", "outpatient.receive", visit=visit)
    assert await hospital.state("visit", visit) == "IN_CONSULT"
    assert (await hospital.read(visit))["period"] == {"start": begun}
    row = next(row for row in await hospital.rows("doctor", "outpatient.queue") if row.visit == visit)
    assert not row.returns
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    bill = next(row for row in await hospital.rows("cashier", "billing.open_bills") if row.key == visit)
    assert (bill.items, str(bill.total)) == (1, "25.00")


async def test_who_does_not_come_back_keeps_the_visit(hospital: Hospital) -> None:
    visit, other = await finished(hospital, "扁鹊"), await finished(hospital, "孙思邈")
    for each in (visit, other):
        await hospital.do("registrar", "outpatient.rejoin", visit=each)
    await hospital.do("doctor", "outpatient.reopen", visit=other, reason="补充诊断")
    assert await hospital.state("visit", other) == "IN_CONSULT"
    await hospital.do("doctor", "outpatient.finish", visit=other)
    hospital.clock.forward(days=1)
    await close_yesterday(hospital.application)
    assert await hospital.state("visit", visit) == "PENDING_FEE"
    assert visit not in {row.visit for row in await hospital.rows("doctor", "outpatient.queue")}
    hospital.clock.forward(days=3)
    with pytest.raises(Refused, match="3"):
        await hospital.do("registrar", "outpatient.rejoin", visit=visit)
    hospital.clock.forward(days=-4)
