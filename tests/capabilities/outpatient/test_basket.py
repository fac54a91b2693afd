"""The basket of orders: sent in the middle of a visit, or issued and signed with its end."""

import pytest

from tests.hospital import Hospital
from xinglin.kernel.errors import Refused

SIGNED = [("signature-type:missing", "false")]


async def signed_targets(hospital: Hospital, login: str = "doctor") -> list[set[str]]:
    """What each signature covers, the newest first."""
    async with hospital.application.reading(hospital.people[login]) as context:
        found = await context.search("Provenance", [*SIGNED, ("_sort", "-_lastUpdated"), ("_count", "20")])
    return [{target["reference"].partition("/_history")[0] for target in item["target"]} for item in found.resources]


async def test_orders_are_sent_while_the_consultation_goes_on(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("王中途"))
    line = await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="valsartan-80", days=28)
    request = f"MedicationRequest/{line['id']}"
    with pytest.raises(Refused, match="诊断"):
        await hospital.do("doctor", "outpatient.send_orders", visit=visit)
    assert await hospital.state("prescription", request) == "DRAFT"
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10", certainty="provisional")
    await hospital.do("doctor", "outpatient.send_orders", visit=visit)
    assert await hospital.state("prescription", request) == "CREATED"
    assert await hospital.state("visit", visit) == "IN_CONSULT"
    assert (await signed_targets(hospital))[0] == {request}
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.send_orders", visit=visit)

    number = (await hospital.read(request))["groupIdentifier"]["value"]
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    await hospital.pay(visit)
    await hospital.deliver()
    assert await hospital.state("prescription", request) == "PAID"
    assert await hospital.state("visit", visit) == "IN_CONSULT"

    hospital.clock.forward(minutes=20)
    later = await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="paracetamol-500", days=3)
    await hospital.write_note_only(visit)
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    covered = (await signed_targets(hospital))[0]
    assert f"MedicationRequest/{later['id']}" in covered
    assert request not in covered
    assert {reference.partition("/")[0] for reference in covered} == {"Composition", "Condition", "MedicationRequest"}
    bills = [row for row in await hospital.rows("cashier", "billing.open_bills") if row.key == visit]
    assert not bills, "the consultation was charged with the first orders, and once only"


async def test_only_the_attending_doctor_sends_orders(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("李他人"))
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="I10")
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="valsartan-80", days=28)
    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.send_orders", visit=visit)
