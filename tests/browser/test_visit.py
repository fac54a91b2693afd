"""One visit from the registration desk to the pharmacy window, by clicks and keys, every person in an own window."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hospital import Station

Open = Callable[..., Station]
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity_number(serial: int, born: date = date(1968, 3, 12)) -> str:
    """A valid ID number (GB 11643) of somebody born on that day; an odd serial is a man's."""
    digits = f"310101{born:%Y%m%d}{serial:03d}"
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11]


def register(desk: Station, name: str, serial: int) -> None:
    """Registers a new patient by keyboard and stays on the patient's page."""
    desk.go("/registration")
    desk.page.keyboard.press("F2")
    form = desk.page.locator("#dialog form")
    expect(form.locator("[name=name]")).to_be_focused()
    desk.page.keyboard.type(name)
    form.locator("[name=identity_number]").fill(identity_number(serial))
    form.locator("[name=phone]").fill("13800138000")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#banner h1")).to_have_text(name)


def book(desk: Station, clinic: str = "心血管内科", *, check_in: bool = True) -> None:
    """Books the first free place of a clinic for the patient whose page is open, and checks in."""
    desk.page.locator("#booking nav").get_by_role("link", name=clinic).click()
    desk.page.locator("button.slot").first.click()
    desk.toast("已挂号")
    own = desk.page.locator("#own")
    expect(own).to_contain_text("已挂号")
    if check_in:
        own.get_by_role("button", name="签到").click()
        expect(own).to_contain_text("已签到")


def call_and_receive(doctor: Station, name: str) -> None:
    """Calls a patient in from the queue and begins the consultation."""
    doctor.go("/doctor")
    row = doctor.page.locator("#queue li", has_text=name)
    row.get_by_role("button", name="叫号").click()
    row.get_by_role("button", name="接诊").click()
    expect(doctor.page.locator("#banner h1")).to_have_text(name)


def choose(page: Page, placeholder: str, text: str, option: str) -> None:
    """Types into a search field and takes the option that fits."""
    field = page.get_by_placeholder(placeholder)
    field.fill(text)
    page.get_by_role("option", name=re.compile(option)).first.click()


def write_record(doctor: Station) -> None:
    """Writes history, diagnosis and one medicine."""
    page = doctor.page
    page.locator("[name=chief_complaint]").fill("头晕 2 周")
    page.locator("[name=present_illness]").fill("高血压病史 5 年，近 2 周家庭自测血压 148–160/90–96 mmHg，偶有头晕。")
    page.locator("[name=examination]").fill("血压 156/94 mmHg，心率 78 次/分，律齐。")
    page.keyboard.press("Control+s")
    doctor.toast("病历已保存")
    choose(page, "诊断：汉字、拼音首字母或编码", "yfxgxy", "原发性高血压")
    expect(page.locator("#diagnoses")).to_contain_text("主诊断")
    choose(page, "名称、拼音首字母或编码", "xst", "缬沙坦")
    page.locator("[name=days]").fill("28")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator("#basket .order")).to_have_count(1)


@pytest.fixture(scope="module")
def numbers() -> "list[int]":
    """Serials for ID numbers that no other test uses."""
    return list(range(101, 999, 2))


def test_the_whole_visit(station: Open, numbers: list[int], pictures: Path) -> None:
    desk = station("registrar")
    register(desk, "张建国", numbers.pop())
    desk.picture(pictures, "registration-1366x768")
    book(desk)

    doctor = station("doctor")
    call_and_receive(doctor, "张建国")
    doctor.page.keyboard.press("Alt+v")
    vitals = doctor.page.locator("#dialog form")
    vitals.locator("[name=systolic]").fill("156")
    vitals.locator("[name=diastolic]").fill("94")
    vitals.locator("[name=pulse]").fill("78")
    doctor.page.keyboard.press("Control+Enter")
    expect(doctor.page.locator("#summary .vitals")).to_contain_text("156 / 94")
    write_record(doctor)
    doctor.picture(pictures, "doctor-1366x768")
    doctor.page.keyboard.press("Control+Enter")
    expect(doctor.page).to_have_url(re.compile("/doctor$"))
    doctor.toast("已签名")
    expect(doctor.page.locator("#seen")).to_contain_text("待缴费")

    pharmacist = station("pharmacist")
    pharmacist.page.locator("#list a", has_text="张建国").click()
    pharmacist.picture(pictures, "pharmacy-1366x768")
    pharmacist.page.keyboard.press("Control+Enter")
    expect(pharmacist.page.locator("#detail-foot")).to_contain_text("等待患者缴费")

    cashier = station("cashier")
    cashier.page.locator("#bills a", has_text="张建国").click()
    expect(cashier.page.locator("#bill")).to_contain_text("门诊诊查费")
    cashier.page.get_by_text("现金", exact=True).click()
    cashier.page.locator("[data-given]").fill("500")
    expect(cashier.page.locator("[data-change]")).to_contain_text("¥")
    cashier.picture(pictures, "cashier-1366x768")
    cashier.page.keyboard.press("Control+Enter")
    expect(cashier.page.locator("#slip")).to_contain_text("找零")

    # The worker takes the payment to the pharmacy; the list there renews itself.
    pharmacist.go("/pharmacy?list=dispense")
    paid = pharmacist.page.locator("#list a", has_text="张建国")
    expect(paid).to_be_visible(timeout=30_000)
    paid.click()
    pharmacist.page.get_by_role("button", name="开始调配").click()
    pharmacist.page.get_by_role("button", name="发药", exact=True).click()
    expect(pharmacist.page.locator("#banner")).to_contain_text("已发药")

    doctor.go("/doctor")
    expect(doctor.page.locator("#seen tr", has_text="张建国").first).to_contain_text("已完成", timeout=30_000)
