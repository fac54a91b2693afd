"""Results in the chart: beside those of before, and marked until the doctor who ordered has read them."""

from tests.hospital import Hospital
from tests.laboratory import ELECTROLYTES, published
from xinglin.capabilities.outpatient.results import results
from xinglin.server.worker import close_yesterday


async def test_values_stand_beside_those_of_before_and_are_marked_until_read(hospital: Hospital) -> None:
    patient = await hospital.patient("结果一")
    await published(hospital, patient, "electrolytes", ELECTROLYTES)
    hospital.clock.forward(days=1)
    await close_yesterday(hospital.application)
    visit, report = await published(hospital, patient, "electrolytes", {**ELECTROLYTES, "k": "5.60"})
    rows = await hospital.rows("doctor", "outpatient.unread")
    assert [row.focus for row in rows if row.patient == patient][-1] == f"DiagnosticReport/{report['id']}"
    assert not [row for row in await hospital.rows("doctor2", "outpatient.unread") if row.patient == patient]
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        shown = await results(context, patient, None, None)
    assert [item["unread"] for item in shown["reports"]] == [True, True]
    line = shown["open"]["lines"][0]
    assert [(cell.text, cell.flag) for cell in line.cells] == [("5.60", "H"), ("4.10", "N")]
    assert line.spark == "0.0,15.0 60.0,1.0"
    assert line.range == "3.50–5.30"
    await hospital.do("doctor", "outpatient.mark_read", visit=visit)
    assert not [row for row in await hospital.rows("doctor", "outpatient.unread") if row.patient == patient]
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        shown = await results(context, patient, shown["reports"][1]["key"], None)
        other = await hospital.patient("结果二")
        foreign = await results(context, other, shown["reports"][1]["key"], None)
    assert len(shown["open"]["times"]) == 1
    assert foreign["open"] is None
    hospital.clock.forward(days=-1)
