"""Webhooks at the station of administrators, by keyboard and in both languages, with the server's own worker."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.hospital import Station

Open = Callable[..., Station]


class Endpoint(BaseHTTPRequestHandler):
    """Takes what comes and notes the types of events."""

    came: list[str]

    def do_POST(self) -> None:
        type(self).came.append(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """The address of a receiver on this machine, and the bodies that come."""
    came: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Own", (Endpoint,), {"came": came}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/in", came
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_webhook_is_made_tried_and_switched_off(
    station: Open, endpoint: tuple[str, list[str]], pictures: Path, locale: str
) -> None:
    chief = station("administrator", locale=locale)
    name, (url, came) = f"接口 {uuid4().hex[:6]}", endpoint
    chief.go("/webhooks")
    chief.page.keyboard.press("F2")
    chief.page.fill("#dialog [name=name]", name)
    chief.page.fill("#dialog [name=url]", url)
    chief.page.keyboard.press("Control+Enter")
    expect(chief.page.locator("#dialog .error")).to_be_visible()
    chief.page.locator("#dialog input[value='billing.settled']").focus()
    chief.page.keyboard.press("Space")
    assert chief.accessibility() == []
    chief.picture(pictures, f"new-webhook-{locale}-1366x768")
    chief.page.keyboard.press("Control+Enter")
    expect(chief.page.locator("#dialog code.secret")).to_contain_text("whsec_")
    assert chief.accessibility() == []
    chief.page.click("#dialog [data-close].primary")
    chief.page.locator("#found a", has_text=name).click()
    expect(chief.page.locator("#detail")).to_contain_text(url)
    chief.page.keyboard.press("Alt+T")
    expect(chief.page.locator("#toasts")).to_be_visible()
    for _ in range(100):
        if came:
            break
        chief.page.wait_for_timeout(100)
    assert "webhooks.test" in came[0]
    chief.picture(pictures, f"webhooks-{locale}-1366x768")
    assert chief.accessibility() == []
    assert chief.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    chief.page.locator("#detail-foot form[action='/do/webhooks.switch_off'] button").click()
    chief.page.click("#confirm [data-yes]")
    expect(chief.page.locator("#detail-foot form[action='/do/webhooks.switch_on'] button")).to_be_visible()


def test_an_endpoint_that_fails_is_told_and_let_go_on(station: Open, pictures: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/"
        chief = station("administrator")
        name = f"无人 {uuid4().hex[:6]}"
        chief.go("/webhooks")
        chief.page.keyboard.press("F2")
        chief.page.fill("#dialog [name=name]", name)
        chief.page.fill("#dialog [name=url]", nobody)
        chief.page.locator("#dialog input[value='billing.settled']").check(force=True)
        chief.page.keyboard.press("Control+Enter")
        chief.page.click("#dialog [data-close].primary")
        chief.page.locator("#found a", has_text=name).click()
        chief.page.keyboard.press("Alt+T")
        chief.page.wait_for_timeout(1500)
        chief.page.reload()
        expect(chief.page.locator("#detail .note")).to_contain_text("No connection")
        chief.picture(pictures, "webhook-resting-1366x768")
        assert chief.accessibility() == []
        chief.page.keyboard.press("Alt+R")
        expect(chief.page.locator("#toasts")).to_be_visible()
        chief.page.get_by_role("button", name="删除").click()
        chief.page.click("#confirm [data-yes]")
        expect(chief.page.locator("#found")).not_to_contain_text(name)
