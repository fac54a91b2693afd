"""The workstation of administrators, by clicks and in both languages."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.hospital import Hospital, Station

Open = Callable[..., Station]


def tick(station: Station, value: str) -> None:
    """Ticks one of a field's checkboxes, which lie below their texts."""
    station.page.locator(f"#dialog input[value='{value}']").check(force=True)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_key_is_made_shown_once_used_and_revoked(
    station: Open, hospital: Hospital, pictures: Path, locale: str
) -> None:
    chief = station("administrator", locale=locale)
    login = f"lis-{uuid4().hex[:6]}"
    chief.go("/administration?tab=services")
    chief.page.keyboard.press("F2")
    chief.page.fill("#dialog [name=login]", login)
    chief.page.fill("#dialog [name=name]", login)
    tick(chief, "integrator")
    assert chief.accessibility() == []
    chief.page.click("#dialog button[type=submit]")
    expect(chief.page.locator("#services")).to_contain_text(login)
    chief.page.reload()
    chief.page.keyboard.press("F4")
    chief.page.select_option("#dialog [name=account]", label=login)
    chief.page.fill("#dialog [name=name]", "results")
    chief.page.fill("#dialog [name=scopes]", "system/Nothing.r")
    chief.page.fill("#dialog [name=last_day]", "2027-01-01")
    chief.page.click("#dialog button[type=submit]")
    expect(chief.page.locator("#dialog .error")).to_be_visible()
    chief.page.fill("#dialog [name=scopes]", "system/Location.rs")
    assert chief.accessibility() == []
    chief.page.click("#dialog button[type=submit]")
    key = chief.page.locator("#dialog code.secret").inner_text()
    assert chief.accessibility() == []
    chief.picture(pictures, f"key-{locale}-1366x768")
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{hospital.base}/fhir/Location", headers=headers).status_code == 200
    assert httpx.get(f"{hospital.base}/fhir/Patient", headers=headers).status_code == 403
    chief.page.click("#dialog [data-close].primary")
    row = chief.page.locator("#keys tr", has_text=login)
    expect(row).to_be_visible()
    expect(chief.page.locator("body")).not_to_contain_text(key)
    chief.picture(pictures, f"services-{locale}-1366x768")
    assert chief.accessibility() == []
    row.locator("button").click()
    chief.page.click("#confirm [data-yes]")
    expect(row.locator("button")).to_have_count(0)


def make_account(chief: Station, login: str, pictures: Path) -> str:
    """Makes an account of a registrar with a post; returns the password that is shown."""
    chief.page.keyboard.press("F2")
    chief.page.fill("#dialog [name=login]", login)
    chief.page.fill("#dialog [name=name]", "王芳")
    tick(chief, "registrar")
    chief.page.select_option("#dialog [name=department]", label="门诊部")
    chief.page.select_option("#dialog [name=campus]", label="东院区")
    assert chief.accessibility() == []
    chief.picture(pictures, "new-account-1366x768")
    chief.page.click("#dialog button[type=submit]")
    password = chief.page.locator("#dialog code.secret").inner_text()
    chief.page.click("#dialog [data-close].primary")
    return password


def test_an_account_is_made_with_a_post_and_signs_in(station: Open, pictures: Path) -> None:
    chief, person, login = station("administrator"), station(), f"wang.{uuid4().hex[:6]}"
    password = make_account(chief, login, pictures)
    chief.page.fill("[name=text]", login)
    chief.page.keyboard.press("Enter")
    chief.page.locator("#found a").click()
    expect(chief.page.locator("#posts")).to_contain_text("东院区")
    assert chief.accessibility() == []
    chief.picture(pictures, "accounts-1366x768")
    person.go("/signin")
    person.page.fill("[name=login]", login)
    person.page.fill("[name=password]", password)
    person.page.keyboard.press("Enter")
    person.page.fill("[name=new]", "My-Own-Choice-1")
    person.page.fill("[name=again]", "My-Own-Choice-1")
    person.page.keyboard.press("Enter")
    expect(person.page.locator("nav.rail")).to_contain_text("挂号")
    chief.page.locator("#posts button", has_text="修改岗位").click()
    expect(chief.page.locator("#dialog input[value=registrar]")).to_be_checked()
    tick(chief, "cashier")
    chief.page.click("#dialog button[type=submit]")
    expect(chief.page.locator("#posts")).to_contain_text("收费")
    person.page.reload()
    expect(person.page.locator("nav.rail")).to_contain_text("收费")
    chief.page.get_by_role("button", name="停用账号").click()
    chief.page.click("#confirm [data-yes]")
    expect(chief.page.get_by_role("button", name="恢复账号")).to_be_visible()
    person.page.reload()
    expect(person.page.locator("[name=password]")).to_be_visible()


def test_a_file_of_accounts_is_looked_at_before_it_is_done(station: Open, pictures: Path, tmp_path: Path) -> None:
    chief = station("administrator")
    login = f"li.{uuid4().hex[:6]}"
    file = tmp_path / "staff.csv"
    file.write_bytes(f"账号,姓名,角色,科室\r\n{login},李娜,护士,外科\r\n".encode("gb18030"))
    chief.page.keyboard.press("F4")
    chief.page.set_input_files("#csv-file", file)
    expect(chief.page.locator("#dialog textarea")).to_have_value(f"账号,姓名,角色,科室\n{login},李娜,护士,外科\n")
    chief.page.click("#dialog button[type=submit]")
    expect(chief.page.locator("#dialog .alerts")).to_contain_text("第 2 行：科室：没有“外科”")
    assert chief.accessibility() == []
    chief.page.fill("#dialog textarea", f"账号,姓名,角色,科室\n{login},李娜,护士,门诊部\n")
    chief.page.click("#dialog button[type=submit]")
    expect(chief.page.locator("#dialog .alerts")).to_contain_text("新建 1 个账号")
    chief.page.fill("#dialog [name=reason]", "十二月新员工")
    assert chief.accessibility() == []
    chief.picture(pictures, "import-1366x768")
    chief.page.click("#dialog button[type=submit]")
    expect(chief.page.locator("#dialog .told")).to_contain_text(login)
    chief.page.click("#dialog [data-close].primary")
    expect(chief.page.locator("#found")).to_contain_text(login)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("tab", ["accounts", "organization", "roles", "services"])
@pytest.mark.parametrize("size", ["1366x768", "1920x1080"])
def test_every_tab_is_within_reach(station: Open, pictures: Path, tab: str, locale: str, size: str) -> None:
    chief = station("administrator", locale=locale, size=size, dark=size == "1920x1080")
    chief.go(f"/administration?tab={tab}")
    chief.picture(pictures, f"administration-{tab}-{locale}-{size}")
    assert chief.accessibility() == []
    assert chief.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_a_department_is_made_renamed_and_closed(station: Open) -> None:
    chief = station("administrator")
    chief.go("/administration?tab=organization")
    name = f"科室{uuid4().hex[:4]}"
    chief.page.keyboard.press("F2")
    chief.page.fill("#dialog [name=name]", name)
    chief.page.keyboard.press("Enter")
    row = chief.page.locator("#departments tr", has_text=name)
    row.get_by_role("button", name="更名").click()
    expect(chief.page.locator("#dialog [name=name]")).to_have_value(name)
    chief.page.fill("#dialog [name=name]", f"{name}二")
    chief.page.keyboard.press("Enter")
    row = chief.page.locator("#departments tr", has_text=f"{name}二")
    row.get_by_role("button", name="停用科室").click()
    chief.page.click("#confirm [data-yes]")
    expect(row).to_contain_text("已停用")
