"""Writing a record in the browser: nothing that was typed is ever lost."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import book, call_and_receive, register

Open = Callable[..., Station]


def test_what_is_typed_is_saved_by_itself_and_survives_the_end_of_the_session(station: Open) -> None:
    desk = station("registrar")
    register(desk, "自动存")
    book(desk)
    doctor = station("doctor")
    call_and_receive(doctor, "自动存")
    page, field = doctor.page, doctor.page.locator("[name=chief_complaint]")
    address = page.url
    field.press_sequentially("咳嗽 3 天")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    page.reload()
    expect(field).to_have_value("咳嗽 3 天")

    page.context.clear_cookies()
    illness = page.locator("[name=present_illness]")
    illness.press_sequentially("会话结束时输入的内容")
    expect(page.locator("form[data-saving=failed]")).to_have_count(1)
    page.goto(address)
    doctor.sign_in()
    page.goto(address)
    expect(illness).to_have_value("会话结束时输入的内容")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")

    illness.fill("改错了")
    expect(page.locator("form[data-saving=done]:not([data-dirty])")).to_have_count(1)
    page.keyboard.press("Alt+z")
    page.locator("details.versions tbody tr").nth(1).get_by_role("button", name="恢复此版本").click()
    doctor.toast("已恢复该版本")
    expect(illness).to_have_value("会话结束时输入的内容")


def test_letters_become_a_phrase_and_tab_leads_to_its_blanks(station: Open) -> None:
    desk = station("registrar")
    register(desk, "常用语")
    book(desk)
    doctor = station("doctor")
    page = doctor.page
    doctor.go("/library")
    page.keyboard.press("F2")
    page.locator("#dialog [name=shortcut]").fill("gxy")
    page.locator("#dialog [name=text]").fill("高血压病史 ___ 年，最高 ___ mmHg。")
    page.keyboard.press("Control+Enter")
    doctor.toast("常用语已保存")
    expect(page.locator("#shelf")).to_contain_text(";gxy")

    call_and_receive(doctor, "常用语")
    illness = page.locator("[name=present_illness]")
    illness.press_sequentially("复诊。;gxy")
    page.keyboard.press("Tab")
    expect(illness).to_have_value("复诊。高血压病史 ___ 年，最高 ___ mmHg。")
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    page.keyboard.type("160/100")
    expect(illness).to_have_value("复诊。高血压病史 5 年，最高 160/100 mmHg。")
    page.keyboard.press("Tab")
    expect(page.locator("[name=past_history]")).to_be_focused()
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
