"""One visit from the registration desk to the pharmacy window, by clicks and keys, every person in an own window."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import book, call_and_receive, choose, identity_number, register, write_record

Open = Callable[..., Station]


def test_the_whole_visit(station: Open) -> None:
    desk = station("registrar")
    register(desk, "张建国")
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
    doctor.page.keyboard.press("Control+Enter")
    expect(doctor.page).to_have_url(re.compile("/doctor$"))
    doctor.toast("已签名")
    expect(doctor.page.locator("#seen")).to_contain_text("待缴费")

    _cashier, pharmacist = review_and_pay(station, "张建国")
    fetch(station, pharmacist, "张建国")

    doctor.go("/doctor")
    expect(doctor.page.locator("#seen tr", has_text="张建国").first).to_contain_text("已完成", timeout=30_000)


def review_and_pay(station: Open, name: str) -> tuple[Station, Station]:
    """Review and payment in cash, each at its own window; returns cashier and pharmacist."""
    pharmacist = station("pharmacist")
    pharmacist.page.locator("#list a", has_text=name).click()
    expect(pharmacist.page.locator("#banner h1")).to_have_text(name)
    pharmacist.page.keyboard.press("Control+Enter")
    expect(pharmacist.page.locator("#detail-foot")).to_contain_text("等待患者缴费")

    cashier = station("cashier")
    cashier.page.locator("#bills a", has_text=name).click()
    expect(cashier.page.locator("#bill")).to_contain_text("门诊诊查费")
    cashier.page.get_by_text("现金", exact=True).click()
    cashier.page.locator("[data-given]").fill("500")
    expect(cashier.page.locator("[data-change]")).to_contain_text("¥")
    cashier.page.keyboard.press("Control+Enter")
    expect(cashier.page.locator("#slip")).to_contain_text("找零")
    return cashier, pharmacist


def fetch(station: Open, pharmacist: Station, name: str) -> None:
    """Prepares what was paid; somebody else checks it, calls the patient and hands it over."""
    # The worker takes the payment to the pharmacy; the list there renews itself.
    pharmacist.go("/pharmacy?list=dispense")
    paid = pharmacist.page.locator("#list a", has_text=name)
    expect(paid).to_be_visible(timeout=30_000)
    paid.click()
    pharmacist.page.get_by_role("button", name="开始调配").click()
    expect(pharmacist.page.locator("#detail-foot")).to_contain_text("另一人")
    checker = station("pharmacist2")
    checker.go(pharmacist.page.url.removeprefix(checker.hospital.base))
    checker.page.keyboard.press("Alt+c")
    checker.toast("已叫号")
    checker.page.get_by_role("button", name="核对发药").click()
    expect(checker.page.locator("#banner")).to_contain_text("已发药")


def test_a_medicine_is_refunded_before_it_is_dispensed(station: Open) -> None:
    desk = station("registrar")
    register(desk, "退药者")
    book(desk, "全科医学科")
    doctor = station("doctor2")
    call_and_receive(doctor, "退药者")
    write_record(doctor)
    doctor.page.keyboard.press("Control+Enter")
    doctor.toast("已签名")
    cashier, pharmacist = review_and_pay(station, "退药者")
    lines = cashier.page.locator("#refund-form .check-line")
    expect(lines.filter(has_text="诊查已发生").locator("input")).to_be_disabled()
    expect(lines.filter(has_text="缬沙坦").locator("input")).to_be_checked()
    cashier.page.locator("#refund-form [name=reason]").fill("患者放弃用药")
    cashier.page.keyboard.press("Control+Enter")
    expect(cashier.page.locator("#slip")).to_contain_text("31.50")
    pharmacist.go("/pharmacy?list=dispense")
    expect(pharmacist.page.locator("#list a", has_text="退药者")).to_have_count(0, timeout=30_000)
    doctor.go("/doctor")
    expect(doctor.page.locator("#seen tr", has_text="退药者").first).to_contain_text("已完成", timeout=30_000)


def test_a_check_digit_that_does_not_fit_is_named_at_its_field(station: Open) -> None:
    desk = station("registrar")
    desk.page.keyboard.press("F2")
    form = desk.page.locator("#dialog form")
    form.locator("[name=name]").fill("陈思远")
    number = identity_number()
    form.locator("[name=identity_number]").fill(number[:-1] + ("0" if number[-1] != "0" else "1"))
    desk.page.keyboard.press("Control+Enter")
    expect(form.locator(".field", has=desk.page.locator("[name=identity_number]"))).to_contain_text("校验码不正确")
    expect(form.locator("[name=identity_number]")).to_have_attribute("aria-invalid", "true")
    expect(form.locator("[name=name]")).to_have_value("陈思远")
    form.locator("[name=identity_number]").fill(number)
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#banner h1")).to_have_text("陈思远")


def test_a_possible_duplicate_asks_for_a_reason(station: Open) -> None:
    desk = station("registrar")
    for attempt in range(2):
        desk.go("/registration")
        desk.page.keyboard.press("F2")
        form = desk.page.locator("#dialog form")
        form.locator("[name=name]").fill("孪生")
        form.get_by_text("男", exact=True).click()
        form.locator("[name=birth_date]").fill("1980-05-05")
        desk.page.keyboard.press("Control+Enter")
        if attempt:
            expect(form.get_by_role("alert")).to_contain_text("出生日期相同、姓名相同")
            form.locator("[name=reason]").fill("双胞胎兄弟")
            desk.page.keyboard.press("Control+Enter")
        expect(desk.page.locator("#banner h1")).to_have_text("孪生")


def test_a_place_that_somebody_else_took_is_refused_with_the_nearest_free_ones(station: Open) -> None:
    first, second = station("registrar"), station("registrar2")
    for desk, name in ((first, "先到"), (second, "后到")):
        register(desk, name)
        desk.page.locator("#booking nav").get_by_role("link", name="呼吸内科").click()
    taken = first.page.locator("button.slot").first.get_attribute("value")
    first.page.locator(f"button.slot[value='{taken}']").click()
    first.toast("已挂号")
    second.page.locator(f"button.slot[value='{taken}']").click()
    second.toast("该号刚被约走")
    expect(second.page.locator(f"button.slot[value='{taken}']")).to_have_count(0)


def test_a_wrong_step_is_refused_with_its_reason(station: Open) -> None:
    desk = station("registrar")
    register(desk, "空病历")
    book(desk)
    doctor = station("doctor")
    call_and_receive(doctor, "空病历")
    doctor.page.keyboard.press("Control+Enter")
    for missing in ("缺少主诉", "缺少现病史", "缺少诊断"):
        expect(doctor.page.locator("#dialog .alerts")).to_contain_text(missing)
    doctor.page.keyboard.press("Escape")
    expect(doctor.page.locator("#banner")).to_contain_text("就诊中")


def test_an_allergy_stops_a_medicine(station: Open) -> None:
    desk = station("registrar")
    register(desk, "过敏者")
    book(desk)
    doctor = station("doctor")
    call_and_receive(doctor, "过敏者")
    doctor.page.keyboard.press("Alt+a")
    form = doctor.page.locator("#dialog form")
    form.locator("[name=allergen]").select_option("penicillin")
    form.get_by_text("重度", exact=True).click()
    form.locator("button[type=submit]").click()
    expect(doctor.page.locator("#banner .tag.danger")).to_contain_text("青霉素类")
    choose(doctor.page, "名称、拼音首字母或编码", "amxl", "阿莫西林")
    doctor.page.get_by_role("button", name="添加", exact=True).click()
    expect(doctor.page.locator("#pharmacy-prescribe [role=alert]")).to_contain_text("过敏")
    expect(doctor.page.locator("#basket .order")).to_have_count(0)


def test_what_is_typed_stays_while_the_page_renews_itself(station: Open) -> None:
    desk = station("registrar")
    register(desk, "未保存")
    book(desk)
    doctor = station("doctor")
    call_and_receive(doctor, "未保存")
    doctor.page.locator("[name=chief_complaint]").fill("还没有保存的主诉")
    choose(doctor.page, "诊断：汉字、拼音首字母或编码", "yfxgxy", "原发性高血压")
    expect(doctor.page.locator("#diagnoses")).to_contain_text("原发性高血压")
    expect(doctor.page.locator("[name=chief_complaint]")).to_have_value("还没有保存的主诉")
    expect(doctor.page.locator("#note .unsaved")).to_be_visible()


@pytest.mark.parametrize("path", ["/list/scheduling.appointments.csv", "/list/patients.find.csv"])
def test_lists_are_exported(station: Open, path: str) -> None:
    answer = station("registrar").page.request.get(station("registrar").hospital.base + path)
    assert answer.status == 200
    assert answer.body().startswith(b"\xef\xbb\xbf")
