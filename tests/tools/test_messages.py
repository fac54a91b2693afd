"""The catalogues are complete."""

from types import ModuleType

import pytest
from babel.messages.catalog import Catalog

from tests.tools.loading import load_tool


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """The tool as a module."""
    return load_tool("messages")


def test_every_message_is_translated(messages: ModuleType) -> None:
    wanted = messages.template()
    assert len(list(messages.real(wanted))) > 300
    assert [fault for locale in messages.LOCALES for fault in messages.faults(locale, wanted)] == []


def test_what_is_missing_superfluous_or_broken_is_told(messages: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, held = Catalog(), Catalog(locale="zh_CN")
    for text in ("Missing", "Blank", "Hello {name}", "Fine"):
        wanted.add(text)
    held.add("Blank", "")
    held.add("Hello {name}", "你好 {nmae}")
    held.add("Fine", "好")
    held.add("Old", "旧")
    monkeypatch.setattr(messages, "read", lambda _locale: held)
    assert list(messages.faults("zh_CN", wanted)) == [
        "zh_CN: not translated: 'Blank'",
        "zh_CN: other placeholders: 'Hello {name}' -> '你好 {nmae}'",
        "zh_CN: not in the catalogue: 'Missing'",
        "zh_CN: nobody uses: 'Old'",
    ]
