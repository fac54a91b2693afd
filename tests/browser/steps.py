"""Steps of a visit by clicks and keys, shared by the browser tests."""

import itertools
import re
from datetime import date

from playwright.sync_api import Page, expect

from tests.browser.hospital import Station

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_serials = itertools.count(101, 2)


def identity_number(born: date = date(1968, 3, 12)) -> str:
    """A valid ID number (GB 11643) of a man born on that day, new at every call."""
    digits = f"310101{born:%Y%m%d}{next(_serials):03d}"
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11]


def register(desk: Station, name: str) -> None:
    """Registers a new patient by keyboard and stays on the patient's page."""
    desk.go("/registration")
    desk.page.keyboard.press("F2")
    form = desk.page.locator("#dialog form")
    expect(form.locator("[name=name]")).to_be_focused()
    desk.page.keyboard.type(name)
    form.locator("[name=identity_number]").fill(identity_number())
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
