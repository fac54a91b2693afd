"""Every station at both sizes: reachable for everybody (axe-core), nothing cut off, and a picture of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hospital import Hospital, Station
from xinglin.server.app import create_application
from xinglin.store.repository import Repository

Open = Callable[..., Station]
LOOKS = [("1366x768", False), ("1920x1080", False), ("1366x768", True)]


def inspect(station: Station, pictures: Path, name: str, size: str, dark: bool) -> None:
    """Takes a picture and expects no serious finding, and no page wider than the window."""
    if not dark:
        station.picture(pictures, f"{name}-{size}")
    assert station.accessibility() == []
    assert wider(station.page) == 0


def wider(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_sign_in(station: Open, pictures: Path, size: str, dark: bool) -> None:
    door = station(size=size, dark=dark)
    door.go("/signin")
    inspect(door, pictures, "sign-in", size, dark)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
@pytest.mark.parametrize(
    ("name", "login"),
    [("registration", "registrar"), ("doctor", "doctor"), ("pharmacy", "pharmacist"), ("cashier", "cashier")],
)
def test_station(
    station: Open, pictures: Path, visit: dict[str, str], name: str, login: str, size: str, dark: bool
) -> None:
    person = station(login, size=size, dark=dark)
    empty = person.page.url
    assert person.accessibility() == []
    person.go(visit[name])
    assert person.page.url != empty
    inspect(person, pictures, name, size, dark)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_the_record(station: Open, pictures: Path, visit: dict[str, str], size: str, dark: bool) -> None:
    auditor = station("auditor", size=size, dark=dark)
    assert auditor.accessibility() == []
    auditor.go("/audit?text=刘桂芳")
    auditor.page.locator("#found a").first.click()
    expect(auditor.page.locator("#record tbody tr").first).to_be_visible()
    inspect(auditor, pictures, "audit", size, dark)
    auditor.page.keyboard.press("Alt+2")
    auditor.page.locator("#found a", has_text="陈立新").click()
    expect(auditor.page.locator("#record tbody")).to_contain_text("刘桂芳")
    assert auditor.accessibility() == []
    assert wider(auditor.page) == 0


def test_the_record_speaks_english_and_goes_into_a_file(station: Open, visit: dict[str, str]) -> None:
    auditor = station("auditor", locale="en")
    auditor.go("/audit?by=account&text=doctor")
    auditor.page.locator("#found a", has_text="陈立新").click()
    expect(auditor.page.locator("#record thead")).to_contain_text("Network address")
    with auditor.page.expect_download() as file:
        auditor.page.get_by_role("link", name="CSV").click()
    told = Path(file.value.path()).read_text(encoding="utf-8")
    assert re.search("Queue,Seen,[一-龥]{2}", told), "the queue was seen, and whose"


@pytest.mark.parametrize("tab", ["timeline", "orders", "results"])
def test_tabs_of_the_chart(station: Open, visit: dict[str, str], tab: str) -> None:
    doctor = station("doctor")
    doctor.go(f"{visit['doctor']}&tab={tab}")
    assert doctor.accessibility() == []


def test_forms_in_a_dialog(station: Open) -> None:
    desk = station("registrar")
    desk.page.keyboard.press("F2")
    expect(desk.page.locator("#dialog form")).to_be_visible()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#dialog [aria-invalid=true]").first).to_be_visible()
    assert desk.accessibility() == []


def printed(page: Page) -> str:
    """The text that a printer would get after the print button."""
    page.evaluate("window.print = () => {}")
    page.keyboard.press("Alt+p")
    page.emulate_media(media="print")
    return page.locator("body").inner_text()


def test_a_receipt_prints_without_the_screen_around_it(station: Open, visit: dict[str, str]) -> None:
    cashier = station("cashier")
    cashier.go("/cashier")
    cashier.page.locator("#invoices a").first.click()
    expect(cashier.page.locator("#slip")).to_be_visible()
    text = printed(cashier.page)
    assert "门诊收费票据" in text
    assert "缬沙坦" in text
    assert "待缴费" not in text
    assert "退费" not in text


def test_labels_print_one_for_each_medicine(station: Open, visit: dict[str, str]) -> None:
    pharmacist = station("pharmacist")
    pharmacist.go("/pharmacy?list=dispense")
    pharmacist.page.locator("#list a", has_text="陈思远").click()
    expect(pharmacist.page.locator("#banner h1")).to_have_text("陈思远")
    text = printed(pharmacist.page)
    assert text.count("陈思远") == 3
    assert "开始调配" not in text


async def retitle(hospital: Hospital, composition: str) -> None:
    """Changes a record after it was signed."""
    application = create_application(hospital.settings, "xinglin-tests")
    await application.database.open()
    try:
        async with application.database.transaction() as connection:
            repository = Repository(connection, now=application.clock(), zone=application.zone)
            record = await repository.read("Composition", composition, lock=True)
            await repository.update({**record, "title": f"{record['title']} 2"})
    finally:
        await application.database.close()


@pytest.mark.parametrize(("locale", "fits"), [("zh_CN", "验签通过"), ("en", "The signature fits")])
def test_signatures_of_a_record(
    station: Open, hospital: Hospital, pictures: Path, visit: dict[str, str], locale: str, fits: str
) -> None:
    doctor = station("doctor", locale=locale)
    doctor.go(visit["signed"])
    link = doctor.page.locator("#note a[href^='/signatures']")
    assert doctor.accessibility() == []
    link.focus()
    doctor.page.keyboard.press("Enter")
    expect(doctor.page.locator("#signatures")).to_contain_text(fits)
    hospital.run(retitle(hospital, doctor.page.url.rpartition("%2F")[2].rpartition("/")[2]))
    doctor.page.reload()
    expect(doctor.page.locator("#signatures tbody")).to_contain_text("Composition.title")
    inspect(doctor, pictures, f"signatures-{locale}", "1366x768", dark=False)
    doctor.go("/signatures?document=nothing")
    doctor.go("/signatures?document=Composition/nothing")
    expect(doctor.page.locator("body")).to_be_visible()
