"""The record of a visit while it is written, from two windows, undone, and amended after its signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.capabilities.outpatient import amending, resources
from xinglin.kernel.errors import Alerted, Refused

TEXTS = st.text(alphabet="头晕 2周\n高血压mmHg140/90", max_size=30)


async def write(hospital: Hospital, visit: str, **values: object) -> int:
    written = await hospital.do("doctor", "outpatient.write_note", visit=visit, **values)
    return int(written["meta"]["versionId"])


async def note(hospital: Hospital, visit: str) -> dict[str, str]:
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        found = await context.search("Composition", [("encounter", visit)])
    return resources.note_values(found.resources[0])


async def test_two_windows_keep_each_other_s_fields(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("王两窗"))
    base = await write(hospital, visit, chief_complaint="头晕", present_illness="两天", base=0)
    await write(hospital, visit, chief_complaint="头晕", present_illness="两天", plan="休息", base=base)
    await write(hospital, visit, chief_complaint="头晕 2 周", present_illness="两天", base=base)
    held = await note(hospital, visit)
    assert (held["chief_complaint"], held["plan"]) == ("头晕 2 周", "休息")


async def test_two_windows_that_change_one_field_are_shown_to_each_other(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("李冲突"))
    base = await write(hospital, visit, chief_complaint="头晕", base=0)
    await write(hospital, visit, chief_complaint="头痛", base=base)
    with pytest.raises(Alerted) as shown:
        await write(hospital, visit, chief_complaint="头晕 3 天", base=base)
    assert "头痛" in shown.value.alerts[0].text
    assert shown.value.alerts[0].element == "chief_complaint"
    assert (await note(hospital, visit))["chief_complaint"] == "头痛"
    await write(hospital, visit, chief_complaint="头晕 3 天", base=base, reason="以此为准")
    assert (await note(hospital, visit))["chief_complaint"] == "头晕 3 天"


async def test_saving_what_is_saved_already_makes_no_version(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("赵重复"))
    first = await write(hospital, visit, chief_complaint="咳嗽", base=0)
    assert await write(hospital, visit, chief_complaint="咳嗽", base=first) == first


async def test_an_earlier_version_stands_again_until_it_is_signed(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("钱撤销"))
    first = await write(hospital, visit, chief_complaint="咳嗽 3 天", present_illness="无发热", base=0)
    await write(hospital, visit, chief_complaint="咳嗽", base=first)
    rows = await hospital.rows("doctor", "outpatient.note_versions", visit=visit)
    assert [row.version for row in rows] == [first + 1, first]
    await hospital.do("doctor", "outpatient.restore_note", visit=visit, version=first)
    assert (await note(hospital, visit))["present_illness"] == "无发热"
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.restore_note", visit=visit, version=first)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.restore_note", visit=visit, version=99)
    with pytest.raises(Refused):
        await hospital.rows("doctor2", "outpatient.note_versions", visit=visit)
    await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="R05")
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.restore_note", visit=visit, version=first + 1)


async def test_an_amendment_keeps_the_original_and_shows_the_difference(hospital: Hospital) -> None:
    visit, _number = await hospital.signed_prescription(await hospital.patient("孙修改"))
    await hospital.do("doctor", "outpatient.reopen", visit=visit, reason="补充病史")
    await write(hospital, visit, chief_complaint="头晕 3 周", present_illness="无胸痛。", plan="复查")
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        composition = (await context.search("Composition", [("encounter", visit)])).resources[0]
        changes = await amending.since_signature(context, composition)
    assert composition["status"] == "amended"
    assert [change.field for change in changes] == ["chief_complaint", "plan"]
    assert changes[0].pieces == (("same", "头晕 "), ("gone", "2"), ("new", "3"), ("same", " 周"))


@given(TEXTS, TEXTS)
def test_the_pieces_of_a_change_are_both_texts(before: str, after: str) -> None:
    found = amending.pieces(before, after)
    assert "".join(text for kind, text in found if kind != "new") == before
    assert "".join(text for kind, text in found if kind != "gone") == after
