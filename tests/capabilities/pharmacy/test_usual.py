"""What a doctor prescribed lately is offered first, with the dose of the last time."""

from decimal import Decimal

from tests.hospital import Hospital


async def test_the_usual_dose_comes_with_the_medicine_for_that_doctor_alone(hospital: Hospital) -> None:
    before = await hospital.rows("doctor", "pharmacy.formulary_search", text="", limit=5)
    assert {row.dose for row in before} == {None}
    visit = await hospital.consultation(await hospital.patient("王常用药"))
    values = {"dose": "2", "frequency": "bid", "days": 14}
    await hospital.do("doctor", "pharmacy.prescribe", visit=visit, medicine="metformin-500", **values)
    first = (await hospital.rows("doctor", "pharmacy.formulary_search", text="", limit=5))[0]
    assert (first.key, first.dose, first.frequency, first.days, first.route) == (
        "metformin-500",
        Decimal(2),
        "bid",
        14,
        "oral",
    )
    for login in ("doctor2", "pharmacist"):
        rows = await hospital.rows(login, "pharmacy.formulary_search", text="ejsg", limit=5)
        assert {row.dose for row in rows} == {None}
    assert (await hospital.rows("doctor", "pharmacy.formulary_search", text="ejsg", limit=5))[0].days == 14
