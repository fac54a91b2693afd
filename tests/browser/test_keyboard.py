"""The doctor's whole work without touching the mouse."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import book, register

Open = Callable[..., Station]


def test_the_doctor_works_by_keyboard_alone(station: Open) -> None:
    desk = station("registrar")
    register(desk, "键盘患者")
    book(desk, "全科医学科")
    doctor = station("doctor2")
    page, press = doctor.page, doctor.page.keyboard.press

    press("Alt+n")
    row = page.locator("#queue li", has_text="键盘患者")
    expect(row).to_contain_text("已叫号")
    receive = row.get_by_role("button", name="接诊")
    for _tab in range(40):
        press("Tab")
        if receive.evaluate("button => button === document.activeElement"):
            break
    press("Enter")
    expect(page.locator("#banner h1")).to_have_text("键盘患者")

    write_by_keyboard(doctor)
    press("Alt+q")
    expect(page.locator("#queue-drawer")).to_be_visible()
    press("Escape")
    press("Alt+2")
    expect(page.locator(".timeline")).to_be_visible()
    press("Alt+1")
    expect(page.locator("[name=chief_complaint]")).to_have_value("咳嗽 3 天")
    press("Control+Enter")
    expect(page).to_have_url(re.compile("/doctor$"))
    expect(page.locator("#seen")).to_contain_text("键盘患者")


def write_by_keyboard(doctor: Station) -> None:
    """History, diagnosis and a medicine."""
    page, press = doctor.page, doctor.page.keyboard.press
    press("Alt+c")
    page.keyboard.type("咳嗽 3 天")
    press("Tab")
    page.keyboard.type("3 天前受凉后咳嗽，少痰，无发热。")
    press("Control+s")
    doctor.toast("病历已保存")
    press("Alt+d")
    page.keyboard.type("yfxgxy")
    expect(page.get_by_role("option").first).to_be_visible()
    press("Enter")
    expect(page.locator("#diagnoses")).to_contain_text("原发性高血压")
    press("F2")
    page.keyboard.type("xst")
    expect(page.get_by_role("option").first).to_be_visible()
    press("Enter")
    expect(page.locator("#pharmacy-prescribe [name=dose]")).to_be_focused()
    press("Enter")
    expect(page.locator("#basket .order")).to_have_count(1)


def test_a_search_leads_into_its_list_by_arrows(station: Open) -> None:
    desk = station("registrar")
    register(desk, "方向键")
    desk.go("/registration")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("/")
    expect(desk.page.locator("input[type=search]")).to_be_focused()
    desk.page.keyboard.type("fxj")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#found-body tr")).to_have_count(1)
    expect(desk.page.locator("input[type=search]")).to_be_focused()
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#banner h1")).to_have_text("方向键")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("input[type=search]")).to_be_visible()
