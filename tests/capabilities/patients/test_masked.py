"""What the cashier sees of a patient."""

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import Forbidden
from xinglin.kernel.errors import Refused


async def test_the_cashier_sees_numbers_in_part_and_finds_nobody_by_them(hospital: Hospital) -> None:
    patient = await hospital.patient(
        "宋慈", identity_number="11010519491231002X", gender=None, birth_date=None, phone="13812345678"
    )
    (row,) = await hospital.rows("cashier", "patients.find", text="songci")
    record = row.record_number
    assert (row.name, row.phone, row.identity_number) == ("宋慈", "138****5678", "110***********002X")
    assert len(record) == 8
    assert record.isdigit()
    for text in ("11010519491231002X", "13812345678", record):
        with pytest.raises(Refused, match="请按姓名查找"):
            await hospital.rows("cashier", "patients.find", text=text)
        assert [row.key for row in await hospital.rows("registrar", "patients.find", text=text)] == [patient]
    with pytest.raises(Forbidden):
        await hospital.do("cashier", "patients.correct", patient=patient, phone="13900000000")
