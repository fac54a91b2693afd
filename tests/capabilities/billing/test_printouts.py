"""The receipt and the report of a shift as they are printed."""

import pytest

from tests.capabilities.billing.test_desk import bill, close
from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest
from xinglin.web.printing.press import Press, qr_code

FRAME = {"title": "x", "paper": "A4", "hospital": "x", "code": "x", "at": "x", "by": "x", "qr": qr_code("x")}


async def test_receipt_and_shift_are_printed(hospital: Hospital) -> None:
    await hospital.do("cashier", "billing.open_shift", change="100.00")
    visit, charges = await bill(hospital, "10.03", "40.00")
    values = {"visit": visit, "total": "50.03", "card": "30.00", "cash": "20.00"}
    invoice = f"Invoice/{(await hospital.do('cashier', 'billing.settle', **values))['id']}"
    credit = await hospital.do("cashier", "billing.refund", invoice=invoice, charges=charges[:1], reason="不做了")
    closed = await close(hospital, n100=1, n20=1)
    printouts = hospital.application.registry.printouts
    async with hospital.application.reading(hospital.people["cashier"]) as context:
        paid = await printouts["billing.receipt"].run(context, {"invoice": invoice})
        back = await printouts["billing.receipt"].run(context, {"invoice": f"Invoice/{credit['id']}"})
        shift = await printouts["billing.shift"].run(context, {"shift": f"Account/{closed['id']}"})
        with pytest.raises(BadRequest):
            await printouts["billing.receipt"].run(context, {"invoice": "x"})
    assert sorted(line["name"] for line in paid["lines"]) == ["项目 10.03", "项目 40.00"]
    assert {way["method"] for way in paid["ways"]} == {"card", "cash", "rounding"}
    assert (back["refund"], back["reason"]) == (True, "不做了")
    assert {note["count"] for note in shift["notes"]} == {"1"}
    press = Press(hospital.application.registry)
    for name, data in (("billing.receipt", paid), ("billing.receipt", back), ("billing.shift", shift)):
        assert (await press.print(printouts[name], {**FRAME, "data": data})).startswith(b"%PDF")
