"""Signing in, signing out, and what a stranger may not do."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Station

Open = Callable[..., Station]


def test_a_person_signs_in_and_out(station: Open) -> None:
    registrar = station("registrar")
    expect(registrar.page).to_have_url(f"{registrar.hospital.base}/registration")
    registrar.page.click("button.me")
    registrar.page.click("#menu form[action='/signout'] button")
    expect(registrar.page).to_have_url(f"{registrar.hospital.base}/signin")
    registrar.go("/registration")
    expect(registrar.page.locator("[name=password]")).to_be_visible()
