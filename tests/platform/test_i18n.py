"""Languages."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from xinglin.platform import i18n
from xinglin.platform.i18n import LOCALES, CatalogueError, use_locale

Catalogues = Callable[..., str]
HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogues]:
    """Writes a package with Chinese catalogues given as folder=text."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(**catalogues: str) -> str:
        root = tmp_path / "speaking"
        for folder, text in catalogues.items():
            place = root.joinpath(*folder.split("__")) / "locales"
            place.mkdir(parents=True)
            (place / "zh_CN.po").write_text(HEADER + text, encoding="utf-8")
        (root / "__init__.py").touch()
        return "speaking"

    yield write
    sys.modules.pop("speaking", None)
    i18n.translations.cache_clear()


def message(english: str, chinese: str) -> str:
    return f'msgid "{english}"\nmsgstr "{chinese}"\n\n'


def test_catalogues_of_all_parts_work_together(package: Catalogues) -> None:
    name = package(web=message("Sign in", "登录"), capabilities__pharmacy=message("Dispense", "发药"))
    chinese = i18n.translations("zh_CN", name)
    assert [chinese.gettext(text) for text in ("Sign in", "Dispense", "Unknown")] == ["登录", "发药", "Unknown"]
    assert i18n.translations("en", name).gettext("Sign in") == "Sign in"


def test_plurals(package: Catalogues) -> None:
    name = package(web='msgid "{n} patient"\nmsgid_plural "{n} patients"\nmsgstr[0] "{n} 位患者"\n')
    chinese = i18n.translations("zh_CN", name)
    assert [chinese.ngettext("{n} patient", "{n} patients", n) for n in (1, 2)] == ["{n} 位患者"] * 2
    with use_locale("en"):
        assert [i18n.ngettext("{n} patient", "{n} patients", n) for n in (1, 2)] == ["{n} patient", "{n} patients"]


def test_unsure_translations_are_not_shown(package: Catalogues) -> None:
    name = package(web="#, fuzzy\n" + message("Sign in", "大概登录") + message("Empty", ""))
    assert i18n.translations("zh_CN", name).gettext("Sign in") == "Sign in"
    assert i18n.translations("zh_CN", name).gettext("Empty") == "Empty"


@pytest.mark.parametrize("translated", ["没有 {nmae}", "没有", "没有 {name} {other}"])
def test_a_lost_placeholder_is_found_at_start(package: Catalogues, translated: str) -> None:
    name = package(web=message("There is no {name}", translated))
    with pytest.raises(CatalogueError, match=r"must have the placeholders \['name'\]"):
        i18n.translations("zh_CN", name)


def test_catalogues_that_disagree_are_found_at_start(package: Catalogues) -> None:
    name = package(a=message("Order", "医嘱"), b=message("Order", "订单"))
    with pytest.raises(CatalogueError, match="in another catalogue"):
        i18n.translations("zh_CN", name)


def test_the_empty_text_stays_empty() -> None:
    assert i18n.gettext("") == ""  # gettext's own answer would be the catalogue's header


def test_our_own_catalogues_are_sound() -> None:
    i18n.preload()


def test_the_locale_belongs_to_the_task() -> None:
    async def reader(locale: str) -> list[str]:
        seen = []
        with use_locale(locale):
            for _ in range(3):
                await asyncio.sleep(0)
                seen.append(i18n.current_locale())
        return seen

    async def main() -> list[list[str]]:
        return await asyncio.gather(*(reader(locale) for locale in LOCALES))

    with asyncio.Runner() as runner:
        assert runner.run(main()) == [[locale] * 3 for locale in LOCALES]
    assert i18n.current_locale() == "zh_CN"


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(ValueError, match="there are zh_CN, en"), use_locale("tlh"):
        pass


MOMENT = datetime(2026, 3, 1, 17, 5, tzinfo=UTC)


def test_forms_of_the_house() -> None:
    assert i18n.format_money(Decimal("1234.5")) == "¥1,234.50"
    assert i18n.format_number(Decimal("1234.50")) == "1,234.50"
    assert i18n.format_date(date(2026, 3, 2)) == "2026-03-02"
    assert i18n.format_datetime(MOMENT) == "2026-03-02 01:05"  # the next day in Shanghai
    assert i18n.format_date(MOMENT) == "2026-03-02"
    with use_locale("en", ZoneInfo("UTC")):
        assert i18n.format_money(Decimal("1234.5")) == "CN¥1,234.50"
        assert i18n.format_datetime(MOMENT) == "1 Mar 2026 17:05"
    with pytest.raises(ValueError, match="needs a time zone"):
        i18n.format_datetime(MOMENT.replace(tzinfo=None))
