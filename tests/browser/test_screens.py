"""Every station at both sizes: reachable for everybody (axe-core), nothing cut off, and a picture of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hospital import Station
from tests.browser.steps import book, call_and_receive, register, write_record

Open = Callable[..., Station]
LOOKS = [("1366x768", False), ("1920x1080", False), ("1366x768", True)]


@pytest.fixture(scope="module")
def visit() -> "dict[str, str]":
    """Addresses that the first test of this module finds out."""
    return {}


def inspect(station: Station, pictures: Path, name: str, size: str, dark: bool) -> None:
    """Takes a picture and expects no serious finding, and no page wider than the window."""
    if not dark:
        station.picture(pictures, f"{name}-{size}")
    assert station.accessibility() == []
    assert wider(station.page) == 0


def wider(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_a_visit_is_in_progress(station: Open, visit: dict[str, str]) -> None:
    desk = station("registrar")
    for name in ("林晓梅", "高建平"):
        register(desk, name)
        book(desk, "呼吸内科")
    visit["desk"] = desk.page.url.removeprefix(desk.hospital.base)
    doctor = station("doctor3")
    call_and_receive(doctor, "林晓梅")
    write_record(doctor)
    doctor.page.keyboard.press("Control+Enter")
    expect(doctor.page.locator("#seen")).to_contain_text("林晓梅")
    call_and_receive(doctor, "高建平")
    write_record(doctor)
    visit["doctor"] = doctor.page.url.removeprefix(doctor.hospital.base)
    pharmacist = station("pharmacist")
    pharmacist.page.locator("#list a", has_text="林晓梅").click()
    expect(pharmacist.page).to_have_url(re.compile("prescription="))
    visit["pharmacy"] = pharmacist.page.url.removeprefix(pharmacist.hospital.base)
    cashier = station("cashier")
    cashier.page.locator("#bills a", has_text="林晓梅").click()
    expect(cashier.page).to_have_url(re.compile("visit="))
    visit["cashier"] = cashier.page.url.removeprefix(cashier.hospital.base)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_sign_in(station: Open, pictures: Path, size: str, dark: bool) -> None:
    door = station(size=size, dark=dark)
    door.go("/signin")
    inspect(door, pictures, "sign-in", size, dark)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
@pytest.mark.parametrize(
    ("name", "login", "key"),
    [
        ("registration", "registrar", "desk"),
        ("doctor", "doctor3", "doctor"),
        ("pharmacy", "pharmacist", "pharmacy"),
        ("cashier", "cashier", "cashier"),
    ],
)
def test_station(
    station: Open, pictures: Path, visit: dict[str, str], name: str, login: str, key: str, size: str, dark: bool
) -> None:
    person = station(login, size=size, dark=dark)
    empty = person.page.url
    assert person.accessibility() == []
    person.go(visit[key])
    assert person.page.url != empty
    inspect(person, pictures, name, size, dark)


@pytest.mark.parametrize("tab", ["timeline", "orders", "results"])
def test_tabs_of_the_chart(station: Open, visit: dict[str, str], tab: str) -> None:
    doctor = station("doctor3")
    doctor.go(f"{visit['doctor']}&tab={tab}")
    assert doctor.accessibility() == []


def test_forms_in_a_dialog(station: Open) -> None:
    desk = station("registrar")
    desk.page.keyboard.press("F2")
    expect(desk.page.locator("#dialog form")).to_be_visible()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#dialog [aria-invalid=true]").first).to_be_visible()
    assert desk.accessibility() == []
