"""Setting type: texts reach the paper as they are, and nothing in them is read as a template."""

import re
import zlib

import pytest

from tests.hospital import REGISTRY
from xinglin.kernel.printout import age_text, day_of
from xinglin.platform.i18n import use_locale
from xinglin.web.printing.press import Press, PressError, qr_code, texts_of

PERSON = {"patient": "Patient/1", "name": "王建国", "gender": "male", "age": "64 岁", "birth": "", "record": "1"}
FRAME = {"hospital": "医院", "title": "病历", "paper": "A4", "code": "AAAA", "qr": qr_code("http://hospital/x")}
RECORD = {"department": "内科", "visit": "1", "date": "2026-11-25", "vitals": [], "diagnoses": [], "orders": []}


def pages(pdf: bytes) -> int:
    """Pages of a PDF, whose page objects may stand in compressed streams."""
    text = pdf
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text += zlib.decompress(stream)
        except zlib.error:
            continue
    return len(re.findall(rb"/Type\s*/Page\b", text))


async def set_record(press: Press, text: str) -> bytes:
    sections = [{"title": "现病史", "text": text}]
    data = {**RECORD, "person": PERSON, "sections": sections, "signed_by": "陈", "signed_at": ""}
    with use_locale("zh_CN"):
        sheet = {**FRAME, "by": "陈", "at": "2026-11-25 10:00", "data": data}
        return await press.print(REGISTRY.printouts["outpatient.record"], sheet)


@pytest.mark.parametrize(
    "text",
    ['#panic("x")', '#read("/etc/passwd")', "$ unclosed", "*_`\\[]{}<>@#", '"); #import "x"', "“引号”\n第二行\t\u200b"],
)
async def test_what_people_write_is_never_a_template(text: str) -> None:
    pdf = await set_record(Press(REGISTRY), text)
    assert pdf.startswith(b"%PDF-1.7")
    assert pages(pdf) == 1


async def test_a_long_record_takes_several_pages() -> None:
    assert pages(await set_record(Press(REGISTRY), "\n".join(["高血压病史 5 年。"] * 90))) > 1


async def test_a_sheet_without_what_its_template_needs_is_an_error() -> None:
    with pytest.raises(PressError, match=r"outpatient\.record"):
        await Press(REGISTRY).print(REGISTRY.printouts["outpatient.record"], {**FRAME, "data": {}})


def test_texts_of_templates_are_found() -> None:
    assert texts_of('#t("Name") #t("He said \\"yes\\"") #text("no")') == ["Name", 'He said "yes"']
    press = Press(REGISTRY)
    with use_locale("zh_CN"):
        words = press.words(REGISTRY.printouts["pharmacy.prescription"])
    assert words["Clinical diagnosis"] == "临床诊断"
    assert words["male"] == "男"


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        ("1962-05-17", "64 岁"),
        ("2024-11-26", "23 月"),
        ("2024-11-25", "2 岁"),
        ("2026-11-20", "5 天"),
        ("2026-10-25", "1 月"),
        ("2020", "6 岁"),
        ("", ""),
        ("2030-01-01", ""),
    ],
)
def test_ages_of_small_children_are_told_in_months_and_days(birth: str, age: str) -> None:
    with use_locale("zh_CN"):
        assert age_text(birth, day_of("2026-11-25T08:00:00+08:00")) == age
