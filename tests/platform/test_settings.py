"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from xinglin.platform.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("XINGLIN_"):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.home.name == "xinglin"
    assert settings.home.is_absolute()
    assert (settings.database_url, settings.host, settings.port, settings.locale) == (None, "127.0.0.1", 8000, "zh_CN")
    assert (settings.session_idle, settings.session_absolute) == (timedelta(minutes=30), timedelta(hours=12))


def test_environment_and_overrides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINGLIN_HOME", "病院")
    monkeypatch.setenv("XINGLIN_PORT", "9000")
    monkeypatch.setenv("XINGLIN_DATABASE_URL", "postgresql://me:secret@host/db")
    settings = load_settings(port=9001)
    assert (settings.home, settings.port) == (tmp_path / "病院", 9001)
    assert settings.database_url == "postgresql://me:secret@host/db"
    monkeypatch.setenv("XINGLIN_DATABASE_URL", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "http", r"XINGLIN_PORT: .*integer.*\(given: 'http'\)"),
        ("PORT", "70000", "XINGLIN_PORT: .*65535"),
        ("LOCALE", "fr", "XINGLIN_LOCALE: .*'zh_CN' or 'en'"),
        ("TIMEZONE", "Mars/Base", "XINGLIN_TIMEZONE: .*Asia/Shanghai"),
        ("DATABASE_URL", "mysql://me:hunter2@host/db", r"XINGLIN_DATABASE_URL: .*expected postgresql://"),
        ("NATS_URL", "http://me:hunter2@host", "XINGLIN_NATS_URL: .*expected nats://user:password@host:4222"),
        ("NATS_URL", "nats://a:4222, nats://me:hunter2@host/x", "XINGLIN_NATS_URL: .*several separated by commas"),
        ("SESSION_IDLE_MINUTES", "0", "XINGLIN_SESSION_IDLE_MINUTES"),
    ],
)
def test_bad_values_are_named_with_what_is_accepted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"XINGLIN_{name}", value)
    with pytest.raises(SettingsError, match=message) as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGLIN_PORT", "x")
    monkeypatch.setenv("XINGLIN_LOCALE", "x")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert len(str(raised.value).splitlines()) == 2
