"""Random histories of money and stock: whatever happens, in whatever order and however often, every sum holds."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.money import MEDICINE, Counts, History, Staff, packs, wrong_sums
from bench.money.history import PRICED
from tests.hospital import SECRET_KEY, Hospital
from xinglin.kernel.context import as_system
from xinglin.platform.settings import Settings


async def furnished(hospital: Hospital) -> Staff:
    """Prices and people of the histories; mobile payments go to a gateway that only the histories speak for."""
    hospital.application.settings = Settings(
        secret_key=SECRET_KEY, payment_url="http://127.0.0.1:9", payment_secret="shared-in-the-tests"
    )
    for item, price in PRICED.items():
        values = {"item": item, "name": item, "price": price}
        await hospital.application.execute("billing.set_price", values, as_system("zh_CN"), key=f"history-{item}")
    first = hospital.people["cashier"]
    second = replace(first, practitioner="Practitioner/cashier-2")
    return Staff((first, second), hospital.people["accountant"], hospital.people["pharmacist"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
async def test_every_sum_holds(hospital: Hospital, seed: int) -> None:
    # Chance is drawn from a seed: what comes next depends on the drawers, which histories before have filled.
    staff, counts = await furnished(hospital), Counts()
    before = await packs(hospital.application, MEDICINE)
    await History(hospital.application, staff, Random(seed), counts).run(steps=12)
    assert await packs(hospital.application, MEDICINE) == before + counts.received
    assert counts.wrong + await wrong_sums(hospital.application) == []


async def test_a_sum_that_does_not_hold_is_found(hospital: Hospital) -> None:
    staff = await furnished(hospital)
    await History(hospital.application, staff, Random(1), Counts()).run()
    async with hospital.application.database.transaction() as connection:
        books = hospital.application.context(connection, as_system("zh_CN")).books
        for code in ("money:card", "rounding:outpatient"):
            await books.open_account(code, "money", "CNY")
        await books.post("wrong", [("money:card", 1, "CNY"), ("rounding:outpatient", -1, "CNY")])
    assert len(await wrong_sums(hospital.application)) == 2
