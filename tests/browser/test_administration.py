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
