"""The browser itself: found, or its absence explained."""

import shutil
from pathlib import Path

import pytest

from tests.browser import chromium


def test_without_any_browser_it_says_what_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setenv("XINGLIN_FRONTEND", str(tmp_path))
    with pytest.raises(chromium.NoBrowser, match=r"chromium, chromium-browser, google-chrome.*@sparticuz/chromium"):
        chromium.find()
