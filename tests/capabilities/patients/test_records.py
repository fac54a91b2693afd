"""Registration as people are: documents and cards, family, newborns, people nobody knows, corrections, deaths."""

import base64
import struct
import zlib

import pytest

from tests.hospital import Hospital
from xinglin.fhir.outcome import BadRequest, Forbidden
from xinglin.kernel.errors import Alerted, Refused

NUMBER = "53010219200508011X"


def png(width: int, height: int, padding: int = 0) -> str:
    """A picture as a data URL, with so many bytes that nobody needs."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\x00" + b"\x80\x80\x80" * width for _ in range(height)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"tEXt", b"x" * padding), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


async def test_a_foreigner_is_found_by_passport_and_card_and_nobody_else_has_them(hospital: Hospital) -> None:
    values = {
        "document": "passport",
        "document_number": "e12345678",
        "nationality": "XX",
        "civil_state": "M",
        "occupation": "13",
        "contact_name": "Jane Doe",
        "contact_relationship": "SPS",
        "contact_phone": "+86 139-1234-0001",
        "phone": "138 1234 0001",
    }
    patient = await hospital.patient("John Doe", **values)
    held = await hospital.read(patient)
    assert held["telecom"][0]["value"] == "13812340001"
    assert held["contact"][0]["telecom"][0]["value"] == "13912340001"
    assert (held["maritalStatus"]["coding"][0]["code"], len(held["extension"])) == ("M", 2)
    await hospital.do("registrar", "patients.add_number", patient=patient, kind="insurance-card", number="YB330100X7")
    for text in ("E12345678", "yb330100x7", "13812340001"):
        assert [row.key for row in await hospital.rows("registrar", "patients.find", text=text)] == [patient]
    assert (await hospital.do("registrar", "patients.identify", number="E12345678"))["id"] == held["id"]
    other = await hospital.patient("李家人")
    with pytest.raises(Refused, match="John Doe"):
        await hospital.do("registrar", "patients.add_number", patient=other, kind="passport", number="E12345678")
    with pytest.raises(Refused, match="John Doe"):
        await hospital.patient("Jack Doe", document="passport", document_number="E12345678")
    await hospital.do("registrar", "patients.retire_number", patient=patient, number="YB330100X7", reason="遗失补办")
    await hospital.do("registrar", "patients.add_number", patient=other, kind="insurance-card", number="YB330100X7")
    rows = await hospital.rows("registrar", "patients.numbers", patient=patient)
    assert [(row.kind, row.use) for row in rows][1:] == [("护照", "在用"), ("医保卡（社会保障卡）", "已停用")]
    with pytest.raises(Refused):
        await hospital.do("registrar", "patients.retire_number", patient=patient, number="E99999999", reason="遗失")


@pytest.mark.parametrize(
    "values",
    [
        {"document": "passport"},
        {"document_number": "E1234567"},
        {"document": "library-card", "document_number": "12345"},
        {"ethnic_group": "57"},
        {"contact_phone": "13912340001"},
        {"civil_state": "happy"},
    ],
)
async def test_what_a_form_can_not_say_is_refused(hospital: Hospital, values: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        await hospital.patient("谁", **values)


async def test_who_somebody_is_changes_with_a_reason_and_what_was_stays(hospital: Hospital) -> None:
    patient = await hospital.patient("周一凡", phone="13812340002")
    with pytest.raises(Alerted) as refused:
        await hospital.do("registrar", "patients.correct", patient=patient, name="周亦凡", identity_number=NUMBER)
    assert len(refused.value.alerts) == 2
    await hospital.do("registrar", "patients.correct", patient=patient, address="杏林市杏林路 1 号")
    await hospital.do(
        "registrar", "patients.correct", patient=patient, name="周亦凡", identity_number=NUMBER, reason="核对身份证"
    )
    held = await hospital.read(patient)
    assert [(each["use"], each["text"]) for each in held["name"]] == [("official", "周亦凡"), ("old", "周一凡")]
    assert (held["birthDate"], held["gender"]) == ("1920-05-08", "male")
    rows = await hospital.rows("registrar", "patients.changes", patient=patient)
    assert [(row.version, row.who, row.reason) for row in rows[:2]] == [(3, "李敏", "核对身份证"), (2, "李敏", "")]
    assert "姓名：周一凡 → 周亦凡" in rows[0].what
    assert "出生日期：1960-02-01 → 1920-05-08" in rows[0].what
    other = await hospital.patient("周二凡")
    with pytest.raises(Refused, match="周亦凡"):
        await hospital.do("registrar", "patients.correct", patient=other, identity_number=NUMBER, reason="核对")


async def test_a_newborn_bears_the_mother_s_name_and_both_lead_to_each_other(hospital: Hospital) -> None:
    mother = await hospital.patient("吴丽华", gender="female", birth_date="1996-04-05", phone="13812340003")
    values = {"mother": mother, "gender": "female", "born_at": "2026-11-23T05:10:00"}
    first = await hospital.do("registrar", "patients.register_newborn", **values, order=1)
    second = await hospital.do("registrar", "patients.register_newborn", **values, order=2)
    assert [first["name"][0]["text"], second["name"][0]["text"]] == ["吴丽华之婴甲", "吴丽华之婴乙"]
    assert first["_birthDate"]["extension"][0]["valueDateTime"] == "2026-11-23T05:10:00+08:00"
    with pytest.raises(Alerted):
        await hospital.do("registrar", "patients.register_newborn", **values, order=1)
    child = f"Patient/{first['id']}"
    (row,) = await hospital.rows("registrar", "patients.relatives", patient=child)
    assert (row.relationship, row.name, row.person) == ("母亲、监护人", "吴丽华", mother)
    rows = await hospital.rows("registrar", "patients.relatives", patient=mother)
    assert {row.name for row in rows} == {"吴丽华之婴甲", "吴丽华之婴乙"}
    await hospital.do("registrar", "patients.correct", patient=child, name="郑安")
    assert [each["text"] for each in (await hospital.read(child))["name"]] == ["郑安", "吴丽华之婴甲"]
    await hospital.do("registrar", "patients.unrelate", related=row.key)
    assert len(await hospital.rows("registrar", "patients.relatives", patient=mother)) == 1
    for wrong in ({"mother": child}, {"born_at": "2026-11-24T05:10:00"}):
        if "mother" in wrong:
            await hospital.do("registrar", "patients.correct", patient=child, gender="male", reason="登记错误")
        with pytest.raises(Refused):
            await hospital.do("registrar", "patients.register_newborn", **{**values, **wrong})


async def test_somebody_unknown_is_treated_first_and_identified_later(hospital: Hospital) -> None:
    values = {"gender": "male", "age": 50, "description": "东门外昏迷，灰色外套，左前臂旧疤"}
    unknown = await hospital.do("registrar", "patients.register_unidentified", **values)
    again = await hospital.do("registrar", "patients.register_unidentified", **values)
    await hospital.deliver()
    assert (unknown["name"][0]["use"], unknown["birthDate"]) == ("temp", "1976")
    assert unknown["id"] != again["id"]
    assert unknown["id"] not in str(await hospital.rows("records", "patients.duplicates"))
    patient = f"Patient/{unknown['id']}"
    await hospital.do(
        "registrar", "patients.correct", patient=patient, name="冯远山", gender="male", birth_date="1975-08-09"
    )
    held = await hospital.read(patient)
    assert (held["name"][0], held["birthDate"]) == ({"use": "official", "text": "冯远山"}, "1975-08-09")


async def test_a_photo_is_a_picture_and_small(hospital: Hospital) -> None:
    patient = await hospital.patient("许照")
    held = await hospital.do("registrar", "patients.set_photo", patient=patient, photo=png(24, 32))
    assert held["photo"][0]["contentType"] == "image/png"
    assert base64.b64decode(held["photo"][0]["data"]).startswith(b"\x89PNG")
    script = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    for wrong in (
        "",
        "data:,",
        f"data:image/png;base64,{script}",
        f"data:image/svg+xml;base64,{script}",
        png(24, 32)[:-8],
        png(2000, 2),
        png(24, 32, padding=64 * 1024),
    ):
        with pytest.raises(BadRequest):
            await hospital.do("registrar", "patients.set_photo", patient=patient, photo=wrong)
    with pytest.raises(Forbidden):
        await hospital.do("cashier", "patients.set_photo", patient=patient, photo=png(24, 32))


async def test_a_death_is_recorded_and_can_be_taken_back(hospital: Hospital) -> None:
    patient = await hospital.patient("何逝")
    slot = (await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology"))[0]
    for wrong in ("2026-11-23T23:00:00", "1959-01-01T00:00:00"):
        with pytest.raises(Refused):
            await hospital.do("doctor", "patients.record_death", patient=patient, at=wrong)
    with pytest.raises(Forbidden):
        await hospital.do("registrar", "patients.record_death", patient=patient, at="2026-11-22T23:00:00")
    await hospital.do("doctor", "patients.record_death", patient=patient, at="2026-11-22T23:00:00")
    with pytest.raises(Refused):
        await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    await hospital.do("records", "patients.revoke_death", patient=patient, reason="同名登记错误")
    await hospital.do("registrar", "scheduling.book", patient=patient, slot=slot.key)
    rows = await hospital.rows("records", "patients.changes", patient=patient)
    assert [(row.who, row.reason) for row in rows[:2]] == [("郑文芳", "同名登记错误"), ("陈立新", "")]
