"""What has been done is not refunded until it is taken back."""

import pytest

from tests.hospital import Hospital
from xinglin.capabilities.billing import resources
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import Refused
from xinglin.store.repository import Repository


async def paid_medicine(hospital: Hospital, name: str) -> tuple[str, str, str]:
    """A visit with a paid prescription: the prescription's number, the invoice and the medicine's charge."""
    visit, number = await hospital.signed_prescription(await hospital.patient(name))
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    invoice = await hospital.pay(visit)
    await hospital.deliver()
    charges = [line["chargeItemReference"]["reference"] for line in invoice["lineItem"]]
    medicine = [item for item in charges if resources.services([await hospital.read(item)]) != [visit]]
    return number, f"Invoice/{invoice['id']}", medicine[0]


async def test_a_refund_waits_for_what_was_handed_over(hospital: Hospital) -> None:
    number, invoice, charge = await paid_medicine(hospital, "郭一")
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    assert resources.rendered(await hospital.read(charge)) is False
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
    assert resources.rendered(await hospital.read(charge)) is True
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", invoice=invoice, charges=[charge], reason="不良反应")
    await hospital.do("pharmacist", "pharmacy.take_back", prescription=number, condition="intact", reason="不良反应")
    await hospital.do("cashier", "billing.refund", invoice=invoice, charges=[charge], reason="不良反应")


async def test_what_was_refunded_is_not_done_any_more(hospital: Hospital) -> None:
    _number, invoice, charge = await paid_medicine(hospital, "郭二")
    (service,) = resources.services([await hospital.read(charge)])
    await hospital.do("cashier", "billing.refund", invoice=invoice, charges=[charge], reason="患者放弃")
    with pytest.raises(Refused):
        await hospital.do("pharmacist", "billing.mark_rendered", service=service, rendered=True)
    await hospital.do("pharmacist", "billing.mark_rendered", service=service, rendered=False)


async def test_the_mark_is_written_once_and_what_costs_nothing_may_be_marked(hospital: Hospital) -> None:
    _number, _invoice, charge = await paid_medicine(hospital, "郭三")
    (service,) = resources.services([await hospital.read(charge)])
    for expected in (1, 0):
        outcome = await hospital.run("pharmacist", "billing.mark_rendered", service=service, rendered=True)
        assert len(outcome.changes) == expected
    waiting = await hospital.waiting_visit(await hospital.patient("郭四"))
    assert not (await hospital.run("doctor", "billing.mark_rendered", service=waiting, rendered=True)).changes


async def test_charges_from_before_the_mark_are_kept_by_what_was_done(hospital: Hospital) -> None:
    number, invoice, charge = await paid_medicine(hospital, "郭五")
    await hospital.do("pharmacist", "pharmacy.prepare", prescription=number)
    await hospital.do("pharmacist2", "pharmacy.dispense", prescription=number)
    held = await hospital.read(invoice)
    async with hospital.application.database.transaction() as connection:
        repository = Repository(connection, now=hospital.clock())
        for line in held["lineItem"]:
            item = await repository.read("ChargeItem", line["chargeItemReference"]["reference"].split("/")[1])
            item.pop("extension")
            await repository.update(item)
    async with hospital.application.reading(as_system("zh_CN")) as context:
        assert resources.rendered(await context.read(charge)) is None
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.refund", invoice=invoice, reason="患者放弃")
