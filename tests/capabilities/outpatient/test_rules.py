"""What is missing before a visit is signed, by how much it matters."""

import pytest

from tests.hospital import Hospital
from xinglin.kernel.errors import Alerted


async def levels(hospital: Hospital, visit: str, **values: object) -> list[tuple[str, str]]:
    with pytest.raises(Alerted) as shown:
        await hospital.do("doctor", "outpatient.finish", visit=visit, **values)
    return [(alert.level, str(alert.element or alert.code)) for alert in shown.value.alerts]


async def test_what_must_be_there_blocks_and_what_is_usual_is_told(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("王缺项"))
    found = await levels(hospital, visit, reason="赶时间")
    assert [element for level, element in found if level == "block"] == [
        "chief_complaint",
        "present_illness",
        "diagnosis",
    ]
    assert {element for level, element in found if level == "information"} == {"examination", "plan", "vitals"}
    await hospital.write_note_only(visit)
    assert [element for level, element in await levels(hospital, visit) if level == "block"] == ["diagnosis"]
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10", certainty="provisional")
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    assert await hospital.state("visit", visit) == "PENDING_FEE"


async def test_an_order_that_came_back_asks_for_a_reason(hospital: Hospital) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("李退回"))
    await hospital.do("pharmacist", "pharmacy.reject", prescription=number, reason="请核对剂量")
    await hospital.do("doctor", "outpatient.reopen", visit=visit, reason="药师退回")
    assert ("warning", "returned") in await levels(hospital, visit)
    await hospital.do("doctor", "outpatient.finish", visit=visit, reason="患者已自备")
