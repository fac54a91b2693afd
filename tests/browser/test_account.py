"""One's own account: the password that must be changed, the one that may be, and where one is signed in."""

import base64
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.hospital import Hospital, Station
from tests.browser.newcomers import GIVEN, new_account
from xinglin.platform.identity.factors import SECONDS, code_at

Open = Callable[..., Station]
OWN, NEXT = "My-Own-Choice-1", "My-Next-Choice-1"


def enter(station: Station, login: str, password: str) -> None:
    """Fills in the sign-in form and sends it."""
    station.page.fill("[name=login]", login)
    station.page.fill("[name=password]", password)
    station.page.keyboard.press("Enter")


def choose(station: Station, new: str, again: str) -> None:
    """Fills in a new password and sends it."""
    station.page.fill("[name=new]", new)
    station.page.fill("[name=again]", again)
    station.page.keyboard.press("Enter")


@pytest.mark.parametrize("size", ["1366x768", "1920x1080"])
def test_a_given_password_is_changed_before_anything_else(
    station: Open, hospital: Hospital, pictures: Path, size: str
) -> None:
    login = new_account(hospital)
    person = station(size=size)
    person.go("/registration?text=chen")
    enter(person, login, GIVEN)
    expect(person.page.locator("h2")).to_have_text("请设置新密码")
    assert person.accessibility() == []
    person.picture(pictures, f"renewal-{size}")
    person.go("/registration")
    expect(person.page.locator("[name=password]")).to_be_visible()  # no session yet
    enter(person, login, GIVEN)
    choose(person, OWN, NEXT)
    expect(person.page.get_by_role("alert")).to_contain_text("不一致")
    choose(person, "password-1A", "password-1A")
    expect(person.page.get_by_role("alert")).to_contain_text("过于常见")
    choose(person, OWN, OWN)
    expect(person.page).to_have_url(f"{hospital.base}/registration")
    assert "xinglin_step" not in {cookie["name"] for cookie in person.page.context.cookies()}


def test_the_account_page_changes_the_password_and_ends_other_sessions(
    station: Open, hospital: Hospital, pictures: Path
) -> None:
    login = new_account(hospital, must_change=False)
    person, other = station(), station()
    for one in (other, person):
        one.go("/signin")
        enter(one, login, GIVEN)
        expect(one.page.locator("nav.rail")).to_be_visible()
    person.page.keyboard.press("Alt+m")
    person.page.click("#menu a[href='/account']")
    expect(person.page.locator("tbody tr")).to_have_count(2)
    assert person.accessibility() == []
    person.picture(pictures, "account-1366x768")
    person.page.get_by_role("button", name="结束其他会话").click()
    expect(person.page.locator("tbody tr")).to_have_count(1)
    other.go("/registration")
    expect(other.page.locator("[name=password]")).to_be_visible()
    person.page.fill("[name=old]", "guess")
    choose(person, OWN, OWN)
    expect(person.page.get_by_role("alert")).to_contain_text("当前密码")
    person.page.fill("[name=old]", GIVEN)
    choose(person, OWN, OWN)
    expect(person.page.get_by_role("note")).to_contain_text("密码已修改")


def secret_of(station: Station) -> bytes:
    """The secret that the page shows for typing."""
    text = station.page.locator(".secret").inner_text().replace(" ", "")
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code(secret: bytes, ahead: int = 0) -> str:
    """What the app shows, now or so many half minutes later."""
    return code_at(secret, int(time.time()) // SECONDS + ahead).decode()


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_role_that_needs_a_second_factor_sets_it_up_and_is_asked_for_it(
    station: Open, hospital: Hospital, pictures: Path, locale: str
) -> None:
    login = new_account(hospital, must_change=False, roles=("custodian", "registrar"))
    person = station(locale=locale)
    person.go("/signin?next=/registration")
    if locale == "en":
        person.page.locator(".door-tools button").click()
    enter(person, login, GIVEN)
    expect(person.page.locator(".qr svg")).to_be_visible()
    assert person.accessibility() == []
    person.picture(pictures, f"enrolment-{locale}-1366x768")
    person.page.fill("[name=code]", "000000")
    secret = secret_of(person)
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("alert")).to_be_visible()
    assert secret_of(person) == secret  # the app need not be told again
    used = code(secret)
    person.page.fill("[name=code]", used)
    person.page.keyboard.press("Enter")
    expect(person.page.locator(".codes li")).to_have_count(10)
    assert person.accessibility() == []
    person.picture(pictures, f"recovery-{locale}-1366x768")
    person.page.get_by_role("link", name="我已保存" if locale == "zh_CN" else "I have kept them").click()
    expect(person.page.locator("nav.rail")).to_be_visible()
    second = station(locale=locale)
    second.go("/signin")
    enter(second, login, GIVEN)
    expect(second.page.locator("[name=code]")).to_be_focused()
    assert second.accessibility() == []
    second.page.fill("[name=code]", used)
    second.page.keyboard.press("Enter")
    expect(second.page.get_by_role("alert")).to_be_visible()
    second.page.fill("[name=code]", code(secret, 1))
    second.page.keyboard.press("Enter")
    expect(second.page.locator("nav.rail")).to_be_visible()


def test_a_second_factor_is_set_up_and_removed_on_the_account_page(
    station: Open, hospital: Hospital, pictures: Path
) -> None:
    person = station()
    person.go("/signin")
    enter(person, new_account(hospital, must_change=False), GIVEN)
    expect(person.page.locator("nav.rail")).to_be_visible()
    person.go("/account?setup")
    secret = secret_of(person)
    assert person.accessibility() == []
    person.picture(pictures, "factor-1366x768")
    person.page.fill("[name=code]", code(secret))
    person.page.fill("[name=password]", GIVEN)
    person.page.keyboard.press("Enter")
    codes = person.page.locator(".codes li")
    expect(codes).to_have_count(10)
    assert person.accessibility() == []
    person.page.fill("[name=code]", codes.first.inner_text())
    person.page.get_by_role("button", name="移除").click()
    expect(person.page.get_by_role("note")).to_contain_text("已移除")
