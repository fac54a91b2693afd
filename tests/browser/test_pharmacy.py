"""The pharmacy by clicks and keys: a prescription that goes back and is upheld, and medicines that come back."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import book, call_and_receive, register, write_record

Open = Callable[..., Station]


def test_a_returned_prescription_is_upheld_signed_by_two_dispensed_and_taken_back(station: Open) -> None:
    name = "退方者"
    desk, doctor = station("registrar"), station("doctor")
    register(desk, name)
    book(desk)
    call_and_receive(doctor, name)
    write_record(doctor)
    doctor.page.keyboard.press("F7")
    doctor.page.locator("[name=herbs]").fill("黄芪30 当归10 炙甘草6")
    doctor.page.locator("#pharmacy-prescribe_herbs button[type=submit]").click()
    expect(doctor.page.locator("#basket")).to_contain_text("每剂 30 g")
    doctor.page.keyboard.press("Control+Enter")
    doctor.toast("已签名")

    first, second = station("pharmacist"), station("pharmacist2")
    number = return_and_uphold(first, doctor, name)
    address = f"/pharmacy?prescription={number}"
    first.go(address)
    expect(first.page.locator("#detail")).to_contain_text("血压需要，已告知患者")
    first.page.keyboard.press("Control+Enter")
    expect(first.page.locator("#detail-foot")).to_contain_text("第二名药师")
    second.go(address)
    second.page.keyboard.press("Control+Enter")
    expect(second.page.locator("#detail-foot")).to_contain_text("等待患者缴费")
    first.go("/pharmacy?list=returned")
    expect(first.page.locator("#returned")).to_contain_text("请核对剂量")

    cashier = station("cashier")
    cashier.page.locator("#bills a", has_text=name).click()
    expect(cashier.page.locator("#banner h1")).to_have_text(name)
    cashier.page.keyboard.press("Control+Enter")
    expect(cashier.page.locator("#slip")).to_be_visible()
    fetch_and_return(first, second, name, number)


def return_and_uphold(first: Station, doctor: Station, name: str) -> str:
    """The pharmacist returns a prescription, the doctor stands by it; gives its number."""
    first.page.locator("#list a", has_text="缬沙坦").filter(has_text=name).click()
    expect(first.page.locator("#banner h1")).to_have_text(name)
    first.page.keyboard.press("Alt+r")
    form = first.page.locator("#dialog form")
    form.locator("[name=code]").select_option("dose")
    form.locator("[name=reason]").fill("请核对剂量")
    first.page.keyboard.press("Control+Enter")
    expect(first.page.locator("#banner")).to_contain_text("已退回")

    doctor.go("/doctor")
    doctor.page.locator("#seen tr", has_text=name).first.get_by_role("link").click()
    expect(doctor.page.locator("#basket")).to_contain_text("退回：请核对剂量")
    doctor.page.get_by_role("button", name="坚持原方并签名").click()
    doctor.page.locator("#dialog [name=statement]").fill("血压需要，已告知患者")
    doctor.page.keyboard.press("Control+Enter")
    doctor.toast("已坚持原方")

    return first.page.url.rpartition("prescription=")[2]


def fetch_and_return(first: Station, second: Station, name: str, number: str) -> None:
    """Prepares, scans and hands over a paid prescription; the patient brings it back at once."""
    first.go("/pharmacy?list=dispense")
    expect(first.page.locator("#list a", has_text=name)).to_be_visible(timeout=30_000)
    first.go(f"/pharmacy?list=dispense&prescription={number}")
    first.page.get_by_role("button", name="开始调配").click()
    scan = first.page.locator("form.scan input[name=code]")
    scan.fill("81234567890000000001")
    scan.press("Enter")
    expect(first.page.locator("#detail")).to_contain_text("1 / 1")
    first.page.locator("form.scan input[name=code]").fill("81234567890000000001")
    first.page.locator("form.scan input[name=code]").press("Enter")
    expect(first.page.locator("#dialog")).to_contain_text("该追溯码已发出")
    second.go(f"/pharmacy?list=dispense&prescription={number}")
    second.page.get_by_role("button", name="核对发药").click()
    expect(second.page.locator("#banner")).to_contain_text("已发药")
    second.page.get_by_role("button", name="退药").click()
    form = second.page.locator("#dialog form")
    form.get_by_text("完好").click()
    form.locator("[name=reason]").fill("患者不适，未拆封")
    second.page.keyboard.press("Control+Enter")
    expect(second.page.locator("#banner")).to_contain_text("已退药")
    second.go("/stock?tab=card&place=window&medicine=valsartan-80")
    expect(second.page.locator("#stock")).to_contain_text("已退药")
    assert second.accessibility() == []
