"""From the order to a critical value that is acknowledged, by keys and clicks on four stations."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import book, call_and_receive, choose, register

Open = Callable[..., Station]
NAME = "钟灵秀"


def order_test(doctor: Station) -> None:
    """Writes a short record and orders electrolytes by keyboard."""
    page = doctor.page
    page.locator("[name=chief_complaint]").fill("乏力 2 周")
    page.locator("[name=present_illness]").fill("近 2 周乏力，无胸痛。")
    page.keyboard.press("Control+s")
    doctor.toast("病历已保存")
    choose(page, "诊断：汉字、拼音首字母或编码", "yfxgxy", "原发性高血压")
    expect(page.locator("#diagnoses")).to_contain_text("主诊断")
    page.keyboard.press("F3")
    page.keyboard.type("djz")
    expect(page.get_by_role("option", name="电解质")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#basket .order")).to_contain_text("电解质")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#banner h1")).to_have_text("门诊医生站")


def pay(cashier: Station) -> None:
    """Settles the patient's bill."""
    cashier.go("/cashier")
    cashier.page.locator("#bills a", has_text=NAME).click()
    cashier.page.keyboard.press("Control+Enter")
    expect(cashier.page.locator("#slip")).to_be_visible()


def collect(nurse: Station) -> str:
    """Labels and fills the tube; returns its number."""
    page = nurse.page
    nurse.go("/collection")
    row = page.locator("#waiting a", has_text=NAME)
    for _second in range(20):
        if row.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    row.click()
    expect(page.locator("#banner h1")).to_have_text(NAME)
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
    doctor.page.keyboard.press("Alt+k")
    expect(bar.locator("li")).to_have_class("answered")
    doctor.page.keyboard.press("Alt+k")
    doctor.page.locator("#dialog [name=action]").fill("电话通知患者立即来院，复查心电图")
    doctor.page.keyboard.press("Control+Enter")
    expect(bar.locator("li")).to_have_count(0)


def test_a_critical_value_reaches_the_doctor(station: Open) -> None:
    desk, doctor = station("registrar"), station("doctor")
    register(desk, NAME)
    book(desk)
    call_and_receive(doctor, NAME)
    order_test(doctor)
    pay(station("cashier"))
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
