"""A person of staff at a workstation, as the browser tests drive it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response, expect

from xinglin.operations.hospital import PASSWORD
from xinglin.platform.settings import Settings

AXE = Path("axe-core") / "axe.min.js"


@dataclass
class Hospital:
    """A running hospital at `base`. `run` runs a coroutine on the server's loop."""

    base: str
    settings: Settings
    run: Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass
class Station:
    """A window with somebody in front of it. Faults in the page or the server are collected and fail the test."""

    hospital: Hospital
    page: Page
    login: str
    expected: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", self._console)
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        refused = "Failed to load resource" in message.text or "Response Status Error" in message.text
        if message.type == "error" and not refused:
            self.faults.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")

    def no_faults(self) -> None:
        """Fails where the page or the server had a fault."""
        assert not self.faults, "\n".join(self.faults)

    def sign_in(self, locale: str = "zh_CN", password: str = PASSWORD) -> None:
        """Signs in by the form, in a language."""
        self.go("/signin")
        if locale == "en":
            self.page.locator(".door-tools button").click()
        self.page.fill("[name=login]", self.login)
        self.page.fill("[name=password]", password)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("nav.rail")).to_be_visible()

    def go(self, path: str) -> None:
        """Opens an address of the hospital."""
        self.page.goto(self.hospital.base + path)

    def ready(self) -> None:
        """Waits until fonts and pending requests are there."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready")

    def toast(self, text: str) -> None:
        """Expects a message in the corner."""
        expect(self.page.locator("#toasts")).to_contain_text(text)

    def picture(self, folder: Path, name: str) -> Path:
        """Takes a picture of the window."""
        self.ready()
        path = folder / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled", caret="initial")
        return path

    def accessibility(self) -> list[str]:
        """Serious and critical findings of axe-core, one line each."""
        frontend = self.hospital.settings.frontend
        assert frontend is not None
        self.ready()
        # Evaluated through the debugger: the page's own policy would not let the script in.
        self.page.evaluate((frontend / AXE).read_text(encoding="utf-8"))
        report: dict[str, Any] = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{finding['impact']} {finding['id']}: {node['target']} {node['failureSummary']}"
            for finding in report["violations"]
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]
