"""Fixtures for all tests."""

from pathlib import Path

import pytest

pytest_plugins = ["tests.postgres", "tests.hospital", "tests.shared_data"]

BROWSER = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the browser tests last, in each of several processes too: Playwright keeps an event loop running in which no
    asynchronous test can start."""
    items.sort(key=lambda item: BROWSER in item.path.parents)
