"""Reports on paper: what they say, and what is none."""

import httpx

from tests.capabilities.imaging.test_imaging import FINDINGS, IMPRESSION, examined, ordered, written
from tests.hospital import Hospital
from tests.laboratory import ELECTROLYTES, published
from tests.server.test_printing import sign_in


async def test_reports_of_laboratory_and_imaging(client: httpx.AsyncClient, hospital: Hospital) -> None:
    _visit, report = await published(
        hospital, await hospital.patient("打印一"), "electrolytes", {**ELECTROLYTES, "k": "5.60"}
    )
    name = f"DiagnosticReport/{report['id']}"
    await sign_in(client, "doctor")
    answer = await client.get("/print/laboratory.report", params={"report": name})
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF")
    for wrong in ("", "DiagnosticReport/none", report["basedOn"][0]["reference"]):
        assert (await client.get("/print/laboratory.report", params={"report": wrong})).status_code in (400, 404)
    printouts = hospital.application.registry.printouts
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        data = await printouts["laboratory.report"].run(context, {"report": name})
    assert data["rows"][0] == {
        "name": "钾", "result": "5.60", "mark": "↑", "unit": "mmol/L", "range": "3.50–5.30", "note": "",
    }  # fmt: skip
    assert (data["entered_by"], data["verified_by"]) == ("蒋丽华", "冯子轩")

    _visit, order = await ordered(hospital, await hospital.patient("打印二"), "chest-xray")
    await examined(hospital, order)
    await written(hospital, order)
    draft = (await hospital.rows("radiologist2", "imaging.to_review"))[-1].key
    assert draft == order
    report = await hospital.do("radiologist2", "imaging.approve", order=order)
    name = f"DiagnosticReport/{report['id']}"
    answer = await client.get("/print/imaging.report", params={"report": name})
    assert answer.content.startswith(b"%PDF"), answer.text
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        data = await printouts["imaging.report"].run(context, {"report": name})
    assert (data["findings"], data["impression"], data["reviewer"]) == (FINDINGS, IMPRESSION, "韩雪")
