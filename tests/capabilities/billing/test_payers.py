"""Who pays for a visit, and the prices that depend on it."""

import pytest

from tests.capabilities.billing.test_prices import propose
from tests.hospital import Hospital
from xinglin.fhir import build
from xinglin.kernel.errors import NotPermitted, Refused


async def test_an_insurance_is_chosen_and_what_is_open_is_priced_anew(hospital: Hospital) -> None:
    sheet, version = await propose(hospital, "50.00", days=0, item="by-payer")
    await hospital.do("accountant", "billing.add_variant", version=version, price="40.00", payer="employee")
    await hospital.do("manager", "billing.approve_prices", batch=sheet)
    visit = await hospital.consultation(await hospital.patient("医保"))
    charged = await hospital.do("cashier", "billing.charge", visit=visit, item="by-payer", service=visit, quantity=2)

    async def due() -> object:
        return build.amount((await hospital.read(f"ChargeItem/{charged['id']}"))["priceOverride"])

    assert await due() == 100
    with pytest.raises(Refused):
        await hospital.do("cashier", "billing.choose_payer", visit=visit, kind="employee")
    await hospital.do("registrar", "billing.choose_payer", visit=visit, kind="employee", number="990000012345")
    assert await due() == 80
    await hospital.do("cashier", "billing.choose_payer", visit=visit, kind="self")
    assert await due() == 100
    await hospital.do("cashier", "billing.choose_payer", visit=visit, kind="employee")
    await hospital.do("cashier", "billing.settle", visit=visit, total="80.00", method="card")
    await hospital.do("cashier", "billing.choose_payer", visit=visit, kind="self")
    assert await due() == 80
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "billing.choose_payer", visit=visit, kind="self")
