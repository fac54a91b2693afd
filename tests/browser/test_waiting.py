"""From a stopped clinic to another doctor's, and from triage to the call on the television, by clicks and keys."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.hospital import Station
from tests.browser.steps import register
from tests.browser.test_screens import wider
from xinglin.operations.walk import Walk

Open = Callable[..., Station]


def test_a_stopped_clinic_and_its_patient(station: Open, pictures: Path) -> None:
    desk = station("registrar")
    register(desk, "停诊患者")
    page = desk.page
    # Tomorrow's first place of the respiratory clinic.
    page.locator("#booking nav").get_by_role("link", name="呼吸内科").click()
    page.get_by_role("navigation", name="日期").get_by_role("link", name="明天").click()
    page.locator("button.slot").first.click()
    desk.toast("已挂号")

    tomorrow = (clock(desk) + timedelta(days=1)).date().isoformat()
    desk.go(f"/roster?week={tomorrow}")
    row = page.locator("#week tr", has_text="呼吸内科")
    row.locator(f'a.session[href*="day={tomorrow}"]').first.click()
    expect(page.locator("#stop")).to_contain_text("影响 1 位患者")
    expect(page.locator("#session")).to_contain_text("停诊患者")
    assert desk.accessibility() == []
    assert wider(page) == 0
    desk.picture(pictures, "roster-1366x768")
    page.locator("#stop [name=reason]").fill("医师外出会诊")
    page.keyboard.press("Control+Enter")
    desk.toast("已停诊")
    expect(page.locator("#session")).to_contain_text("停诊")

    desk.go("/rebooking")
    page.locator("#list a", has_text="停诊患者").click()
    expect(page.locator("#banner h1")).to_have_text("停诊患者")
    expect(page.locator("#detail")).to_contain_text("医师外出会诊")
    page.keyboard.press("Alt+t")
    desk.toast("已通知患者")
    assert desk.accessibility() == []
    desk.picture(pictures, "rebooking-1366x768")
    page.locator("#rebook-form button.slot").first.click()
    desk.toast("已改约")
    expect(page.locator("#list")).not_to_contain_text("停诊患者")


def clock(station: Station) -> datetime:
    """The time in the hospital's zone."""
    return datetime.now(ZoneInfo(station.hospital.settings.timezone))


def device_key(station: Station, login: str, scopes: str) -> str:
    """A new key for a device, made by the administrator."""
    walk = Walk(station.hospital.base, lambda _text: None)
    walk.sign_in("administrator")
    rows = walk.rows("administrator", "administration.services")
    account = next(row["key"] for row in rows if row["login"] == login)
    last = (clock(station) + timedelta(days=30)).date().isoformat()
    told = walk.do(
        "administrator", "administration.create_key", account=account, name="测试设备", scopes=scopes, last_day=last
    )
    walk.close()
    return str(told["parameter"][0]["valueString"])


def enter(device: Station, key: str) -> None:
    """Sets a device up with its key."""
    device.go("/device")
    device.page.fill("[name=key]", key)
    device.page.keyboard.press("Enter")


def triage(nurse: Station, pictures: Path) -> None:
    """Measures vital signs that propose level II for the second who waits; that one is first then."""
    nurse.go("/triage")
    nurse.page.locator("#queues a", has_text="候诊乙").click()
    form = nurse.page.locator("#triage form")
    form.locator("[name=chief_complaint]").fill("胸痛 30 分钟")
    form.locator("[name=systolic]").fill("205")
    form.locator("[name=diastolic]").fill("110")
    nurse.page.keyboard.press("Control+Enter")
    nurse.toast("已分诊")
    group = nurse.page.locator("#queues ul", has_text="候诊甲").locator("li")
    expect(group.filter(has_text="候诊乙")).to_contain_text("II 级")
    assert "候诊乙" in next(text for text in group.all_inner_texts() if "候诊甲" in text or "候诊乙" in text)
    assert nurse.accessibility() == []
    nurse.picture(pictures, "triage-1366x768")


def test_triage_call_and_display(station: Open, pictures: Path) -> None:
    desk = station("registrar")
    for name in ("候诊甲", "候诊乙"):
        register(desk, name)
        # One key: the third clinic, respiratory, today.
        desk.page.locator("#walk-in button", has_text="呼吸内科").click()
        expect(desk.page.locator("#slip")).to_contain_text(name)
    number = desk.page.locator("#slip .slip-number").inner_text()
    assert desk.accessibility() == []

    display = station(size="1920x1080")
    enter(display, device_key(display, "display-1", "display.read"))
    board = display.page.locator("#board tr", has_text="呼吸内科")
    expect(board).to_contain_text("候*甲")
    expect(board).not_to_contain_text("候诊乙")
    assert display.accessibility() == []
    display.page.evaluate(
        "() => { window.spoken = []; speechSynthesis.speak = (words) => { window.spoken.push(words.text); }; }"
    )
    display.page.locator("#voice").click()

    triage(station("nurse"), pictures)

    doctor = station("doctor3")
    doctor.page.keyboard.press("Alt+n")
    doctor.toast("已叫号")
    expect(display.page.locator(".display-call")).to_contain_text("候*乙", timeout=15_000)
    expect(board.locator(".called")).to_contain_text(number)
    display.page.wait_for_function("window.spoken.length === 2")
    assert re.search(rf"{number} 候某乙 到 呼吸内科诊室", display.page.evaluate("window.spoken[0]"))
    display.picture(pictures, "display-1920x1080")


def test_a_kiosk_checks_in_and_forgets(station: Open, pictures: Path) -> None:
    desk = station("registrar")
    register(desk, "自助患者")
    record = re.search(r"\d{8}", desk.page.locator("#banner .who").inner_text())
    assert record is not None
    kiosk = station()
    enter(kiosk, device_key(kiosk, "kiosk-1", "kiosk.use scheduling.window outpatient.loads"))
    page = kiosk.page
    assert kiosk.accessibility() == []
    page.locator(".kiosk-tile").first.click()
    for digit in record[0]:
        page.locator(f'[data-type="{digit}"]').click()
    page.get_by_role("button", name="继续").click()
    expect(page.locator(".kiosk-head")).to_contain_text("自**者")
    expect(page.locator("body")).not_to_contain_text("自助患者")
    page.locator(".kiosk-tile", has_text="取号").click()
    page.locator(".kiosk-row", has_text="呼吸内科").click()
    expect(page.locator(".kiosk-card.mine")).to_contain_text("呼吸内科")
    assert kiosk.accessibility() == []
    page.set_viewport_size({"width": 1080, "height": 1920})
    assert wider(page) == 0
    kiosk.picture(pictures, "kiosk-1080x1920")
    page.locator(".kiosk-end").click()
    expect(page.locator(".kiosk-tiles")).to_contain_text("就诊卡或身份证号")
