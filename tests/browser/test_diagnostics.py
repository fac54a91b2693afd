"""From the order to a critical value that is acknowledged, and to a report with two signatures."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import book, call_and_receive, choose, register

Open = Callable[..., Station]
NAME, OTHER = "钟灵秀", "卫清扬"


def order(doctor: Station, key: str, initials: str, name: str) -> None:
    """Writes a short record and orders something by keyboard."""
    page = doctor.page
    page.locator("[name=chief_complaint]").fill("乏力 2 周")
    page.locator("[name=present_illness]").fill("近 2 周乏力，无胸痛。")
    page.keyboard.press("Control+s")
    doctor.toast("病历已保存")
    choose(page, "诊断：汉字、拼音首字母或编码", "yfxgxy", "原发性高血压")
    expect(page.locator("#diagnoses")).to_contain_text("主诊断")
    page.keyboard.press(key)
    page.keyboard.type(initials)
    expect(page.get_by_role("option", name=name)).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#basket .order")).to_contain_text(name)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#banner h1")).to_have_text("门诊医生站")


def pay(cashier: Station, name: str) -> None:
    """Settles the patient's bill in cash."""
    cashier.go("/cashier")
    cashier.page.locator("#bills a", has_text=name).click()
    cashier.page.get_by_text("现金", exact=True).click()
    cashier.page.locator("[data-given]").fill("500")
    cashier.page.keyboard.press("Control+Enter")
    expect(cashier.page.locator("#slip")).to_be_visible()


def wait_for(station: Station, path: str, rows: str, text: str) -> None:
    """Opens a page again and again until the worker has put a row there."""
    station.go(path)
    for _half_second in range(40):
        if station.page.locator(rows, has_text=text).count():
            break
        station.page.wait_for_timeout(500)
        station.page.reload()


def open_row(station: Station, path: str, rows: str, name: str) -> None:
    """Opens somebody's row in a list as soon as the worker has put it there."""
    wait_for(station, path, rows, name)
    station.page.locator(rows, has_text=name).click()
    expect(station.page.locator("#banner h1")).to_have_text(name)


def collect(nurse: Station) -> str:
    """Labels and fills the tube; returns its number."""
    page = nurse.page
    open_row(nurse, "/collection", "#waiting a", NAME)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#tubes .accession")).to_be_visible()
    number = page.locator("#tubes .accession").inner_text()
    expect(page.locator("#tube-labels svg")).to_have_count(1)
    page.locator("#collect-foot form").get_by_text("已空腹").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#collect-foot")).to_contain_text("已全部采集")
    assert nurse.accessibility() == []
    return number


def enter(bench: Station, number: str) -> None:
    """Receives the tube and enters its results, a slip of the hand among them, by keyboard."""
    page = bench.page
    bench.go("/laboratory")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    bench.toast("标本已接收")
    page.keyboard.press("Alt+2")
    page.get_by_placeholder("扫描标本条码").fill(number)
    page.keyboard.press("Enter")
    expect(page.locator("#banner h1")).to_have_text(NAME)
    field = page.locator("[name='values.k']")
    expect(field).to_be_focused()
    for value in ("68", "140.0", "103.0", "2.30", "1.10"):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert bench.accessibility() == []
    field.fill("6.80")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".alerts")).to_contain_text("危急值")
    page.locator("[name=reason]").fill("标本无溶血，已复检")
    page.keyboard.press("Control+Enter")
    bench.toast("结果已录入")
    bench.go(f"/laboratory?list=verify&text={number}")
    expect(page.locator("#detail-foot")).to_contain_text("须由另一人审核")


def answer(doctor: Station) -> None:
    """Acknowledges the critical value and writes down what was done."""
    doctor.go("/doctor")
    bar = doctor.page.locator("#notices")
    expect(bar).to_contain_text("钾 6.80")
    assert doctor.accessibility() == []
    doctor.page.keyboard.press("Alt+j")
    expect(bar.locator("li")).to_have_class("answered")
    doctor.page.keyboard.press("Alt+j")
    doctor.page.locator("#dialog [name=action]").fill("电话通知患者立即来院，复查心电图")
    doctor.page.keyboard.press("Control+Enter")
    expect(bar.locator("li")).to_have_count(0)


def test_a_critical_value_reaches_the_doctor(station: Open) -> None:
    desk, doctor = station("registrar"), station("doctor")
    register(desk, NAME)
    book(desk)
    call_and_receive(doctor, NAME)
    order(doctor, "F3", "djz", "电解质")
    pay(station("cashier"), NAME)
    number = collect(station("nurse"))
    enter(station("technician"), number)
    second = station("technician2")
    second.go(f"/laboratory?list=verify&text={number}")
    expect(second.page.locator("#detail")).to_contain_text("已复检")
    assert second.accessibility() == []
    second.page.keyboard.press("Control+Enter")
    second.toast("已审核发布")
    answer(doctor)
    second.go("/laboratory?list=critical")
    expect(second.page.locator("#critical")).to_contain_text("复查心电图")


def test_a_report_with_two_signatures(station: Open) -> None:
    desk, doctor = station("registrar"), station("doctor")
    register(desk, OTHER)
    book(desk)
    call_and_receive(doctor, OTHER)
    order(doctor, "F4", "xbzcwp", "胸部正侧位片")
    pay(station("cashier"), OTHER)
    room = station("radiographer")
    open_row(room, "/imaging", "#list a", OTHER)
    for state in ("候检", "检查中"):
        room.page.keyboard.press("Control+Enter")
        expect(room.page.locator("#banner .tags")).to_contain_text(state)
    assert room.accessibility() == []
    room.page.keyboard.press("Control+Enter")
    room.toast("检查已完成")
    author, second = station("radiologist"), station("radiologist2")
    open_row(author, "/imaging", "#list a", OTHER)
    author.page.keyboard.press("Alt+t")
    expect(author.page.locator("[name=findings]")).to_have_value(re.compile("双肺纹理清晰"))
    author.page.keyboard.press("Control+s")
    author.toast("草稿已保存")
    assert author.accessibility() == []
    author.page.keyboard.press("Control+Enter")
    author.toast("已签名")
    open_row(second, "/imaging?list=review", "#list a", OTHER)
    assert second.accessibility() == []
    second.page.keyboard.press("Control+Enter")
    second.toast("已审核发布")
    wait_for(doctor, "/doctor", "#queue li", "报告已出")
    expect(doctor.page.locator("#queue li", has_text=OTHER)).to_contain_text("报告已出", timeout=30_000)
